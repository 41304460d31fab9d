// SPDX-License-Identifier: Apache-2.0

// Package segment keeps events in columns, in memory and in a file, so that a
// search reads only the columns and the pages that it needs.
//
//	journal ── Append ──▶ Block (hot, in memory) ── Writer.WriteFile ──▶ file ── OpenFile ──▶ File
//	                        │                                                             │
//	                        └── Block.Reader ──▶ Reader ◀── Cache (decoded pages) ────────┘
//
// A Reader is the one view of both: rows 0…Rows()-1 in the order of their
// append, cut in every column into pages of PageRows rows. Each core field has a
// column, and so has each attribute, up to 200 a block; a text column has one
// dictionary a block until it turns out to have too many different values. What
// has no column of its own (tags, compliance, geography, marks, raw, and the
// attributes beyond those 200) lies in the column ColRest. A page of a column that
// is absent in all its rows takes neither bytes nor time.
//
// Guarantees: every event comes back with the same canonical bytes, public part
// and both slots, from memory and from a file; this includes absent, blank and
// null fields. Nothing that is read from a file is believed before its checksum
// and its length are checked: damage is an error that wraps ErrCorrupt and names
// file, column and page, never a panic.
//
// Concurrency: a Block has one writer and any number of readers; readers take
// no lock, they see the rows that were there when they took their Reader. A
// File, a Cache and every Reader are safe for concurrent use. A Writer and a
// Rows belong to one goroutine.
//
// docs/segment-format.md describes every byte of the file.
package segment

import (
	"errors"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The shape of a block.
const (
	// PageRows is the number of rows in each page but the last.
	PageRows = 2048
	// MaxRows is the most rows of a block or file.
	MaxRows = 65536

	maxPages = MaxRows / PageRows
	// maxPageBytes is the most that one page or dictionary holds, uncompressed.
	maxPageBytes = 64 << 20
)

// The errors that a caller acts on.
var (
	// ErrFull is returned by Block.Append: the event was not added, the block
	// must be sealed and the event goes into the next one.
	ErrFull = errors.New("segment block is full")
	// ErrCorrupt is wrapped by every error about bytes that no Writer wrote.
	ErrCorrupt = errors.New("corrupt segment")
	// ErrVersion is wrapped when a file is of a format that is not read.
	ErrVersion = errors.New("unknown format of segment file")
	// ErrRange is wrapped when a row, page or column does not exist.
	ErrRange = errors.New("outside the segment")
)

// Reader reads a block of events, be it in memory or in a file. Its rows never
// change. What the column methods return belongs to the reader and must not be
// written to; it stays valid as long as it is referenced. All methods may be
// called concurrently.
type Reader interface {
	// Rows is the number of rows.
	Rows() int
	// Bounds covers all rows; it is zero when there are none.
	Bounds() Bounds
	// PageBounds covers the rows of one page, 0 ≤ page < Pages(r).
	PageBounds(page int) Bounds
	// Origin and Stream are the place of the rows (a row may differ, which its
	// Event then says).
	Origin() string
	Stream() string
	// Event overwrites dst with the event of a row. For many rows use Rows.
	Event(row int, dst *event.Event) error
	// Integrity returns the first bytes of the leaf hash and the MAC of a row.
	Integrity(row int) (leaf8 [8]byte, mac16 [16]byte, err error)

	// Ints returns a page of ColTime, ColReceived, ColOrd or ColSeq.
	Ints(c Column, page int) ([]int64, error)
	// Bytes returns a page of ColID (16 bytes a row), ColLeaf8 (8), ColMAC16
	// (16), ColSeverity or ColOutcome (1).
	Bytes(c Column, page int) ([]byte, error)
	// Attrs are the attributes that have a column of their own, by key; see
	// FindAttr. The values of others, and of some rows of these, lie in ColRest.
	Attrs() []Attr
	// Texts returns a page of a text column, of ColRest, or of an attribute's
	// column.
	Texts(c Column, page int) (Texts, error)
	// Part returns the rows of a part of a page of these: of a raw page of a file no
	// others are read.
	Part(c Column, page, part int) (Texts, error)
	// Raw tells, without reading it, whether a page of a text column is raw.
	Raw(c Column, page int) bool
	// Dict returns the dictionary of a text column; that of ColRest holds the
	// keys of the attributes that lie there.
	Dict(c Column) (Dict, error)
	// Filter tells what raw texts do not hold, DictFilter what dictionaries do not;
	// in memory both let everything pass.
	Filter() Filter
	DictFilter() Filter
	// Rollup returns the counts of the rows; nil when none were kept.
	Rollup() (*Rollup, error)
}

// Attr is an attribute that has a column of its own in a reader.
type Attr struct {
	Key    string
	Column Column
}

// FindAttr returns the column of a key among those of Reader.Attrs.
func FindAttr(attrs []Attr, key string) (c Column, ok bool) {
	i, ok := slices.BinarySearchFunc(attrs, key, func(a Attr, key string) int { return strings.Compare(a.Key, key) })
	if !ok {
		return 0, false
	}
	return attrs[i].Column, true
}

// Pages is the number of pages of a reader's columns.
func Pages(r Reader) int { return pagesOf(r.Rows()) }

// PageLen is the number of rows of one page.
func PageLen(r Reader, page int) int { return pageLen(r.Rows(), page) }

func pagesOf(rows int) int { return (rows + PageRows - 1) / PageRows }

func pageLen(rows, page int) int { return max(0, min(PageRows, rows-page*PageRows)) }

// Bounds are the smallest and largest values of some rows, both included.
// Times are nanoseconds since 1970 UTC, the ids' times milliseconds.
type Bounds struct {
	MinTime, MaxTime         int64
	MinReceived, MaxReceived int64
	MinMillis, MaxMillis     int64 // of the ids
	MinOrd, MaxOrd           uint64
	MinSeq, MaxSeq           uint64
}

// add widens the bounds by one row; first says that they are still empty.
func (b *Bounds) add(time, received, millis int64, ord, seq uint64, first bool) {
	if first {
		*b = Bounds{time, time, received, received, millis, millis, ord, ord, seq, seq}
		return
	}
	b.MinTime, b.MaxTime = min(b.MinTime, time), max(b.MaxTime, time)
	b.MinReceived, b.MaxReceived = min(b.MinReceived, received), max(b.MaxReceived, received)
	b.MinMillis, b.MaxMillis = min(b.MinMillis, millis), max(b.MaxMillis, millis)
	b.MinOrd, b.MaxOrd = min(b.MinOrd, ord), max(b.MaxOrd, ord)
	b.MinSeq, b.MaxSeq = min(b.MinSeq, seq), max(b.MaxSeq, seq)
}

// union widens the bounds by others; first says that they are still empty.
func (b *Bounds) union(o Bounds, first bool) {
	if first {
		*b = o
		return
	}
	b.add(o.MinTime, o.MinReceived, o.MinMillis, o.MinOrd, o.MinSeq, false)
	b.add(o.MaxTime, o.MaxReceived, o.MaxMillis, o.MaxOrd, o.MaxSeq, false)
}
