// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/witness"
)

// cosignaturesName is what witnesses have co-signed, below a journal's folder.
const cosignaturesName = "cosignatures"

// folder is a data folder; its methods name what lies where.
type folder struct{ dir string }

// openFolder makes the data folder, for its owner alone, when it is missing.
func openFolder(dir string) (folder, error) {
	abs, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(abs, 0o700)
	}
	if err != nil {
		return folder{}, fmt.Errorf("data folder: %w", err)
	}
	f := folder{abs}
	return f, f.usable()
}

// usable is the error of a folder that this program must leave alone: its restore was
// cut off, or its journal is of another format. Nothing in it is touched before.
func (f folder) usable() error {
	if err := f.finished(); err != nil {
		return err
	}
	return journal.CheckFormat(f.journal())
}

func (f folder) keys() string         { return filepath.Join(f.dir, "keys") }
func (f folder) journal() string      { return filepath.Join(f.dir, "journal") }
func (f folder) checkpoint() string   { return filepath.Join(f.journal(), "checkpoint") }
func (f folder) cosignatures() string { return filepath.Join(f.journal(), cosignaturesName) }
func (f folder) state() string        { return filepath.Join(f.dir, "state") }
func (f folder) originIDs() string    { return filepath.Join(f.dir, "derived", "origin-ids") }

// inputState is where an input keeps what it must know after a restart.
func (f folder) inputState(name string) string {
	return filepath.Join(f.dir, "inputs", url.PathEscape(name)+".json")
}

func (f folder) lastCheck() string { return filepath.Join(f.dir, "derived", "last-check") }

// meetMark tells the journal that a witness has once known another history of it, and
// nobody has looked since: also where that witness is not asked any more.
func (f folder) meetMark(j *journal.Journal) (reason string, err error) {
	if reason, err = witness.Marked(f.cosignatures()); reason != "" {
		j.Diverge(reason)
	}
	return reason, err
}

// hasArchives tells whether the journal stands on archives of earlier ones.
func (f folder) hasArchives() bool {
	_, err := os.Stat(filepath.Join(f.journal(), "origins"))
	return err == nil
}

// hasJournal tells whether something was recorded here before.
func (f folder) hasJournal() bool {
	_, err := os.Stat(f.journal())
	return err == nil
}
