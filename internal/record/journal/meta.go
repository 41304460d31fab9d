// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	metaMagic   = "TCSNMETA"
	metaVersion = 2
	// maxFileRanges bounds the ranges of one segment file.
	maxFileRanges = 1 << 16
)

var errMeta = errors.New("malformed segment meta")

// fileMeta is what a segment file holds beside the events: one rangeMeta for each
// of its ranges, which follow each other in one stream.
type fileMeta []rangeMeta

// rangeMeta describes a range as it lies in a file.
type rangeMeta struct {
	Header Header
	MAC    hash // of the header
	// Blind gives the blinders: the seed, or what is kept of it after an erasure.
	Blind proof.Blinding
	// Lost are the numbers in the range of the entries that are not there.
	Lost []uint32
	// Erased are the slots that were erased, by number and slot.
	Erased []erasedSlot
	// Groups are the roots of the groups of proof.GroupEntries leaves.
	Groups []hash
}

// erasedSlot is what is left of a slot: its commitment.
type erasedSlot struct {
	I    uint32 // number in the range
	Slot uint8
	C    hash
}

// rows is how many rows of the file are the range's.
func (m *rangeMeta) rows() int { return int(m.Header.Count - m.Header.Lost) }

// rows is how many rows the file must have.
func (f fileMeta) rows() (n int) {
	for i := range f {
		n += f[i].rows()
	}
	return n
}
