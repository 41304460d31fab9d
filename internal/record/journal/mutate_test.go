// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// forgedFile is a segment file taken apart by somebody who knows the format and has
// the keys.
type forgedFile struct {
	t    *testing.T
	dir  string
	rows []sealedRow
	meta fileMeta
}

// forge rewrites a segment file with valid checksums, and the manifest so that it
// names the new bytes.
func forge(t *testing.T, dir, path string, change func(f *forgedFile)) {
	t.Helper()
	in, err := segment.OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	f := &forgedFile{t: t, dir: dir}
	if f.meta, err = decodeMeta(in.Meta()); err != nil {
		t.Fatal(err)
	}
	for i := range in.Rows() {
		r := sealedRow{e: &event.Event{}}
		if err := in.Event(i, r.e); err != nil {
			t.Fatal(err)
		}
		if r.leaf8, r.mac, err = in.Integrity(i); err != nil {
			t.Fatal(err)
		}
		f.rows = append(f.rows, r)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	change(f)
	f.write(path)
	name, _ := filepath.Rel(filepath.Join(dir, "journal", "segments"), path)
	rewriteManifest(t, dir, func(files []listed) []listed {
		for i := range files {
			if files[i].Name == name {
				if files[i].Size, files[i].Sum, err = fileSum(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		return files
	})
}

func (f *forgedFile) write(path string) {
	b := segment.NewBlock()
	for _, r := range f.rows {
		if err := b.Append(r.e, r.leaf8, r.mac); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := segment.WriteFile(path, b, f.meta.encode()); err != nil {
		f.t.Fatal(err)
	}
}

// row is the place of an entry among the rows.
func (f *forgedFile) row(seq uint64) int {
	return slices.IndexFunc(f.rows, func(r sealedRow) bool { return r.e.Place.Seq == seq })
}

func (f *forgedFile) rangeOf(seq uint64) *rangeMeta {
	return &f.meta[slices.IndexFunc(f.meta, func(m rangeMeta) bool { return m.has(seq) })]
}

// fit makes a row's leaf and MAC those of its event.
func (f *forgedFile) fit(r *sealedRow) {
	m := f.rangeOf(r.e.Place.Seq)
	key, err := keysOf(f.t, f.dir).Key(m.Header.Epoch, m.Header.Stream, m.Header.Ratchet)
	if err != nil {
		f.t.Fatal(err)
	}
	var h hasher
	h.Blind.Use(&m.Blind)
	h.mac.reset(&key, m.Header.Stream)
	i := uint32(r.e.Place.Seq - m.Header.First)
	gone := erasedOf(m)
	var leaf hash
	if c0, c1 := gone.at(i, 0), gone.at(i, 1); c0 != nil || c1 != nil {
		leaf = h.LeafErased(i, r.e, c0, c1)
	} else {
		leaf = h.LeafOf(i, r.e)
	}
	r.leaf8, r.mac = [8]byte(leaf[:8]), h.mac.sum(r.e.Place.Seq, &leaf)
}

// rewriteManifest writes a manifest with other files.
func rewriteManifest(t *testing.T, dir string, change func([]listed) []listed) {
	t.Helper()
	path := filepath.Join(dir, "journal", "manifest")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := scanManifest(raw)
	if s.damaged || s.torn {
		t.Fatal("the manifest is damaged before it is forged")
	}
	m := manifest{disk: &osDisk{}, path: path}
	if err := m.rewrite(change(s.files), s.pruned, s.number); err != nil {
		t.Fatal(err)
	}
	if err := m.close(); err != nil {
		t.Fatal(err)
	}
}

// rewriteHeaders writes both copies of the log of headers anew.
func rewriteHeaders(t *testing.T, dir string, change func([]logged) []logged) {
	t.Helper()
	copies, err := readHeaderFiles(func(s ...string) string { return filepath.Join(append([]string{dir, "journal"}, s...)...) })
	if err != nil {
		t.Fatal(err)
	}
	b := binary.BigEndian.AppendUint32([]byte(hlogMagic), hlogVersion)
	for _, l := range change(scanHeaders(copies).list) {
		b = l.append(b)
	}
	for _, name := range hlogNames() {
		if err := os.WriteFile(filepath.Join(dir, "journal", name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// mergedFile is the file of a stream with the most ranges.
func mergedFile(t *testing.T, dir, stream string) (path string) {
	t.Helper()
	most := 0
	for _, p := range segments(t, dir, stream) {
		f, err := segment.OpenFile(p, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := decodeMeta(f.Meta())
		if err != nil {
			t.Fatal(err)
		}
		if len(m) > most {
			path, most = p, len(m)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if most < 3 {
		t.Fatalf("no file of stream %s was merged", stream)
	}
	return path
}

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

// forgedRange makes a range of the journal's own entries with all that the journal's
// keys make, but no checkpoint: file, header and manifest record.
func forgedRange(t *testing.T, dir string, tombs ...proof.Tombstone) {
	t.Helper()
	keys := keysOf(t, dir)
	var last logged
	index := 0
	rewriteHeaders(t, dir, func(list []logged) []logged {
		for _, l := range list {
			if l.Header.Stream == SystemStream {
				last = l
			}
		}
		index = len(list)
		return list
	})
	m := rangeMeta{Header: last.Header}
	h := &m.Header
	h.Number, h.First, h.Count, h.Previous, h.Ratchet = h.Number+1, h.Last()+1, uint32(len(tombs)), last.Header.Leaf(), h.Ratchet+1
	f := &forgedFile{t: t, dir: dir, meta: fileMeta{m}}
	var leaves proof.RangeTree
	key, err := keys.Key(h.Epoch, h.Stream, h.Ratchet)
	if err != nil {
		t.Fatal(err)
	}
	var hs hasher
	hs.Blind.Use(&m.Blind)
	hs.mac.reset(&key, h.Stream)
	for i := range tombs {
		e := ownEvent("", "forged")
		tombs[i].Event(e)
		e.Place = event.Place{Origin: h.Origin, Stream: h.Stream, Seq: h.First + uint64(i), Ord: h.LastOrd + 1 + uint64(i)}
		leaf := hs.LeafOf(uint32(i), e)
		leaves.Add(leaf)
		f.rows = append(f.rows, sealedRow{e, [8]byte(leaf[:8]), hs.mac.sum(e.Place.Seq, &leaf)})
	}
	h.FirstOrd, h.LastOrd = h.LastOrd+1, h.LastOrd+uint64(len(tombs))
	h.Root = leaves.Root()
	m.Groups, m.MAC = leaves.Groups(), headerMAC(h, &key)
	f.meta[0] = m
	c := coverageOf(f.meta)
	name := fileName(&c, 0)
	path := filepath.Join(dir, "journal", "segments", name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	f.write(path)
	rewriteHeaders(t, dir, func(list []logged) []logged { return append(list, logged{Header: m.Header, MAC: m.MAC}) })
	l := listed{Name: name, Ranges: []uint64{uint64(index)}}
	if l.Size, l.Sum, err = fileSum(path); err != nil {
		t.Fatal(err)
	}
	rewriteManifest(t, dir, func(files []listed) []listed { return append(files, l) })
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
