// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestVerifyNamesWhatWasDoneToAMergedFile changes a file of several ranges with slots
// that were erased: seq 1 to 5, 6 to 10 and so on, of user0 to user9 by turns.
func TestVerifyNamesWhatWasDoneToAMergedFile(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(f *forgedFile)
		want   []Finding
	}{
		{"altered", func(f *forgedFile) { f.rows[f.row(12)].e.User = "mallory" }, []Finding{{"90d", 12, 0, Altered}}},
		{"altered with leaf and MAC", func(f *forgedFile) {
			r := &f.rows[f.row(12)]
			r.e.User = "mallory"
			f.fit(r)
		}, []Finding{{"90d", 11, 15, Altered}}},
		{"public part altered where the rest is erased", func(f *forgedFile) {
			r := &f.rows[f.row(14)]
			r.e.Category = "login_success"
			f.fit(r)
		}, []Finding{{"90d", 11, 15, Altered}}},
		{"removed", func(f *forgedFile) { i := f.row(12); f.rows = slices.Delete(f.rows, i, i+1) }, []Finding{{"90d", 12, 0, Removed}}},
		{"a range removed", func(f *forgedFile) { i := f.row(11); f.rows = slices.Delete(f.rows, i, i+5) }, []Finding{{"90d", 11, 15, Removed}}},
		{"swapped", func(f *forgedFile) {
			a, b := f.row(11), f.row(15)
			f.rows[a], f.rows[b] = f.rows[b], f.rows[a]
		}, []Finding{{"90d", 11, 0, Reordered}, {"90d", 15, 0, Reordered}}},
		{"swapped between two ranges", func(f *forgedFile) {
			a, b := f.row(12), f.row(29)
			f.rows[a], f.rows[b] = f.rows[b], f.rows[a]
		}, []Finding{{"90d", 12, 0, Reordered}, {"90d", 29, 0, Reordered}}},
		{"moved to the end", func(f *forgedFile) {
			i := f.row(11)
			r := f.rows[i]
			f.rows = append(slices.Delete(f.rows, i, i+1), r)
		}, []Finding{{"90d", 11, 0, Reordered}}},
		{"duplicated", func(f *forgedFile) { f.rows = slices.Insert(f.rows, f.row(13), f.rows[f.row(12)]) }, []Finding{{"90d", 12, 0, Duplicated}}},
		{"duplicated in another range", func(f *forgedFile) { f.rows = slices.Insert(f.rows, f.row(28), f.rows[f.row(12)]) }, []Finding{{"90d", 12, 0, Duplicated}}},
		{"inserted", func(f *forgedFile) {
			r := sealedRow{e: &event.Event{}}
			*r.e = *f.rows[f.row(12)].e
			r.e.User = "mallory"
			f.rows = slices.Insert(f.rows, f.row(13), r)
		}, []Finding{{"90d", 12, 0, Inserted}}},
		{"inserted beyond", func(f *forgedFile) {
			r := sealedRow{e: &event.Event{}}
			*r.e = *f.rows[f.row(12)].e
			r.e.Place.Seq = 5000
			f.rows = slices.Insert(f.rows, f.row(13), r)
		}, []Finding{{"90d", 5000, 0, Inserted}}},
		{"a slot erased without a tombstone", func(f *forgedFile) {
			r, m := &f.rows[f.row(12)], f.rangeOf(12)
			var blind proof.Blinder
			blind.Use(&m.Blind)
			i := uint32(12 - m.Header.First)
			c, ok := commitmentOf(&blind, i, 1, r.e)
			if !ok {
				f.t.Fatal("no blinder")
			}
			m.Erased = append(m.Erased, erasedSlot{I: i, Slot: 1, C: c})
			slices.SortFunc(m.Erased, func(a, b erasedSlot) int {
				if a.before(&b) {
					return -1
				}
				return 1
			})
			clearSlot(r.e, 1)
		}, []Finding{{"90d", 12, 0, Altered}}},
		{"another commitment in the place of an erased slot", func(f *forgedFile) {
			m := f.rangeOf(14)
			m.Erased[0].C[3] ^= 1
			f.fit(&f.rows[f.row(14)])
		}, []Finding{{"90d", 11, 15, Altered}}},
		{"another header", func(f *forgedFile) { f.rangeOf(12).Header.SealedAt++ }, []Finding{{"90d", 11, 15, Altered}}},
		{"a range less", func(f *forgedFile) {
			last := f.meta[len(f.meta)-1].Header
			f.meta = f.meta[:len(f.meta)-1]
			f.rows = f.rows[:f.row(last.First)]
		}, []Finding{{"90d", 36, 40, Altered}}},
	}
	dir := estate(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, dir)
			forge(t, dir, mergedFile(t, dir, "90d"), c.change)
			got := verifyDir(t, dir)
			if diff := cmp.Diff(c.want, got.Entries); diff != "" || got.Status != Invalid || got.OK() {
				t.Errorf("%s; findings (-want +got):\n%s", brief(&got), diff)
			}
			goesOn(t, dir)
		})
	}
}

