// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// build makes a stopped journal's folder with n events of one stream in sealed
// ranges of 50 and the rest in the log.
func build(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 50, 16<<10 })
	for i := range n {
		e := benchEvent(i)
		e.Place = event.Place{Stream: "90d"}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
	waitSealed(t, j)
	stop()
	return dir
}

func keysOf(t *testing.T, dir string) *keyring.Ring {
	t.Helper()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Existing: true})
	if err != nil {
		t.Fatalf("keys: %v", err)
	}
	return keys
}

// segmentPath is the file of a range, whatever its day.
func segmentPath(t *testing.T, dir, stream string, number uint64) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "journal", "segments", stream, "*", fmt.Sprintf("%012d.seg", number)))
	if err != nil || len(found) != 1 {
		t.Fatalf("file of range %d of %s: %v, %v", number, stream, found, err)
	}
	return found[0]
}

func verifyDir(t *testing.T, dir string) Report {
	t.Helper()
	r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keysOf(t, dir), Archived: shelvedKeys})
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	return r
}

func TestVerifyOfAWholeJournal(t *testing.T) {
	t.Parallel()
	dir := build(t, 230)
	got := verifyDir(t, dir)
	want := Report{
		Status: Unanchored, Origin: keysOf(t, dir).Origin(), Total: 230, Verified: 230, MACs: "checked", Ord: 230,
		Entries: []Finding{}, Files: []FileFinding{},
		Streams: []StreamReport{{Stream: "90d", Last: 230, Segments: 4, Unsealed: 30}},
		Headers: 4, Checkpoint: got.Checkpoint, Completeness: Completeness{Status: Complete},
	}
	if got.Checkpoint == nil || got.Checkpoint.Headers != 4 {
		t.Errorf("checkpoint %+v", got.Checkpoint)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	without, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{})
	if err != nil || without.MACs != "not checked" || without.Verified != 230 {
		t.Errorf("without keys: %+v, %v", without, err)
	}
}

// rewriteSegment replaces a segment's rows, as somebody would who knows the
// format: with valid checksums, leaves of its own making, and the same header.
func rewriteSegment(t *testing.T, path string, change func(rows []sealedRow, m *rangeMeta) []sealedRow) {
	t.Helper()
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeMeta(f.Meta())
	if err != nil {
		t.Fatal(err)
	}
	var rows []sealedRow
	for i := range f.Rows() {
		r := sealedRow{e: &event.Event{}}
		if err := f.Event(i, r.e); err != nil {
			t.Fatal(err)
		}
		if r.leaf8, r.mac, err = f.Integrity(i); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	rows = change(rows, &m[0])
	b := segment.NewBlock()
	for _, r := range rows {
		if err := b.Append(r.e, r.leaf8, r.mac); err != nil {
			t.Fatal(err)
		}
	}
	if err := segment.WriteFile(path, b, m.encode()); err != nil {
		t.Fatal(err)
	}
}

type sealedRow struct {
	e     *event.Event
	leaf8 [8]byte
	mac   [16]byte
}

// releaf makes the row's leaf fit its event; the MAC stays.
func (r *sealedRow) releaf(m *rangeMeta) {
	var h hasher
	h.Blind.Use(&m.Blind)
	leaf := h.LeafOf(uint32(r.e.Place.Seq-m.Header.First), r.e)
	copy(r.leaf8[:], leaf[:])
}

// TestVerifyNamesWhatWasDoneToASegment changes the file of seq 51 to 100.
func TestVerifyNamesWhatWasDoneToASegment(t *testing.T) {
	t.Parallel()
	type rows = []sealedRow
	cases := []struct {
		name   string
		change func(r rows, m *rangeMeta) rows
		want   []Finding
	}{
		{"altered", func(r rows, _ *rangeMeta) rows { r[9].e.User = "mallory"; return r }, []Finding{{"90d", 60, 0, Altered}}},
		{"altered with its leaf", func(r rows, m *rangeMeta) rows {
			r[9].e.User = "mallory"
			r[9].releaf(m)
			return r
		}, []Finding{{"90d", 60, 0, Altered}}},
		{"removed", func(r rows, _ *rangeMeta) rows { return slices.Delete(r, 9, 12) }, []Finding{{"90d", 60, 62, Removed}}},
		{"removed at the end", func(r rows, _ *rangeMeta) rows { return r[:49] }, []Finding{{"90d", 100, 0, Removed}}},
		{"swapped", func(r rows, _ *rangeMeta) rows { r[9], r[19] = r[19], r[9]; return r }, []Finding{{"90d", 60, 0, Reordered}, {"90d", 70, 0, Reordered}}},
		{"duplicated", func(r rows, _ *rangeMeta) rows { return slices.Insert(r, 20, r[9]) }, []Finding{{"90d", 60, 0, Duplicated}}},
		{"inserted over another", func(r rows, m *rangeMeta) rows {
			forged := sealedRow{e: &event.Event{}}
			*forged.e = *r[9].e
			forged.e.User = "mallory"
			forged.releaf(m)
			return slices.Insert(r, 10, forged)
		}, []Finding{{"90d", 60, 0, Inserted}}},
		{"inserted beyond", func(r rows, _ *rangeMeta) rows {
			forged := sealedRow{e: &event.Event{}}
			*forged.e = *r[49].e
			forged.e.Place.Seq = 5000
			return append(r, forged)
		}, []Finding{{"90d", 5000, 0, Inserted}}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := build(t, 130)
			rewriteSegment(t, segmentPath(t, dir, "90d", 2), c.change)
			got := verifyDir(t, dir)
			if diff := cmp.Diff(c.want, got.Entries); diff != "" || got.Status != Invalid || got.OK() {
				t.Errorf("status %s, findings (-want +got):\n%s", got.Status, diff)
			}
			j, _ := openTest(t, dir, nil)
			if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, 1)), 0, 3)); err != nil {
				t.Errorf("append afterwards: %v", err)
			}
		})
	}
}

