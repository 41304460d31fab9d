// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/tocsin-siem/tocsin/internal/record/proof"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

func rangeOf(h *Header) event.Range {
	return event.Range{Stream: h.Stream, First: h.First, Last: h.Last()}
}

// checkSegment recomputes one sealed range from its file.
func (v *verifier) checkSegment(c *sealedCheck, cache *segment.Cache, r *Report) {
	h := &c.Header
	if c.Name == "" {
		v.lostRange(c, r)
		return
	}
	name := "segments/" + filepath.ToSlash(c.Name)
	f, err := segment.OpenFile(filepath.Join(v.dir, "segments", c.Name), cache)
	if err != nil {
		verdict := Altered
		if errors.Is(err, os.ErrNotExist) {
			verdict = Missing
		}
		r.file(name, "cannot be opened: "+cause(err), true, rangeOf(h))
		r.find(h.Stream, h.First, h.Last(), verdict)
		return
	}
	defer f.Close()
	key := v.key(h.Stream, h.Epoch, h.Ratchet)
	m, err := decodeMeta(f.Meta())
	if err != nil {
		r.file(name, "its header cannot be read", true, rangeOf(h))
		r.find(h.Stream, h.First, h.Last(), Altered)
		return
	}
	if m.Header.Leaf() != h.Leaf() || m.MAC != c.MAC {
		// the manifest's copy or the file's: the MAC tells, where there is a key
		if key == nil || headerMAC(&m.Header, key) != m.MAC || m.Header.First != h.First || m.Header.Count != h.Count {
			r.file(name, "its header is not the one that was sealed", true, rangeOf(h))
			r.find(h.Stream, h.First, h.Last(), Altered)
			return
		}
		r.file("manifest", "has another header of "+name, false, rangeOf(h))
		c.meta = m
	}
	if key != nil && headerMAC(&m.Header, key) != m.MAC {
		r.file(name, "its header's MAC is wrong", true, rangeOf(h))
		r.find(h.Stream, h.First, h.Last(), Altered)
		return
	}
	before := r.Tampered
	c.ok = v.checkRows(f, &m, key, name, r)
	size, sum, err := fileSum(f.Path())
	switch {
	case !c.listed || r.Tampered > before+int64(m.Header.Lost):
		// nothing to compare with, or named already
	case err != nil:
		r.file(name, "cannot be read: "+cause(err), true, rangeOf(h))
	case size != c.Size || sum != c.Sum:
		r.file(name, "its bytes are not those that were sealed; every event in it is whole", true, rangeOf(h))
	}
}

// checkRows recomputes the leaves and MACs of all rows and the root.
func (v *verifier) checkRows(f segment.Reader, m *meta, key *[keyring.KeyBytes]byte, name string, r *Report) (ok int64) {
	h := &m.Header
	line := lineup{stream: h.Stream, first: h.First, seqs: make([]uint64, 0, f.Rows()), good: make([]bool, 0, f.Rows())}
	lost := make(map[uint64]bool, len(m.Lost))
	leaves := make([]hash, h.Count)
	for _, i := range m.Lost {
		lost[h.First+uint64(i)] = true
		leaves[i] = proof.LostLeaf(h.Stream, h.First+uint64(i))
	}
	var hs hasher
	hs.Blind.Reset(&m.Seed)
	if key != nil {
		hs.mac.reset(key, h.Stream)
	}
	rows := segment.NewRows(f)
	var e event.Event
	for row := 0; row < f.Rows(); row++ {
		err := rows.Event(row, &e)
		leaf8, mac, integrityErr := rows.Integrity(row)
		if err = errors.Join(err, integrityErr); err != nil {
			page := row / segment.PageRows
			r.file(name, "rows cannot be read: "+cause(err), true)
			line.hole()
			row = (page+1)*segment.PageRows - 1
			continue
		}
		i := e.Place.Seq - h.First
		if i >= uint64(h.Count) {
			line.add(e.Place.Seq, false)
			continue
		}
		leaf := hs.LeafOf(uint32(i), &e) //nolint:gosec // below Count
		good := e.Place.Stream == h.Stream && e.Place.Origin == h.Origin && [8]byte(leaf[:8]) == leaf8 &&
			(key == nil || hs.mac.sum(e.Place.Seq, &leaf) == mac)
		line.add(e.Place.Seq, good)
		if leaves[i] == (hash{}) {
			leaves[i] = leaf
		}
	}
	before := r.Tampered
	ok = line.judge(r, h.Last(), lost, Removed, Removed)
	if r.Tampered-before == int64(len(m.Lost)) && proof.RootOf(leaves) != h.Root {
		// each row fits its own columns, yet the whole is not what was sealed
		r.file(name, "the root differs", true, rangeOf(h))
		r.find(h.Stream, h.First, h.Last(), Altered)
		return 0
	}
	return ok
}

// lostRange checks a range of which nothing is left but its header.
func (v *verifier) lostRange(c *sealedCheck, r *Report) {
	h := &c.Header
	var t tree
	for seq := h.First; seq <= h.Last(); seq++ {
		t.Add(proof.LostLeaf(h.Stream, seq))
	}
	if t.Root() != h.Root || h.Lost != h.Count {
		r.file("manifest", "a header without a file does not fit its entries", false, rangeOf(h))
	}
	r.find(h.Stream, h.First, h.Last(), Missing)
}

// cause is the innermost text of an error, without paths of this machine.
func cause(err error) string {
	for {
		switch u := err.(type) { //nolint:errorlint // the chain itself is walked
		case interface{ Unwrap() error }:
			next := u.Unwrap()
			if next == nil {
				return err.Error()
			}
			err = next
		case interface{ Unwrap() []error }:
			list := u.Unwrap()
			if len(list) == 0 {
				return err.Error()
			}
			err = list[0]
		default:
			return err.Error()
		}
	}
}