// goesOn opens a journal that was harmed: it starts, records, and gives the sequence
// numbers that come next.
func goesOn(t *testing.T, dir string) {
	t.Helper()
	j, stop := openTest(t, dir, nil)
	for _, stream := range []string{"90d", "366d", "new"} {
		want := j.order.streams[stream]
		next := uint64(1)
		if want != nil {
			next = want.seq + 1
		}
		e := inStream(1, stream)
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil || e.Place.Seq != next {
			t.Errorf("append to %s afterwards: seq %d, want %d: %v", stream, e.Place.Seq, next, err)
		}
	}
	stop()
}

// TestAForgedTombstoneExcusesNothing removes a file as retention does, and erases a
// slot as an erasure does, with a tombstone that has every key's mark but is under no
// checkpoint. The control signs one: then it counts.
func TestAForgedTombstoneExcusesNothing(t *testing.T) {
	t.Parallel()
	whole := estate(t)
	drop := func(t *testing.T, dir string) (tomb proof.Tombstone, gone Header) {
		t.Helper()
		copies, err := readHeaderFiles(func(s ...string) string { return filepath.Join(append([]string{dir, "journal"}, s...)...) })
		if err != nil {
			t.Fatal(err)
		}
		path := segments(t, dir, "30d")[0]
		for _, l := range scanHeaders(copies).list {
			if l.Header.Stream == "30d" {
				gone = l.Header // the last one is what retention has left
			}
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		name, _ := filepath.Rel(filepath.Join(dir, "journal", "segments"), path)
		rewriteManifest(t, dir, func(files []listed) []listed {
			return slices.DeleteFunc(files, func(f listed) bool { return f.Name == name })
		})
		return proof.Tombstone{
			Stream: "30d", Actor: "clock", First: gone.First, Last: gone.Last(), FirstRange: gone.Number, LastRange: gone.Number,
			Headers: headersSum([]hash{gone.Leaf()}), Policy: "30d",
		}, gone
	}
	t.Run("file and record removed", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		_, gone := drop(t, dir)
		got := verifyDir(t, dir)
		if diff := cmp.Diff([]Finding{{"30d", gone.First, gone.Last(), Missing}}, got.Entries); diff != "" || got.Status != Invalid {
			t.Errorf("%s; findings (-want +got):\n%s", brief(&got), diff)
		}
		goesOn(t, dir)
	})
	t.Run("with a tombstone", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		tomb, gone := drop(t, dir)
		forgedRange(t, dir, tomb)
		got := verifyDir(t, dir)
		if diff := cmp.Diff([]Finding{{"30d", gone.First, gone.Last(), Missing}}, got.Entries); diff != "" || got.Status != Invalid {
			t.Errorf("%s; findings (-want +got):\n%s", brief(&got), diff)
		}
		_, stop := openTest(t, dir, nil) // it signs what it finds
		time.Sleep(20 * time.Millisecond)
		stop()
		if got := verifyDir(t, dir); got.Status != Unanchored || got.Pruned != 26 {
			t.Errorf("the control: %s", brief(&got))
		}
	})
	t.Run("a slot, with a tombstone", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		forge(t, dir, mergedFile(t, dir, "90d"), func(f *forgedFile) {
			r, m := &f.rows[f.row(12)], f.rangeOf(12)
			var blind proof.Blinder
			blind.Use(&m.Blind)
			i := uint32(12 - m.Header.First)
			c, _ := commitmentOf(&blind, i, 1, r.e)
			m.Erased = slices.Insert(m.Erased, 0, erasedSlot{I: i, Slot: 1, C: c})
			clearSlot(r.e, 1)
		})
		forgedRange(t, dir, proof.Tombstone{Erased: true, ID: "x", Stream: "90d", Actor: "mallory", Slots: [2][]proof.SeqRun{nil, {{First: 12, Last: 12}}}})
		got := verifyDir(t, dir)
		if diff := cmp.Diff([]Finding{{"90d", 12, 0, Altered}}, got.Entries); diff != "" || got.Status != Invalid {
			t.Errorf("%s; findings (-want +got):\n%s", brief(&got), diff)
		}
	})
	t.Run("in the place of an entry of the journal's own", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		tomb, gone := drop(t, dir)
		var of Header
		forge(t, dir, segments(t, dir, SystemStream)[0], func(f *forgedFile) {
			r := &f.rows[0]
			tomb.Event(r.e)
			f.fit(r)
			of = f.rangeOf(r.e.Place.Seq).Header
		})
		got := verifyDir(t, dir)
		want := []Finding{{"30d", gone.First, gone.Last(), Missing}, {SystemStream, of.First, 0, Altered}}
		if of.Count > 1 {
			want[1].LastSeq = of.Last()
		}
		if diff := cmp.Diff(want, got.Entries); diff != "" || got.Status != Invalid {
			t.Errorf("%s; findings (-want +got):\n%s", brief(&got), diff)
		}
	})
}

