// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

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
