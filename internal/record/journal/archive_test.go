// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func TestArchivesTakePartInUpkeep(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	fill(t, j, "30d", 40, 10, 40*24*time.Hour)
	fill(t, j, "30d", 20, 10, time.Hour)
	fill(t, j, "90d", 40, 10, 40*24*time.Hour)
	stop()
	dir, out := restored(t, from, Restoration{})
	j, stop = openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
	files := len(j.view.archived)
	if n, err := j.Merge(t.Context()); err != nil || n != 0 || len(j.view.archived) != files {
		t.Errorf("merged %d files of archives: %v", n, err)
	}
	due := j.Due(Retention{Now: time.Now()})
	if len(due) != 2 || due[0].Files != 4 || due[0].Entries != 40 || due[1].Files != 0 {
		t.Errorf("due: %+v", due)
	}
	if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 4 || got.Entries != 40 {
		t.Errorf("dropped %+v, %v", got, err)
	}
	got, err := j.Erase(t.Context(), Erasure{ID: "order", Subject: "user3", Actor: "admin"})
	if err != nil || got.Entries != 6 || got.Files != 6 {
		t.Errorf("erased %+v, %v", got, err)
	}
	for _, row := range snapshotRows(t, j) {
		if strings.Contains(row, "user3") {
			t.Error("a row still has the subject")
		}
	}
	stop()
	r := verifyRestored(t, dir)
	if !r.OK() || r.Pruned != 40 || r.Erased != 6 || r.Verified != r.Total || len(r.Files) != 0 {
		t.Errorf("verify: %+v", r)
	}
	list, err := os.ReadFile(filepath.Join(dir, "journal", erasuresName))
	if err != nil || !strings.Contains(string(list), `"origin":"`+out.Before+`"`) {
		t.Errorf("the file of erasures: %s, %v", list, err)
	}
	// all of it again after a restart, and in a backup
	j, stop = openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
	if n := len(snapshotRows(t, j)); n != 60 {
		t.Errorf("%d rows after a restart", n)
	}
	stop()
	dir, _ = restored(t, dir, Restoration{})
	if r := verifyRestored(t, dir); !r.OK() || r.Pruned != 40 || r.Erased != 6 || r.Verified != r.Total || len(r.Archives) != 2 {
		t.Errorf("verify the backup of it: %+v", r)
	}
}

// TestTamperedArchivesAreNamed: what is done to an archive is found, also where it is
// consistent by itself.
func TestTamperedArchivesAreNamed(t *testing.T) {
	t.Parallel()
	from, _, _ := recordedFolder(t)
	made, out := restored(t, from, Restoration{})
	other, _, _ := recordedFolder(t)
	second, _ := restored(t, other, Restoration{})
	archived := func(t *testing.T, dir string) []string {
		t.Helper()
		found, err := filepath.Glob(filepath.Join(dir, "journal", "origins", "1", "segments", "*", "*", "*.seg"))
		if err != nil || len(found) == 0 {
			t.Fatal(err)
		}
		return found
	}
	for name, c := range map[string]struct {
		harm   func(t *testing.T, dir string)
		status Status
		named  bool
	}{
		"a segment file": {func(t *testing.T, dir string) {
			t.Helper()
			path := archived(t, dir)[0]
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			raw[len(raw)/3] ^= 1
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}, Invalid, true},
		"a segment file removed": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.Remove(archived(t, dir)[0]); err != nil {
				t.Fatal(err)
			}
		}, Invalid, true},
		"its newest header removed": {func(t *testing.T, dir string) {
			t.Helper()
			path := func(names ...string) string {
				return filepath.Join(append([]string{dir, "journal", "origins", "1"}, names...)...)
			}
			copies, err := readHeaderFiles(path)
			if err != nil {
				t.Fatal(err)
			}
			s := scanHeaders(copies)
			for _, name := range hlogNames() {
				if err := os.WriteFile(path(name), encodeHeaders(s.list[:len(s.list)-1]), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}, Diverged, false},
		"the whole archive removed": {func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, "journal", "origins", "1")); err != nil {
				t.Fatal(err)
			}
		}, Invalid, false},
		"another archive in its place": {func(t *testing.T, dir string) {
			t.Helper()
			place := filepath.Join(dir, "journal", "origins", "1")
			if err := errors.Join(os.RemoveAll(place), os.CopyFS(place, os.DirFS(filepath.Join(second, "journal", "origins", "1")))); err != nil {
				t.Fatal(err)
			}
		}, Invalid, false},
		"an archive more": {func(t *testing.T, dir string) {
			t.Helper()
			place := filepath.Join(dir, "journal", "origins", "2")
			if err := os.CopyFS(place, os.DirFS(filepath.Join(second, "journal", "origins", "1"))); err != nil {
				t.Fatal(err)
			}
		}, Invalid, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(made)); err != nil {
				t.Fatal(err)
			}
			if r := verifyRestored(t, dir); !r.OK() {
				t.Fatalf("the control: %+v", r)
			}
			c.harm(t, dir)
			r := verifyRestored(t, dir)
			if r.Status != c.status || r.OK() {
				t.Errorf("verify: %s, %+v", r.Status, r)
			}
			i := slices.IndexFunc(r.Archives, func(a ArchiveReport) bool { return a.Origin == out.Before })
			if c.named && (i < 0 || len(r.Archives[i].Entries) == 0) {
				t.Errorf("no entry is named: %+v", r.Archives)
			}
			// the process starts
			keys, _ := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
			j, err := Open(t.Context(), Options{Dir: filepath.Join(dir, "journal"), Keys: keys})
			if err != nil {
				t.Fatalf("open: %v", err)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReceiptsOfAnArchive: what senders kept of the earlier journal is compared with
// its archive. What was not sealed became an entry of the next journal; what came
// after the backup is lost, and its receipt says so.
func TestReceiptsOfAnArchive(t *testing.T) {
	t.Parallel()
	from, before := t.TempDir(), t.TempDir()
	j, stop := openTest(t, from, nil)
	var receipts []proof.Receipt
	send := func(j *Journal) {
		t.Helper()
		e := benchEvent(len(receipts))
		e.Place = event.Place{Stream: "90d"}
		places, err := j.Append(t.Context(), []*event.Event{e})
		if err != nil {
			t.Fatal(err)
		}
		r, err := j.Receipt(t.Context(), Receipted{Accepted: 1, Entries: places})
		if err != nil {
			t.Fatal(err)
		}
		receipts = append(receipts, r)
	}
	send(j)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	send(j)
	if err := os.CopyFS(before, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	send(j)
	stop()
	dir, _ := restored(t, before, Restoration{})
	j, stop = openTest(t, dir, nil)
	send(j)
	stop()
	keys, _ := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
	verify := func(list ...proof.Receipt) Report {
		t.Helper()
		r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keys, Archived: shelvedKeys, Receipts: list})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := verify(receipts[3], receipts[1], receipts[0])
	if !r.OK() || len(r.Receipts) != 3 || r.Receipts[0].Status != ReceiptPending || r.Receipts[1].Status != ReceiptCarried || r.Receipts[2].Status != ReceiptKept {
		t.Errorf("%s, receipts %+v", r.Status, r.Receipts)
	}
	r = verify(receipts...)
	if r.Status != Diverged || r.Receipts[2].Status != ReceiptBroken || r.Receipts[3].Status != ReceiptPending ||
		!strings.Contains(r.Receipts[2].Why, "not in the archive: acknowledged at ") {
		t.Errorf("with one of what was lost: %s, receipts %+v", r.Status, r.Receipts)
	}
}
