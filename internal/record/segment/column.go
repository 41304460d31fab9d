// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"iter"
	"math/bits"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Column names a column. The numbers are this process's own, and those of the
// attributes' columns a reader's: a file names its columns by text.
type Column uint16

// The columns: whole numbers, then bytes of fixed width, then texts.
const (
	ColTime Column = iota
	ColReceived
	ColOrd
	ColSeq

	ColSeverity
	ColOutcome
	ColID
	ColLeaf8
	ColMAC16

	ColSource
	ColCategory
	ColAction
	ColMessage
	ColUser
	ColIP
	ColSession
	ColUserAgent
	ColHost
	ColService
	ColOriginID
	ColInput
	ColSender

	// ColRest holds everything that has no column, see rest.go.
	ColRest

	// numColumns is the number of columns that every reader has. Those of its
	// attributes come behind, see Reader.Attr.
	numColumns
)

const (
	numInts  = int(ColSeq) + 1
	numBytes = int(ColMAC16-ColSeverity) + 1
	numTexts = int(ColRest-ColSource) + 1
)

// TextColumn returns the column of a core text field.
func TextColumn(f event.Field) Column { return ColSource + Column(f-event.FieldSource) }

// String returns the column's name in a file; that of an attribute's column is
// known to its reader only.
func (c Column) String() string {
	if c >= numColumns {
		return fmt.Sprintf("attrs #%d", c-numColumns)
	}
	switch c {
	case ColTime:
		return "time"
	case ColReceived:
		return "received"
	case ColOrd:
		return "ord"
	case ColSeq:
		return "seq"
	case ColSeverity:
		return "severity"
	case ColOutcome:
		return "outcome"
	case ColID:
		return "id"
	case ColLeaf8:
		return "leaf8"
	case ColMAC16:
		return "mac16"
	case ColRest:
		return "rest"
	default:
		return (event.FieldSource + event.Field(c-ColSource)).String()
	}
}

func (c Column) isInts() bool  { return c <= ColSeq }
func (c Column) isBytes() bool { return c >= ColSeverity && c <= ColMAC16 }
func (c Column) isTexts() bool { return c >= ColSource }
func (c Column) isAttr() bool  { return c >= numColumns }

// width is the number of bytes of a row of a column of bytes.
func (c Column) width() int {
	switch c {
	case ColID, ColMAC16:
		return 16
	case ColLeaf8:
		return 8
	default:
		return 1
	}
}

// Bits is a set of rows of one page.
type Bits [PageRows / 64]uint64

// Set adds row i of the page.
func (b *Bits) Set(i int) { b[i>>6] |= 1 << (i & 63) }

// Has tells whether row i of the page is in the set.
func (b *Bits) Has(i int) bool { return b[i>>6]&(1<<(i&63)) != 0 }

// Fill makes it the set of the first n rows.
func (b *Bits) Fill(n int) {
	for w := range b {
		switch k := n - w*64; {
		case k >= 64:
			b[w] = ^uint64(0)
		case k > 0:
			b[w] = 1<<k - 1
		default:
			b[w] = 0
		}
	}
}

// And keeps the rows that are in o too.
func (b *Bits) And(o *Bits) {
	for w := range b {
		b[w] &= o[w]
	}
}

// Or adds the rows of o.
func (b *Bits) Or(o *Bits) {
	for w := range b {
		b[w] |= o[w]
	}
}

// Without takes the rows of o out.
func (b *Bits) Without(o *Bits) {
	for w := range b {
		b[w] &^= o[w]
	}
}

// None tells whether the set is empty.
func (b *Bits) None() bool { return *b == Bits{} }

// Count is the number of rows in the set.
func (b *Bits) Count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// Within yields the rows from a multiple of 64 on and before end, in rising order.
func (b *Bits) Within(from, end int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for w := from >> 6; w < len(b) && w<<6 < end; w++ {
			for word := b[w]; word != 0; word &= word - 1 {
				if i := w<<6 | bits.TrailingZeros64(word); i >= end || !yield(i) {
					return
				}
			}
		}
	}
}

// All yields the rows in rising order.
func (b *Bits) All(yield func(int) bool) {
	for w, word := range b {
		for ; word != 0; word &= word - 1 {
			if !yield(w<<6 | bits.TrailingZeros64(word)) {
				return
			}
		}
	}
}