// TestVerifyNamesAForgeryWithAllKeys has somebody rewrite a range with fitting
// leaves and MACs: the header's root tells.
func TestVerifyNamesAForgeryWithAllKeys(t *testing.T) {
	t.Parallel()
	dir := build(t, 130)
	keys := keysOf(t, dir)
	rewriteSegment(t, segmentPath(t, dir, "90d", 2), func(r []sealedRow, m *rangeMeta) []sealedRow {
		key, err := keys.Key(m.Header.Epoch, "90d", m.Header.Ratchet)
		if err != nil {
			t.Fatal(err)
		}
		r[9].e.User = "mallory"
		var h hasher
		h.Blind.Use(&m.Blind)
		h.mac.reset(&key, "90d")
		leaf := h.LeafOf(9, r[9].e)
		r[9].mac = h.mac.sum(r[9].e.Place.Seq, &leaf)
		r[9].releaf(m)
		return r
	})
	got := verifyDir(t, dir)
	if diff := cmp.Diff([]Finding{{"90d", 51, 100, Altered}}, got.Entries); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestVerifyNamesMissingFiles(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		remove []string
		want   []Finding
	}{
		{"segment", []string{"segments/90d/*/000000000002.seg"}, []Finding{{"90d", 51, 100, Missing}}},
		{"segment and manifest", []string{"segments/90d/*/000000000002.seg", "manifest"}, []Finding{{"90d", 51, 100, Missing}}},
		{"log", []string{"wal"}, []Finding{{"90d", 101, 130, Truncated}}},
		{"manifest", []string{"manifest"}, []Finding{}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := build(t, 130)
			for _, name := range c.remove {
				found, err := filepath.Glob(filepath.Join(dir, "journal", name))
				if err != nil || len(found) == 0 {
					t.Fatalf("%s: %v, %v", name, found, err)
				}
				for _, path := range found {
					if err := os.RemoveAll(path); err != nil {
						t.Fatal(err)
					}
				}
			}
			got := verifyDir(t, dir)
			if diff := cmp.Diff(c.want, got.Entries); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			j, stop := openTest(t, dir, nil)
			events := []*event.Event{{Source: "shop", Place: event.Place{Stream: "90d"}}}
			if _, err := j.Append(t.Context(), events); err != nil {
				t.Fatalf("append: %v", err)
			}
			if seq := events[0].Place.Seq; seq != 131 {
				t.Errorf("the next event got seq %d, want 131", seq)
			}
			waitSealed(t, j)
			stop()
			again := verifyDir(t, dir)
			if again.OK() != (len(c.want) == 0) {
				t.Errorf("after opening again: status %s, %v, %v", again.Status, again.Entries, again.Files)
			}
		})
	}
}

