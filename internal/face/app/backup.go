// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ground/backup"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// BackupOptions say how to make a backup.
type BackupOptions struct {
	Options // its secrets, version and logger
	// WithoutKeys leaves out whatever is secret in the key folder.
	WithoutKeys bool
	// Damaged takes a journal that is not as it was recorded, too. Its restore will
	// not be either.
	Damaged bool
}

// BackupInfo is what a backup says of itself, beside its parts.
type BackupInfo struct {
	Program string           `json:"program"` // version of the Tocsin that made it
	Journal journal.BackedUp `json:"journal"`
	// Keys says that MAC roots and private keys are in it, State that the database is.
	Keys  bool `json:"keys"`
	State bool `json:"state"`
	// Damaged says that the journal in it need not be as it was recorded.
	Damaged bool `json:"damaged,omitempty"`
}

// BackupReport is what Backup did.
type BackupReport struct {
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
	Parts int    `json:"parts"`
	BackupInfo
	// Verified is what was found when the file was read again.
	Verified journal.Report `json:"verified"`
}

// The folders in a backup.
const (
	backupJournal = "journal"
	backupKeys    = "keys"
	backupState   = "state/state.db"
)

// ErrInvalidJournal says that the journal in a backup is not as it was recorded.
var ErrInvalidJournal = errors.New("the journal is not as it was recorded")

// Backup writes a backup of a data folder to a new file, beside a running server or
// without one, and reads it again whole: every hash, and everything that Verify
// looks at. Only then has the file its name. After an error there is no file.
func Backup(ctx context.Context, dataDir, file string, o BackupOptions) (out BackupReport, err error) {
	f := folder{dataDir}
	if err := f.usable(); err != nil {
		return out, err
	}
	if !f.hasJournal() {
		return out, fmt.Errorf("%s holds no journal", dataDir)
	}
	w, err := backup.Create(file)
	if err != nil {
		return out, err
	}
	published := false
	defer func() {
		if !published {
			err = errors.Join(plainFull(err), w.Discard())
		}
	}()
	m := backupMaker{folder: f, w: w, o: o}
	out.File = file
	if out.BackupInfo, err = m.fill(ctx); err != nil {
		return out, err
	}
	if err := w.Finish(out.BackupInfo); err != nil {
		return out, err
	}
	scratch, err := os.MkdirTemp(path.Dir(w.Partial()), ".tocsin-check-")
	if err != nil {
		return out, err
	}
	out.Verified, err = checkBackup(ctx, w.Partial(), scratch, o.Options)
	if o.Damaged && errors.Is(err, ErrInvalidJournal) {
		err = nil
	}
	if err = errors.Join(err, os.RemoveAll(scratch)); err != nil {
		return out, fmt.Errorf("read the backup again: %w", err)
	}
	info, err := os.Stat(w.Partial())
	if err != nil {
		return out, err
	}
	out.Bytes = info.Size()
	if err := w.Publish(); err != nil {
		return out, err
	}
	published = true
	m.leaveAudit(ctx, &out)
	return out, nil
}

// plainFull says in plain words that a disk is full.
func plainFull(err error) error {
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return fmt.Errorf("the disk is full: %w", err)
	}
	return err
}

// backupMaker puts the parts of a data folder into a backup.
type backupMaker struct {
	folder folder
	w      *backup.Writer
	o      BackupOptions
	parts  int
}

// fill puts everything. The order matters beside a running server: the state comes
// first, so that no cursor in it is ahead of the journal.
func (m *backupMaker) fill(ctx context.Context) (info BackupInfo, err error) {
	info = BackupInfo{Program: m.o.Version, Keys: !m.o.WithoutKeys, Damaged: m.o.Damaged}
	if info.State, err = m.state(ctx); err != nil {
		return info, err
	}
	keys, err := keyring.Files(m.folder.keys(), !m.o.WithoutKeys)
	if err != nil {
		return info, err
	}
	info.Journal, err = journal.Backup(ctx, m.folder.journal(), journal.BackupOptions{
		Secrets: !m.o.WithoutKeys,
		Put: func(name string, size int64, r io.Reader) error {
			return m.put(path.Join(backupJournal, name), size, r)
		},
	})
	if err != nil {
		return info, err
	}
	for i, name := range info.Journal.Unused {
		info.Journal.Unused[i] = path.Join(backupJournal, name)
	}
	return info, m.keys(keys)
}

func (m *backupMaker) put(name string, size int64, r io.Reader) error {
	m.parts++
	return m.w.Put(name, size, r)
}

// keys puts the key files that were read before the journal, for a key goes when its
// range is sealed; unless the server was started with new keys meanwhile.
func (m *backupMaker) keys(before []keyring.File) error {
	after, err := keyring.Files(m.folder.keys(), !m.o.WithoutKeys)
	if err != nil {
		return err
	}
	if !bytes.Equal(ringFile(before), ringFile(after)) {
		before = after
	}
	for _, f := range before {
		if err := m.put(path.Join(backupKeys, f.Name), int64(len(f.Raw)), bytes.NewReader(f.Raw)); err != nil {
			return err
		}
	}
	return nil
}

func ringFile(files []keyring.File) []byte {
	if i := slices.IndexFunc(files, func(f keyring.File) bool { return f.Name == "ring" }); i >= 0 {
		return files[i].Raw
	}
	return nil
}

// state puts a copy of the database, when there is one.
func (m *backupMaker) state(ctx context.Context) (bool, error) {
	copied := m.w.Partial() + ".state"
	if err := os.Remove(copied); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a run that was killed
		return false, err
	}
	err := state.Copy(ctx, m.folder.state(), copied)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	db, err := os.Open(copied)
	if err == nil {
		var info os.FileInfo
		if info, err = db.Stat(); err == nil {
			err = m.put(backupState, info.Size(), db)
		}
		err = errors.Join(err, db.Close())
	}
	return true, errors.Join(err, os.Remove(copied))
}

// leaveAudit leaves the audit event of a backup for the server, which journals it.
func (m *backupMaker) leaveAudit(ctx context.Context, out *BackupReport) {
	out.Parts = m.parts
	err := state.Leave(ctx, m.folder.state(), auth.Activity{
		Category: auth.BackupMade, Time: time.Now().UTC(), User: operator(), Name: path.Base(out.File),
		Scope: fmt.Sprintf("%d events", out.Journal.Events),
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.o.Logger.WarnContext(ctx, "the backup leaves no audit event", "error", err)
	}
}
