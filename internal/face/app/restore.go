// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/state"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// NoErasures is what RestoreOptions.Erasures says when there is no such file.
const NoErasures = "none"

// maxErasures bounds the file of erasures.
const maxErasures = 256 << 20

// RestoreOptions say how to restore.
type RestoreOptions struct {
	Options // its secrets, version and logger
	// Erasures is the path of the journal's erasures.ndjson, kept apart from the
	// backup, or NoErasures.
	Erasures string
}

// RestoreReport is what Restore did.
type RestoreReport struct {
	Folder string `json:"folder"`
	// Made is when the backup was made; BackupInfo what it says of itself.
	Made time.Time `json:"made"`
	BackupInfo
	Restored journal.Restored `json:"restored"`
	// Verified is what was found when the new folder was checked.
	Verified journal.Report `json:"verified"`
}

// Restore makes a data folder of a backup. The folder is absent or empty, or holds
// what an earlier Restore has left that was cut off. The whole backup is checked
// first. What was its journal becomes an archive of a new journal, with a name and
// keys of its own; users, tokens, alerts and anomalies are what they were, and every
// session is over. After an error the folder is as it was before.
func Restore(ctx context.Context, dataDir, file string, o RestoreOptions) (out RestoreReport, err error) {
	erasures, err := o.readErasures()
	if err != nil {
		return out, err
	}
	site, err := newSite(dataDir)
	if err != nil {
		return out, err
	}
	scratch, err := os.MkdirTemp("", "tocsin-restore-")
	if err != nil {
		return out, fmt.Errorf("room to check the backup in: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	b, err := openBackup(file, scratch)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	out.Folder, out.Made, out.BackupInfo = dataDir, b.Contents().Created, b.info
	if _, err := b.check(ctx, o.Options); err != nil && (!b.info.Damaged || !errors.Is(err, ErrInvalidJournal)) {
		return out, err
	}
	if err := site.begin(file); err != nil {
		return out, err
	}
	r := restorer{b: b, site: site, o: o.Options, out: &out}
	for _, step := range []func(context.Context) error{
		r.extract, r.keys, r.state,
		func(ctx context.Context) error { return r.journal(ctx, erasures) },
		r.verify,
	} {
		if err := ctx.Err(); err != nil {
			return out, errors.Join(err, site.undo())
		}
		if err := step(ctx); err != nil {
			return out, errors.Join(plainFull(err), site.undo())
		}
	}
	return out, site.finish()
}

// readErasures reads the file of erasures; nil is that there is none.
func (o *RestoreOptions) readErasures() ([]byte, error) {
	switch o.Erasures {
	case "":
		return nil, errors.New("say where the file of erasures is that was kept apart from the backup, or `none`: what was erased since would come back")
	case NoErasures:
		return nil, nil
	}
	info, err := os.Stat(o.Erasures)
	if err == nil && info.Size() > maxErasures {
		err = fmt.Errorf("%s: %d bytes are too many", o.Erasures, info.Size())
	}
	if err != nil {
		return nil, fmt.Errorf("file of erasures: %w", err)
	}
	raw, err := os.ReadFile(o.Erasures)
	if err != nil {
		return nil, fmt.Errorf("file of erasures: %w", err)
	}
	return raw, journal.CheckErasures(raw)
}

// restorer makes the new folder.
type restorer struct {
	b    *openedBackup
	site *site
	o    Options
	out  *RestoreReport
}

// extract puts the parts of the journal into their places.
func (r *restorer) extract(ctx context.Context) error {
	var parts []string
	for _, p := range r.b.Contents().Parts {
		name, ok := strings.CutPrefix(p.Name, backupJournal+"/")
		if ok && !isKeyPart(p.Name) && !r.b.unused[p.Name] {
			parts = append(parts, name)
		}
	}
	places, keys := journal.Shelve(parts)
	for _, name := range parts {
		to := filepath.Join(r.site.journal(), filepath.FromSlash(places[name]))
		if err := r.b.extractDurably(ctx, backupJournal+"/"+name, to); err != nil {
			return err
		}
	}
	return r.b.shelveAll(ctx, func(folder string) string {
		if folder == backupKeys {
			return filepath.Join(r.site.journal(), filepath.FromSlash(keys))
		}
		return filepath.Join(r.site.dir, filepath.FromSlash(folder))
	})
}

// keys makes the keys of the new journal. Named secrets stay what they were, but the
// one that signed sessions.
func (r *restorer) keys(ctx context.Context) error {
	files, err := r.b.keyFiles(ctx, backupKeys)
	if err == nil {
		err = keyring.CarrySecrets(r.site.keys(), files, sessionSecret)
	}
	return err
}

// state puts the database in its place, ends all sessions and leaves the audit event
// of the restore for the server.
func (r *restorer) state(ctx context.Context) (err error) {
	if r.b.Has(backupState) {
		if err := r.b.extractDurably(ctx, backupState, filepath.Join(r.site.state(), filepath.Base(backupState))); err != nil {
			return err
		}
	}
	db, err := state.Open(ctx, r.site.state(), r.o.Logger)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	now := time.Now().UTC()
	if err := db.EndSessions(ctx, now); err != nil {
		return err
	}
	return db.QueueActivity(ctx, auth.Activity{
		Category: auth.BackupRestored, Time: now, User: operator(), Name: "of " + r.out.Made.UTC().Format(time.RFC3339),
		Scope: fmt.Sprintf("%d events of %s", r.out.Journal.Events, r.out.Journal.Origin),
	})
}

// journal begins the new journal.
func (r *restorer) journal(ctx context.Context, erasures []byte) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("host name: %w", err)
	}
	opts := r.o.keyring(r.site.folder)
	opts.Existing, opts.Name = false, host
	keys, err := keyring.Open(opts)
	if err != nil {
		return err
	}
	j, err := journal.Open(ctx, journal.Options{
		Dir: r.site.journal(), Keys: keys, Archived: r.o.archived, Logger: r.o.Logger,
		SealAge: 24 * time.Hour, // so that no heartbeat comes before the first entry
	})
	if err != nil {
		return err
	}
	run := newFloor(context.WithoutCancel(ctx))
	run.run("journal", j.Run)
	r.out.Restored, err = j.BeginRestored(ctx, journal.Restoration{Backup: r.out.Made, Actor: operator(), Erasures: erasures})
	return errors.Join(err, run.end(), j.Close())
}

