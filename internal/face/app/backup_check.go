// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/ground/backup"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// maxKeyPart bounds a key file in a backup.
const maxKeyPart = 4 << 20

// openedBackup is a backup that is open, and a folder for what must be a file while
// it is looked at.
type openedBackup struct {
	*backup.Reader
	info    BackupInfo
	unused  map[string]bool
	scratch string
	fetched atomic.Uint64
}

// checkBackup reads a backup whole: every part against its hash, the database, and
// the journal as Verify does. The disk that it needs in scratch is that of the
// write-ahead log, the database and a few segment files. The error is
// ErrInvalidJournal when everything is as it was written, and still not right.
func checkBackup(ctx context.Context, file, scratch string, o Options) (report journal.Report, err error) {
	b, err := openBackup(file, scratch)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	return b.check(ctx, o)
}

// shelved are the options that read the keys of an origin that is over.
func (o Options) shelved(dir string) keyring.Options {
	return keyring.Options{Dir: dir, Closed: true, Secret: o.SigningSecret.Reveal(), PreviousSecret: o.PreviousSecret.Reveal()}
}

func openBackup(file, scratch string) (*openedBackup, error) {
	r, err := backup.Open(file)
	if err != nil {
		return nil, err
	}
	b := &openedBackup{Reader: r, scratch: scratch, unused: map[string]bool{}}
	if err := json.Unmarshal(r.Contents().Info, &b.info); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: what it says of itself: %w", backup.ErrDamaged, err), r.Close())
	}
	for _, name := range b.info.Journal.Unused {
		b.unused[name] = true
	}
	return b, nil
}

// check is checkBackup of an open one.
func (b *openedBackup) check(ctx context.Context, o Options) (report journal.Report, err error) {
	for _, p := range b.Contents().Parts {
		if dir, name := path.Split(p.Name); !b.unused[p.Name] && strings.HasPrefix(dir, backupJournal+"/") &&
			!b.isSegment(p.Name) && !isKeyPart(p.Name) {
			if err := b.extractTo(ctx, p.Name, filepath.Join(b.scratch, filepath.FromSlash(dir), name)); err != nil {
				return report, err
			}
		}
	}
	if err := b.shelveAll(ctx, func(dir string) string { return filepath.Join(b.scratch, filepath.FromSlash(dir)) }); err != nil {
		return report, err
	}
	keys, _ := keyring.Inspect(o.shelved(filepath.Join(b.scratch, backupKeys)))
	if _, err := attach(keys, o.Anchors); err != nil && !errors.Is(err, keyring.ErrOther) {
		return report, err
	}
	report, err = journal.Verify(ctx, filepath.Join(b.scratch, backupJournal), journal.VerifyOptions{
		Keys: keys, Archived: o.archived, Fetch: b.fetch, Logger: o.Logger,
	})
	if err != nil {
		return report, err
	}
	if b.Has(backupState) {
		db := filepath.Join(b.scratch, "state.db")
		if err := b.extractTo(ctx, backupState, db); err != nil {
			return report, err
		}
		if err := errors.Join(state.Check(ctx, db), os.Remove(db)); err != nil {
			return report, err
		}
	}
	if err := b.CheckRest(ctx); err != nil {
		return report, err
	}
	if !report.OK() {
		return report, fmt.Errorf("%w: it is %s, %d entries are tampered with", ErrInvalidJournal, report.Status, report.Tampered)
	}
	return report, nil
}

// isSegment tells the parts that are fetched one by one.
func (b *openedBackup) isSegment(name string) bool {
	return strings.HasPrefix(name, backupJournal+"/") && strings.Contains(name, "/segments/")
}

// isKeyPart tells the key files of archives.
func isKeyPart(name string) bool {
	return strings.HasPrefix(name, backupJournal+"/origins/") && strings.Contains(name, "/"+backupKeys+"/")
}

// extractTo writes a part to a file.
func (b *openedBackup) extractTo(ctx context.Context, name, to string) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(b.Extract(ctx, name, f), f.Close())
}

// fetch implements journal.VerifyOptions.Fetch.
func (b *openedBackup) fetch(ctx context.Context, name string) (file string, release func(), err error) {
	part := path.Join(backupJournal, name)
	if !b.Has(part) {
		return "", nil, os.ErrNotExist
	}
	file = filepath.Join(b.scratch, fmt.Sprintf("segment-%d", b.fetched.Add(1)))
	release = func() { _ = os.Remove(file) } // the whole folder goes afterwards
	if err := b.extractTo(ctx, part, file); err != nil {
		release()
		return "", nil, err
	}
	return file, release, nil
}

// keyFiles reads the key files of a folder in the backup.
func (b *openedBackup) keyFiles(ctx context.Context, dir string) (files []keyring.File, err error) {
	for _, p := range b.Contents().Parts {
		if folder, name := path.Split(p.Name); folder == dir+"/" {
			raw, err := b.Read(ctx, p.Name, maxKeyPart)
			if err != nil {
				return nil, err
			}
			files = append(files, keyring.File{Name: name, Raw: raw})
		}
	}
	return files, nil
}

// keyFolders are the folders of key files in the backup: that of the journal, and
// those of its archives.
func (b *openedBackup) keyFolders() []string {
	all := []string{backupKeys}
	for _, p := range b.Contents().Parts {
		if dir := path.Dir(p.Name); isKeyPart(p.Name) && !slices.Contains(all, dir) {
			all = append(all, dir)
		}
	}
	return all
}

// shelveAll writes every folder of keys to its place, for checking.
func (b *openedBackup) shelveAll(ctx context.Context, place func(dir string) string) error {
	for _, folder := range b.keyFolders() {
		files, err := b.keyFiles(ctx, folder)
		if err == nil {
			err = keyring.Shelve(place(folder), files)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
