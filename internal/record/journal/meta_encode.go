// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func (f fileMeta) encode() []byte {
	b := append([]byte(nil), metaMagic...)
	b = binary.BigEndian.AppendUint32(b, metaVersion)
	b = binary.BigEndian.AppendUint32(b, uint32(len(f))) //nolint:gosec // at most maxFileRanges
	for i := range f {
		b = f[i].append(b)
	}
	return b
}

func (m *rangeMeta) append(b []byte) []byte {
	b = m.Header.Append(b)
	b = append(b, m.MAC[:]...)
	blind := m.Blind.Append(nil)
	b = binary.BigEndian.AppendUint32(b, uint32(len(blind))) //nolint:gosec // a few MiB at most
	b = append(b, blind...)
	for _, i := range m.Lost {
		b = binary.BigEndian.AppendUint32(b, i)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(m.Erased))) //nolint:gosec // at most two a row
	for i := range m.Erased {
		e := &m.Erased[i]
		b = binary.BigEndian.AppendUint32(b, e.I)
		b = append(b, e.Slot)
		b = append(b, e.C[:]...)
	}
	for i := range m.Groups {
		b = append(b, m.Groups[i][:]...)
	}
	return b
}

func decodeMeta(raw []byte) (f fileMeta, err error) {
	r := cursor{B: raw}
	if string(r.Take(len(metaMagic))) != metaMagic || r.U32() != metaVersion {
		return nil, fmt.Errorf("%w: magic or version", errMeta)
	}
	n := r.U32()
	if n == 0 || n > maxFileRanges {
		return nil, fmt.Errorf("%w: %d ranges", errMeta, n)
	}
	for range n {
		m, err := readRangeMeta(&r)
		if err != nil {
			return nil, err
		}
		if k := len(f); k > 0 {
			p := &f[k-1].Header
			if p.Stream != m.Header.Stream || p.Origin != m.Header.Origin || p.Number+1 != m.Header.Number || p.Last()+1 != m.Header.First {
				return nil, fmt.Errorf("%w: ranges do not follow each other", errMeta)
			}
		}
		f = append(f, m)
	}
	if !r.Done() {
		return nil, errMeta
	}
	return f, nil
}

func readRangeMeta(r *cursor) (m rangeMeta, err error) {
	m.Header, m.MAC = proof.ReadHeader(r), r.Hash()
	blind := r.Take(int(r.U32()))
	if r.Bad {
		return m, errMeta
	}
	if m.Blind, err = proof.ParseBlinding(blind); err != nil {
		return m, fmt.Errorf("%w: %w", errMeta, err)
	}
	for i := 0; i < int(m.Header.Lost) && !r.Bad; i++ {
		n := r.U32()
		if n >= m.Header.Count || i > 0 && n <= m.Lost[i-1] {
			return m, fmt.Errorf("%w: list of lost entries", errMeta)
		}
		m.Lost = append(m.Lost, n)
	}
	for n := r.U32(); n > 0 && !r.Bad; n-- {
		e := erasedSlot{I: r.U32(), Slot: r.U8(), C: r.Hash()}
		if k := len(m.Erased); e.I >= m.Header.Count || e.Slot > 1 || k > 0 && !m.Erased[k-1].before(&e) {
			return m, fmt.Errorf("%w: list of erased slots", errMeta)
		}
		m.Erased = append(m.Erased, e)
	}
	groups := (int(m.Header.Count) + proof.GroupEntries - 1) / proof.GroupEntries
	for range groups {
		m.Groups = append(m.Groups, r.Hash())
		if r.Bad {
			return m, errMeta
		}
	}
	return m, nil
}

func (e *erasedSlot) before(o *erasedSlot) bool {
	return e.I < o.I || e.I == o.I && e.Slot < o.Slot
}