// TestVerifyFindsEveryFlippedBit flips bits all over the evidence: each is found,
// and the journal still opens and keeps what was not hit.
func TestVerifyFindsEveryFlippedBit(t *testing.T) {
	t.Parallel()
	every := 101
	switch {
	case os.Getenv("TOCSIN_LONG") != "":
		every = 5
	case testing.Short():
		every = 499
	}
	dir := build(t, 70)
	intact := map[string]string{}
	for _, e := range readAll(t, dir) {
		intact[strconv.FormatUint(e.Place.Seq, 10)] = canonical(e)
	}
	var files []string
	for _, pattern := range []string{"segments/90d/*/*.seg", "wal/*.wal", "manifest", "headers", "headers.copy", "checkpoint"} {
		m, err := filepath.Glob(filepath.Join(dir, "journal", pattern))
		if err != nil || len(m) == 0 {
			t.Fatalf("%s: %v, %v", pattern, m, err)
		}
		files = append(files, m...)
	}
	flips, named := 0, 0
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		end := len(raw)
		if strings.HasSuffix(path, ".wal") {
			end = trimZeros(raw) + 64
		}
		for off := 0; off < min(end, len(raw)); off += every {
			copied := t.TempDir()
			if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
				t.Fatal(err)
			}
			rel, _ := filepath.Rel(dir, path)
			bad := slices.Clone(raw)
			bad[off] ^= 1 << (off % 8)
			if err := os.WriteFile(filepath.Join(copied, rel), bad, 0o600); err != nil {
				t.Fatal(err)
			}
			got := verifyDir(t, copied)
			flips++
			if len(got.Entries)+len(got.Files) == 0 {
				t.Errorf("%s: bit at %d of %d not found", rel, off, end)
			}
			if len(got.Entries) > 0 {
				named++
			}
			lost := map[string]bool{}
			for _, f := range got.Entries {
				for seq := f.Seq; seq <= max(f.Seq, f.LastSeq); seq++ {
					lost[strconv.FormatUint(seq, 10)] = true
				}
			}
			back := map[string]string{}
			for _, e := range readAll(t, copied) {
				back[strconv.FormatUint(e.Place.Seq, 10)] = canonical(e)
			}
			for seq, want := range intact {
				if !lost[seq] && back[seq] != want {
					t.Errorf("%s: bit at %d: seq %s is not named, but gone", rel, off, seq)
				}
			}
			if t.Failed() {
				return
			}
		}
	}
	t.Logf("%d flips, %d named entries", flips, named)
}

// readAll opens a stopped journal and reads it.
func readAll(t *testing.T, dir string) []*event.Event {
	t.Helper()
	opts := testOptions(t, dir)
	j, err := Open(t.Context(), opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	defer j.Close()
	events, err := j.readRanges(t.Context(), 0, j.Head(), 1000)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return events
}

func TestVerifyBesideARunningJournal(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), func(o *Options) { o.SealEvents, o.LogFileBytes = 30, 16<<10 })
	done := make(chan struct{})
	go func() {
		defer close(done)
		r := rand.New(rand.NewPCG(1, 1))
		for range 150 {
			if _, err := j.Append(t.Context(), someEvents(r, 0, 10)); err != nil {
				t.Errorf("append: %v", err)
				return
			}
		}
	}()
	for n := 0; ; n++ {
		got, err := j.Verify(t.Context(), VerifyOptions{})
		if err != nil {
			t.Fatalf("verify: %v", err)
		}
		if got.Status != Unanchored || !got.Running || got.Total != got.Verified {
			t.Fatalf("verification %d: %+v", n, got)
		}
		select {
		case <-done:
			return
		default:
		}
	}
}
