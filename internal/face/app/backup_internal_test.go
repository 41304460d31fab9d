// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/backup"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// recorded makes a data folder with sealed and unsealed events, without a server.
func recorded(t *testing.T, dir string) {
	t.Helper()
	f := folder{dir}
	keys, err := keyring.Open(keyring.Options{Dir: f.keys(), Name: "host"})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: f.journal(), Keys: keys, LogFileBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	run := newFloor(t.Context())
	run.run("journal", j.Run)
	for i := range 3 {
		var events []*event.Event
		for range 20 {
			e := &event.Event{Time: time.Now().UnixNano(), Received: time.Now().UnixNano(), Source: "application", Message: "recorded"}
			e.Place.Stream = "90d"
			events = append(events, e)
		}
		_, err := j.Append(t.Context(), events)
		if err == nil && i < 2 {
			err = j.Seal(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	db, err := state.Open(t.Context(), f.state(), slog.New(slog.DiscardHandler))
	if err = errors.Join(err, run.end(), j.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestDamageToEachPartIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded(t, dir)
	o := Options{Logger: slog.New(slog.DiscardHandler)}
	file := filepath.Join(t.TempDir(), "b")
	if _, err := Backup(t.Context(), dir, file, BackupOptions{Options: o}); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := backup.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	bad := filepath.Join(t.TempDir(), "bad")
	check := func(raw []byte) error {
		t.Helper()
		if err := os.WriteFile(bad, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := checkBackup(t.Context(), bad, t.TempDir(), o)
		return err
	}
	if err := check(good); err != nil {
		t.Fatalf("the control, unchanged: %v", err)
	}
	for _, p := range r.Contents().Parts {
		for _, at := range []int64{p.Offset, p.Offset + p.Stored/2, p.Offset + p.Stored - 1} {
			raw := bytes.Clone(good)
			raw[at] ^= 0x10
			if err := check(raw); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("%s, byte %d: %v", p.Name, at-p.Offset, err)
			}
			if err := check(good[:at]); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("cut off in %s: %v", p.Name, err)
			}
		}
	}
}

// newerFormat is the file of a journal of the format after this one.
func newerFormat([]byte) []byte {
	body := fmt.Sprintf("tocsin-journal %d\n", journal.FormatVersion+1)
	return fmt.Appendf(nil, "%ssum %x\n", body, sha256.Sum256([]byte(body)))
}

// TestWholePartsThatDoNotFit: hashes are right, and still it is no backup of a
// journal as it was recorded.
func TestWholePartsThatDoNotFit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	recorded(t, dir)
	o := Options{Logger: slog.New(slog.DiscardHandler)}
	file := filepath.Join(t.TempDir(), "b")
	if _, err := Backup(t.Context(), dir, file, BackupOptions{Options: o}); err != nil {
		t.Fatal(err)
	}
	r, err := openBackup(file, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// again writes the backup again, with other content or without a part
	again := func(change func(name string, content []byte) ([]byte, bool)) error {
		t.Helper()
		path := filepath.Join(t.TempDir(), "again")
		w, err := backup.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range r.Contents().Parts {
			raw, err := r.Read(t.Context(), p.Name, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if raw, keep := change(p.Name, raw); keep {
				if err := w.Put(p.Name, int64(len(raw)), bytes.NewReader(raw)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := errors.Join(w.Finish(r.info), w.Publish()); err != nil {
			t.Fatal(err)
		}
		_, err = checkBackup(t.Context(), path, t.TempDir(), o)
		return err
	}
	if err := again(func(_ string, raw []byte) ([]byte, bool) { return raw, true }); err != nil {
		t.Fatalf("the control, unchanged: %v", err)
	}
	segment := ""
	for _, p := range r.Contents().Parts {
		if r.isSegment(p.Name) {
			segment = p.Name
		}
	}
	for what, c := range map[string]struct {
		name   string
		change func(raw []byte) []byte // nil: the part is not there
	}{
		"the journal is of a newer format": {"journal/format", newerFormat},
		"a segment is missing":             {name: segment},
		"a segment is another":             {segment, func(raw []byte) []byte { raw[len(raw)/2] ^= 1; return raw }},
		"the log of headers is cut":        {"journal/headers", func(raw []byte) []byte { return raw[:len(raw)-10] }},
		"the log of headers is gone":       {name: "journal/headers"},
		"an event is another": {"journal/wal/0000000000000001.wal", func(raw []byte) []byte {
			return bytes.Replace(raw, []byte("recorded"), []byte("RECORDED"), 1)
		}},
		"the state is cut": {"state/state.db", func(raw []byte) []byte { return raw[:len(raw)/2] }},
		"a key is another": {"keys/mac-root.1", func(raw []byte) []byte { raw[30] ^= 1; return raw }},
	} {
		touched := false
		err := again(func(name string, raw []byte) ([]byte, bool) {
			if name != c.name {
				return raw, true
			}
			touched = true
			if c.change == nil {
				return nil, false
			}
			return c.change(raw), true
		})
		if err == nil || !touched || (c.name == "journal/format") != errors.Is(err, journal.ErrFormat) {
			t.Errorf("%s: %v (%v)", what, err, touched)
		}
	}
}
