// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// rangeReader reads the entries of one sealed range with what proves them. It keeps
// the leaves of the group of the last entry, so that neighbours cost little. It is
// used by one goroutine, and the file must be pinned.
type rangeReader struct {
	m      *rangeMeta
	base   int // row of the range's first entry in its file
	rows   *segment.Rows
	h      proof.Hasher
	gone   erasedSlots
	group  int // whose leaves are there, -1 for none
	leaves []hash
	e      event.Event
}

// pin finds the sealed file with an entry of an archive, nil for the journal itself,
// and keeps it open until release.
func (j *Journal) pin(home *archive, stream string, seq uint64) (f *sealedFile, release func(), ok bool) {
	v := &j.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, nil, false
	}
	list := v.sealed
	if home != nil {
		list = v.archived
	}
	for _, s := range list {
		if s.home == home && s.stream == stream && s.first <= seq && seq <= s.last && s.file != nil {
			s.readers++
			return s, func() { v.unpin([]*sealedFile{s}) }, true
		}
	}
	return nil, nil, false
}

// openRange reads a range out of its file.
func openRange(f *sealedFile, number uint64) (*rangeReader, error) {
	m, err := decodeMeta(f.file.Meta())
	if err != nil {
		return nil, err
	}
	r := &rangeReader{rows: segment.NewScan(f.file), group: -1}
	for i := range m {
		if m[i].Header.Number == number {
			r.m = &m[i]
			break
		}
		r.base += m[i].rows()
	}
	if r.m == nil {
		return nil, fmt.Errorf("%w: %s has no range %d", errReadBack, f.Name, number)
	}
	r.h.Blind.Use(&r.m.Blind)
	r.gone = erasedOf(r.m)
	return r, nil
}

// load reads entry i into r.e; lost tells that there is no row of it.
func (r *rangeReader) load(i uint32) (lost bool, err error) {
	before, lost := slices.BinarySearch(r.m.Lost, i)
	if lost {
		return true, nil
	}
	if err := r.rows.Event(r.base+int(i)-before, &r.e); err != nil {
		return false, err
	}
	if want := r.m.Header.First + uint64(i); r.e.Place.Seq != want {
		return false, fmt.Errorf("%w: seq %d lies in the place of %d", errReadBack, r.e.Place.Seq, want)
	}
	return false, nil
}

// leaf computes the leaf of entry i.
func (r *rangeReader) leaf(i uint32) (hash, error) {
	lost, err := r.load(i)
	switch {
	case err != nil:
		return hash{}, err
	case lost:
		return proof.LostLeaf(r.m.Header.Stream, r.m.Header.First+uint64(i)), nil
	}
	c0, c1 := r.gone.at(i, 0), r.gone.at(i, 1)
	if c0 == nil && c1 == nil {
		return r.h.LeafOf(i, &r.e), nil
	}
	return r.h.LeafErased(i, &r.e, c0, c1), nil
}

// path is the path of entry i to the range's root. It fails when the entries of its
// group are not what was sealed.
func (r *rangeReader) path(i uint32) ([]hash, error) {
	group := int(i) / proof.GroupEntries
	if group != r.group {
		r.group, r.leaves = -1, r.leaves[:0]
		first := uint32(group * proof.GroupEntries) //nolint:gosec // below Count
		for k := first; k < min(first+proof.GroupEntries, r.m.Header.Count); k++ {
			leaf, err := r.leaf(k)
			if err != nil {
				return nil, err
			}
			r.leaves = append(r.leaves, leaf)
		}
		r.group = group
	}
	return proof.InclusionFromSubtrees(uint64(i), uint64(r.m.Header.Count), r.leaves, r.m.Groups)
}

// entry is entry i as a bundle has it. The tombstone of an erased slot is found by
// named; where it is none of this log, 0, the slot is one that is withheld. lost tells that nothing but the path is left of it.
func (r *rangeReader) entry(i uint32, named func(seq uint64, slot int) (tombstone uint64, ok bool)) (b proof.BundleEntry, lost bool, err error) {
	b.I = i
	if b.Path, err = r.path(i); err != nil {
		return b, false, err
	}
	if lost, err = r.load(i); lost || err != nil {
		return b, lost, err
	}
	b.Public = r.e.AppendPublic(nil)
	for slot := range b.Slots {
		s := &b.Slots[slot]
		if c := r.gone.at(i, uint8(slot)); c != nil {
			tombstone, ok := named(r.e.Place.Seq, slot)
			if !ok {
				return b, false, fmt.Errorf("%w: seq %d, slot %d is erased without a tombstone", errReadBack, r.e.Place.Seq, slot)
			}
			s.State, s.Commitment, s.Tombstone = proof.SlotErased, *c, tombstone
			if tombstone == 0 {
				s.State = proof.SlotWithheld
			}
			continue
		}
		blinder, ok := r.h.Blind.At(i, uint32(slot))
		if !ok {
			return b, false, fmt.Errorf("%w: no blinder of seq %d, slot %d", errReadBack, r.e.Place.Seq, slot)
		}
		s.Blinder, s.Bytes = blinder, r.e.AppendSlot(nil, slot)
	}
	return b, false, nil
}
