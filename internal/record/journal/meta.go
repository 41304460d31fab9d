// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	metaMagic   = "TCSNMETA"
	metaVersion = 1
)

var errMeta = errors.New("malformed segment meta")

// meta is what a segment file holds beside the events of its range.
type meta struct {
	Header Header
	MAC    hash // of the header
	Seed   hash // of the blinders
	// Lost are the numbers in the range of the entries that are not there.
	Lost []uint32
}

func (m *meta) encode() []byte {
	b := append([]byte(nil), metaMagic...)
	b = binary.BigEndian.AppendUint32(b, metaVersion)
	b = m.Header.Append(b)
	b = append(b, m.MAC[:]...)
	b = append(b, m.Seed[:]...)
	for _, i := range m.Lost {
		b = binary.BigEndian.AppendUint32(b, i)
	}
	return b
}

func decodeMeta(raw []byte) (m meta, err error) {
	r := cursor{B: raw}
	if string(r.Take(len(metaMagic))) != metaMagic || r.U32() != metaVersion {
		return m, fmt.Errorf("%w: magic or version", errMeta)
	}
	m.Header = proof.ReadHeader(&r)
	m.MAC, m.Seed = r.Hash(), r.Hash()
	if r.Bad || len(r.B) != 4*int(m.Header.Lost) {
		return m, errMeta
	}
	for i := range m.Header.Lost {
		n := r.U32()
		if n >= m.Header.Count || i > 0 && n <= m.Lost[i-1] {
			return m, fmt.Errorf("%w: list of lost entries", errMeta)
		}
		m.Lost = append(m.Lost, n)
	}
	return m, nil
}