// TestHistoriesThatLeaveTheKnownOne cuts the log of headers back, replaces one, and
// puts an older folder or a fork in the journal's place.
func TestHistoriesThatLeaveTheKnownOne(t *testing.T) {
	t.Parallel()
	whole := estate(t)
	kept, err := os.ReadFile(filepath.Join(whole, "journal", checkpointName))
	if err != nil {
		t.Fatal(err)
	}
	grown := func(t *testing.T, dir string, n int) []byte {
		t.Helper()
		j, stop := openTest(t, dir, nil)
		fill(t, j, "90d", n, 5, 0)
		stop()
		raw, err := os.ReadFile(filepath.Join(dir, "journal", checkpointName))
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	against := func(t *testing.T, dir string, anchors ...[]byte) Report {
		t.Helper()
		r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keysOf(t, dir), Anchors: anchors})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	diverges := func(t *testing.T, got Report, stream string) {
		t.Helper()
		named := slices.ContainsFunc(got.Diverged, func(g event.Range) bool { return g.Stream == stream })
		if got.Status != Diverged || got.OK() || !named {
			t.Errorf("%s; diverged %v", brief(&got), got.Diverged)
		}
	}
	t.Run("log of headers cut back", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		rewriteHeaders(t, dir, func(l []logged) []logged { return l[:len(l)-3] })
		diverges(t, against(t, dir), "90d")
		j, stop := openTest(t, dir, nil)
		before, _, _, _ := j.Checkpoint()
		fill(t, j, "90d", 10, 5, 0)
		if after, _, _, _ := j.Checkpoint(); !bytes.Equal(before, after) || j.Diverged() == nil {
			t.Error("it signs a second history")
		}
		stop()
		diverges(t, against(t, dir, kept), "90d")
	})
	t.Run("a header replaced", func(t *testing.T) {
		t.Parallel()
		dir := copied(t, whole)
		keys := keysOf(t, dir)
		rewriteHeaders(t, dir, func(l []logged) []logged {
			h := &l[len(l)-1].Header
			h.MinReceived++
			key, err := keys.Key(h.Epoch, h.Stream, h.Ratchet)
			if err != nil {
				t.Fatal(err)
			}
			l[len(l)-1].MAC = headerMAC(h, &key)
			return l
		})
		diverges(t, against(t, dir), "90d")
		goesOn(t, dir)
		diverges(t, against(t, dir, kept), "90d")
	})
	t.Run("the folder of a while ago", func(t *testing.T) {
		t.Parallel()
		dir, old := copied(t, whole), copied(t, whole)
		later := grown(t, dir, 20)
		if r := against(t, dir, kept, later); r.Status != Valid || len(r.Anchors) != 2 {
			t.Errorf("the control: %s", brief(&r))
		}
		diverges(t, against(t, old, later), "90d")
		grown(t, old, 40) // it is longer now than what is known
		diverges(t, against(t, old, later), "90d")
		if r := against(t, old, kept); r.Status != Valid {
			t.Errorf("with the checkpoint of before: %s", brief(&r))
		}
		if r := against(t, old); r.Status != Unanchored {
			t.Errorf("without a memory nobody can tell: %s", brief(&r))
		}
	})
	t.Run("two with one key", func(t *testing.T) {
		t.Parallel()
		a, b := copied(t, whole), copied(t, whole)
		ofA, ofB := grown(t, a, 10), grown(t, b, 15)
		diverges(t, against(t, a, ofB), "90d")
		diverges(t, against(t, b, ofA), "90d")
		if r := against(t, a, ofA, kept); r.Status != Valid {
			t.Errorf("the control: %s", brief(&r))
		}
	})
}
