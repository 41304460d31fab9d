// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// fill appends n events of a stream, received age ago, one range for each size.
func fill(t *testing.T, j *Journal, stream string, n, size int, age time.Duration) {
	t.Helper()
	for at := 0; at < n; at += size {
		var events []*event.Event
		for i := range min(size, n-at) {
			e := benchEvent(at + i)
			e.Place = event.Place{Stream: stream}
			e.Received = time.Now().Add(-age).UnixNano()
			e.User = fmt.Sprintf("user%d", (at+i)%10)
			e.Message = "login of " + e.User
			events = append(events, e)
		}
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatalf("append: %v", err)
		}
		if err := j.Seal(t.Context()); err != nil {
			t.Fatalf("seal: %v", err)
		}
	}
}

func segments(t *testing.T, dir, stream string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "journal", "segments", stream, "*", "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestMergeKeepsEveryRowAndProof(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 90, 5, 0)
	fill(t, j, "90d", 20, 5, 48*time.Hour)
	before := snapshotRows(t, j)
	headers := len(j.evidence.log.leaves)
	readers, release, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n, err := j.Merge(t.Context())
	if err != nil || n < 16 {
		t.Fatalf("merged %d files: %v", n, err)
	}
	rows := 0
	for _, r := range readers { // files that are gone can be read to the end
		rows += r.Rows()
		var e event.Event
		if err := r.Event(r.Rows()-1, &e); err != nil {
			t.Errorf("read a file that was merged: %v", err)
		}
	}
	release()
	if rows != 110 {
		t.Errorf("%d rows before", rows)
	}
	if diff := cmp.Diff(before, snapshotRows(t, j)); diff != "" {
		t.Errorf("rows (-before +after):\n%s", diff)
	}
	if got := len(j.evidence.log.leaves); got != headers {
		t.Errorf("%d headers, before the merge %d", got, headers)
	}
	if got := len(segments(t, dir, "90d")); got >= 22-16 {
		t.Errorf("%d files are left", got)
	}
	stop()
	if got := verifyDir(t, dir); got.Status != Unanchored || got.Verified != got.Total || len(got.Files) != 0 {
		t.Errorf("verify: %+v", got)
	}
	j, stop = openTest(t, dir, nil)
	if diff := cmp.Diff(before, snapshotRows(t, j)); diff != "" {
		t.Errorf("rows after a restart (-before +after):\n%s", diff)
	}
	stop()
}

func TestRetentionDropsUnderATombstone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	fill(t, j, "30d", 10, 10, time.Hour)
	fill(t, j, "90d", 10, 10, 40*24*time.Hour)
	hold := Hold{ID: "case-1", Reason: "a court asked", Actor: "admin", Stream: "30d"}
	if err := j.Place(t.Context(), hold); err != nil {
		t.Fatal(err)
	}
	got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"})
	if err != nil || got.Files != 0 || got.Held != 1 {
		t.Fatalf("under a hold: %+v, %v", got, err)
	}
	if err := j.Lift(t.Context(), "case-1", "admin"); err != nil {
		t.Fatal(err)
	}
	if got, err = j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test", Needed: 5}); err != nil || got.Files != 0 || got.Lagging != 1 {
		t.Fatalf("with a consumer that lags: %+v, %v", got, err)
	}
	stop()
	j, stop = openTest(t, dir, nil)
	if _, err := j.Retain(t.Context(), Retention{Now: time.Now().Add(72 * time.Hour), Actor: "test"}); !errors.Is(err, ErrClock) {
		t.Fatalf("with a clock that runs ahead: %v", err)
	}
	if got, err = j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 2 || got.Entries != 20 {
		t.Fatalf("dropped %+v, %v", got, err)
	}
	if n := len(snapshotRows(t, j)); n != 20 {
		t.Errorf("%d rows are left", n)
	}
	if n := len(segments(t, dir, "30d")); n != 1 {
		t.Errorf("%d files are left", n)
	}
	stop()
	r := verifyDir(t, dir)
	if r.Status != Unanchored || r.Pruned != 20 || len(r.Files) != 0 || r.Verified != r.Total {
		t.Errorf("verify: %+v", r)
	}
	// the control: without its tombstone the same loss is one
	for _, path := range segments(t, dir, "90d") {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	if r := verifyDir(t, dir); r.Status != Invalid || len(r.Entries) != 1 || r.Entries[0].Verdict != Missing {
		t.Errorf("verify of a file that was removed by hand: %+v", r)
	}
}

func TestErasureTakesOnePersonOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 300, 50, 0)
	if _, err := j.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	e := benchEvent(1)
	e.Place, e.User, e.Message = event.Place{Stream: "30d"}, "somebody else", "mail from USER3, as it says"
	hot := []*event.Event{e}
	if _, err := j.Append(t.Context(), hot); err != nil {
		t.Fatal(err)
	}
	others := 0
	got, err := j.Erase(t.Context(), Erasure{ID: "order-1", Subject: "user3", Actor: "admin", Others: func(_ context.Context, s string) (map[string]int, error) {
		others++
		return map[string]int{"state": len(s)}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Entries != 31 || got.Slots != 61 || others != 1 || got.Others["state"] != 5 {
		t.Errorf("erased %+v, others called %d times", got, others)
	}
	c, err := proof.OpenCertificate([]byte(got.Certificate), verifiers(j.opts.Keys))
	if err != nil || c.ID != "order-1" || c.Entries != 31 || c.Slots != 61 || c.Files != 7 || c.Origin != j.Origin() {
		t.Errorf("certificate %+v: %v", c, err)
	}
	if person, content := erasedMarks(t, j); person != 30 || content != 31 {
		t.Errorf("%d rows are marked as without a person and %d as without content, want 30 and 31", person, content)
	}
	for _, row := range snapshotRows(t, j) {
		if strings.Contains(strings.ToLower(row), "user3") {
			t.Fatalf("a row still has the subject: %q", row)
		}
	}
	for _, e := range all(t, j) {
		if strings.Contains(strings.ToLower(canonical(e)), "user3") {
			t.Fatalf("a reader still gives the subject: %q", canonical(e))
		}
	}
	if orders, err := j.Erasures(); err != nil || len(orders) != 0 {
		t.Errorf("orders left: %v, %v", orders, err)
	}
	stop()
	r := verifyDir(t, dir)
	if r.Status != Unanchored || r.Erased != 31 || r.Verified != r.Total || len(r.Files) != 0 {
		t.Errorf("verify: %+v", r)
	}
	err = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(bytes.ToLower(raw), []byte("user3")) {
			t.Errorf("%s still has the subject", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// what is left opens, and everybody else is there
	j, stop = openTest(t, dir, nil)
	rows := snapshotRows(t, j)
	if n := len(slices.DeleteFunc(rows, func(s string) bool { return !strings.Contains(s, "user4") })); n != 30 {
		t.Errorf("%d rows of somebody else, want 30", n)
	}
	stop()
}

// erasedMarks counts the rows that are marked as erased, and holds the marks against
// what is in the rows.
func erasedMarks(t *testing.T, j *Journal) (person, content int) {
	t.Helper()
	readers, release, err := j.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	for _, r := range readers {
		for i := range r.Rows() {
			var e event.Event
			if err := r.Event(i, &e); err != nil {
				t.Fatal(err)
			}
			if (e.Place.Erased&event.SlotPerson != 0) != (e.User == "") || (e.Place.Erased&event.SlotContent != 0) != (e.Message == "") {
				t.Errorf("seq %d has user %q and message %q, and is marked %v", e.Place.Seq, e.User, e.Message, e.Place.Erased.Words())
			}
			person += int(e.Place.Erased & event.SlotPerson)
			content += int(e.Place.Erased&event.SlotContent) >> 1
		}
	}
	return person, content
}

func TestErasureIsRefusedByAHold(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 20, 10, 0)
	if err := j.Place(t.Context(), Hold{ID: "h", Reason: "r", Actor: "a"}); err != nil {
		t.Fatal(err)
	}
	before := snapshotRows(t, j)
	if _, err := j.Erase(t.Context(), Erasure{ID: "x", Subject: "user3", Actor: "admin"}); !errors.Is(err, ErrHold) {
		t.Fatalf("erase: %v", err)
	}
	if diff := cmp.Diff(before, snapshotRows(t, j)); diff != "" {
		t.Errorf("rows changed:\n%s", diff)
	}
}
