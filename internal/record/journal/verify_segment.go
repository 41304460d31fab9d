// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

func rangeOf(h *Header) event.Range {
	return event.Range{Stream: h.Stream, First: h.First, Last: h.Last()}
}

// checkFile recomputes the ranges of a segment file, which lies at path. It tells whether the file is
// gone, which beside a running journal is left to the next round.
func (v *verifier) checkFile(l *listed, path string, cache *segment.Cache) (gone bool) {
	var r Report
	defer func() { v.merge(&r) }()
	if l.Name == "" {
		v.lostRange(l, &r)
		return false
	}
	name := "segments/" + filepath.ToSlash(l.Name)
	f, err := segment.OpenFile(path, cache)
	if errors.Is(err, os.ErrNotExist) && !v.stopped {
		return true
	}
	if err != nil {
		verdict := Altered
		if errors.Is(err, os.ErrNotExist) {
			verdict = Missing
		}
		v.condemn(l, name, "cannot be opened: "+cause(err), verdict, &r)
		return verdict == Missing
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		v.condemn(l, name, "its header cannot be read", Altered, &r)
		return false
	}
	c := fileCheck{v: v, f: f, meta: m, name: name, report: &r}
	c.check(l.Ranges)
	size, sum, err := fileSum(f.Path())
	switch {
	case l.Size == 0 || c.bad:
		// nothing to compare with, or named already
	case errors.Is(err, os.ErrNotExist) && !v.stopped:
		// replaced since it was opened: what was read of it is right
	case err != nil:
		v.condemn(l, name, "cannot be read: "+cause(err), Altered, &r)
	case size != l.Size || sum != l.Sum:
		r.file(name, "its bytes are not those that were sealed; every event in it is whole", true, v.rangesOf(l)...)
	}
	return false
}

// condemn names a file of which nothing can be believed, and all its entries.
func (v *verifier) condemn(l *listed, name, damage string, verdict Verdict, r *Report) {
	if v.pruning(l) {
		return // dropped meanwhile, or its removal is still to be done
	}
	r.file(name, damage, true, v.rangesOf(l)...)
	for _, at := range l.Ranges {
		if v.ranges[at].state == unchecked {
			h := &v.headers[at].Header
			r.find(h.Stream, h.First, h.Last(), verdict)
			v.ranges[at].state = judged
		}
	}
}

// pruning tells whether a tombstone names all ranges of a file. The journal's own
// entries are read while tombstones are still being found, and are never dropped.
func (v *verifier) pruning(l *listed) bool {
	for _, at := range l.Ranges {
		h := &v.headers[at].Header
		s := v.streams[h.Stream]
		if h.Stream == SystemStream || !v.tombs.covers(h.Stream, h.Number, func(first, last uint64) string { return v.sumOf(s, first, last) }) {
			return false
		}
	}
	return true
}

// rangesOf are the entries of a file.
func (v *verifier) rangesOf(l *listed) (all []event.Range) {
	for _, at := range l.Ranges {
		next := rangeOf(&v.headers[at].Header)
		if n := len(all); n > 0 && all[n-1].Last+1 == next.First {
			all[n-1].Last = next.Last
			continue
		}
		all = append(all, next)
	}
	return all
}

// lostRange checks a range of which nothing is left but its header.
func (v *verifier) lostRange(l *listed, r *Report) {
	for _, at := range l.Ranges {
		h := &v.headers[at].Header
		var t tree
		for seq := h.First; seq <= h.Last(); seq++ {
			t.Add(proof.LostLeaf(h.Stream, seq))
		}
		if t.Root() != h.Root || h.Lost != h.Count {
			r.file("manifest", "has no file for a range that has one", false, rangeOf(h))
		}
		r.find(h.Stream, h.First, h.Last(), Missing)
		v.ranges[at].state = judged
	}
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
