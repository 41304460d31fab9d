// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// estate makes a stopped journal's folder with everything that a journal can hold:
// a stream of which retention has dropped the front (30d), one of merged files with
// erased slots in them (90d), a hold that is in force and one that was lifted, and,
// in the log, entries of ranges that are sealed and of ranges that are open (366d).
func estate(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 10, 16<<10 })
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "30d", 6, 6, time.Hour)
	fill(t, j, "90d", 40, 5, time.Minute)
	for _, id := range []string{"case-1", "case-2"} {
		if err := j.Place(t.Context(), Hold{ID: id, Reason: "a court asked", Actor: "admin", Stream: "7d"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Lift(t.Context(), "case-1", "admin"); err != nil {
		t.Fatal(err)
	}
	if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 2 {
		t.Fatalf("retain: %+v, %v", got, err)
	}
	for range 8 { // so that the files written anew have numbers of one and of two digits
		if n, err := j.Merge(t.Context()); err != nil {
			t.Fatalf("merged %d files: %v", n, err)
		}
		fill(t, j, "90d", 5, 5, time.Minute)
	}
	for _, subject := range []string{"user3", "user7"} {
		if got, err := j.Erase(t.Context(), Erasure{ID: "of-" + subject, Subject: subject, Actor: "admin"}); err != nil || got.Entries == 0 {
			t.Fatalf("erase: %+v, %v", got, err)
		}
	}
	for i := range 13 {
		e := benchEvent(i)
		e.Place = event.Place{Stream: "90d"}
		if i == 0 {
			e.Place.Stream = "366d" // its range stays open, and so the log is kept
		}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
	waitSealed(t, j)
	stop()
	return dir
}

// mergedInLog makes a stopped journal's folder with a merged file whose ranges are,
// some of them, still in the log as well: that of the last ones is kept by another
// stream's open range.
func mergedInLog(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 5, 16<<10 })
	for i := range 50 {
		e := benchEvent(i)
		e.Place = event.Place{Stream: "90d"}
		if i == 25 {
			e.Place.Stream = "366d"
		}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Fatalf("append: %v", err)
		}
		waitSealed(t, j)
	}
	if n, err := j.Merge(t.Context()); err != nil || n < 8 {
		t.Fatalf("merged %d files: %v", n, err)
	}
	stop()
	return dir
}

// contents are the canonical bytes of all entries that can be read in a stopped
// journal's folder, by their place, those of the journal's own included.
func contents(t *testing.T, dir string) map[place]string {
	t.Helper()
	j, err := Open(t.Context(), testOptions(t, dir))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}()
	return contentsOf(t, j)
}

func contentsOf(t *testing.T, j *Journal) map[place]string {
	t.Helper()
	readers, release, err := j.snapshot(t.Context(), func(string) bool { return true })
	if err != nil {
		t.Fatalf("snapshot: %v", err)
	}
	defer release()
	found := map[place]string{}
	for _, r := range readers {
		for i := range r.Rows() {
			e := &event.Event{}
			if err := r.Event(i, e); err != nil {
				continue
			}
			p := place{e.Place.Stream, e.Place.Seq}
			if e.Place.Origin != j.Origin() {
				p.stream = archivedStream(e.Place.Origin, p.stream)
			}
			if _, twice := found[p]; twice {
				t.Errorf("entry %d of %s is there twice", p.seq, p.stream)
			}
			found[p] = canonical(e)
		}
	}
	return found
}

// archivedStream is the name of an archive's stream in the place of an entry.
func archivedStream(origin, stream string) string { return origin + " " + stream }

// restoredEstate makes a journal that stands on an estate, and has erased and dropped
// something of it since.
func restoredEstate(t *testing.T) (dir string) {
	t.Helper()
	dir, _ = restored(t, estate(t), Restoration{})
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 10, 16<<10 })
	fill(t, j, "90d", 10, 5, time.Minute)
	if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 2 {
		t.Fatalf("retain: %+v, %v", got, err)
	}
	if got, err := j.Erase(t.Context(), Erasure{ID: "since", Subject: "user5", Actor: "admin"}); err != nil || got.Entries == 0 {
		t.Fatalf("erase: %+v, %v", got, err)
	}
	stop()
	return dir
}

// copied is a copy of a folder.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// sameContents fails when an entry of want is not there, or another one is.
func sameContents(t *testing.T, what string, want, got map[place]string) {
	t.Helper()
	for p, w := range want {
		if g, ok := got[p]; !ok {
			t.Errorf("%s: entry %d of %s is gone", what, p.seq, p.stream)
		} else if g != w {
			t.Errorf("%s: entry %d of %s is not what it was", what, p.seq, p.stream)
		}
	}
	for p := range got {
		if _, ok := want[p]; !ok {
			t.Errorf("%s: entry %d of %s was not there before", what, p.seq, p.stream)
		}
	}
}

// TestAnEstateHoldsTogether: what the other tests of an estate begin with is whole.
func TestAnEstateHoldsTogether(t *testing.T) {
	t.Parallel()
	dir := estate(t)
	r := verifyDir(t, dir)
	if r.Status != Unanchored || len(r.Files) != 0 || r.Verified != r.Total || r.Pruned != 20 || r.Erased == 0 || r.MACs != "checked" {
		t.Fatalf("verify: %+v", r)
	}
	want := contents(t, dir)
	if n := int64(len(want)); n != r.Total {
		t.Errorf("%d entries can be read, %d are verified", n, r.Total)
	}
	sameContents(t, "opened again", want, contents(t, dir))
}