// verify checks the new folder as anybody would.
func (r *restorer) verify(ctx context.Context) error {
	v, err := verifyFolder(ctx, r.site.folder, VerifyOptions{Options: r.o})
	if err != nil {
		return err
	}
	r.out.Verified = v.Report
	if !v.OK() && !r.b.info.Damaged {
		return fmt.Errorf("check the restored folder: %w: it is %s", ErrInvalidJournal, v.Status)
	}
	return nil
}

// extractDurably writes a part to a file that outlives the machine.
func (b *openedBackup) extractDurably(ctx context.Context, name, to string) error {
	if err := b.extractTo(ctx, name, to); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// archived reads the keys and cosignatures of an archive; exported roots of it among
// the anchors are used.
func (o Options) archived(dir string) journal.Archived {
	var out journal.Archived
	out.Keys, out.Damage = keyring.Inspect(o.shelved(filepath.Join(dir, journal.ArchiveKeys)))
	for _, file := range o.Anchors {
		if out.Keys != nil {
			_ = out.Keys.Attach(file) // one of another journal, or Verify has refused it
		}
	}
	list, err := witness.ReadCosigned(filepath.Join(dir, cosignaturesName))
	if err != nil {
		return out // there are none, or they are damaged: then they show nothing
	}
	for _, c := range list {
		out.Cosigned = append(out.Cosigned, c.Note)
	}
	return out
}

// isNothing tells that a folder is not there, or empty.
func isNothing(dir string) (bool, error) {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return len(names) == 0, err
}
