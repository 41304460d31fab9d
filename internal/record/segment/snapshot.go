// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// snapshot is a Reader of the rows that a block had when it was taken.
type snapshot struct {
	b      *Block
	rows   int
	bounds Bounds
	last   Bounds // of the last page

	columns int // of attributes
	once    sync.Once
	attrs   []Attr
}

// Reader returns a consistent view of the rows that were appended so far. It
// takes no lock and copies no row.
func (b *Block) Reader() Reader {
	s := &snapshot{b: b, rows: b.Len()}
	s.columns = int(b.attrs.count.Load()) // after the rows, which may need the newest
	for page := range pagesOf(s.rows) {
		bounds := s.pageBounds(page)
		s.bounds.union(bounds, page == 0)
		s.last = bounds
	}
	return s
}

// pageBounds takes the bounds of a full page from it and works out the others.
func (s *snapshot) pageBounds(page int) (bounds Bounds) {
	p, n := s.b.fixed[page].Load(), pageLen(s.rows, page)
	if n == PageRows {
		return p.bounds
	}
	for i := range n {
		id := event.ID(p.id[16*i:])
		bounds.add(p.ints[ColTime][i], p.ints[ColReceived][i], id.Millis(),
			uint64(p.ints[ColOrd][i]), uint64(p.ints[ColSeq][i]), i == 0) //nolint:gosec // two's complement, and back
	}
	return bounds
}

func (s *snapshot) Rows() int      { return s.rows }
func (s *snapshot) Bounds() Bounds { return s.bounds }

func (s *snapshot) PageBounds(page int) Bounds {
	switch pages := pagesOf(s.rows); {
	case page < 0 || page >= pages:
		return Bounds{}
	case page == pages-1:
		return s.last
	default:
		return s.b.fixed[page].Load().bounds
	}
}

func (s *snapshot) Origin() string {
	if s.rows == 0 {
		return ""
	}
	return s.b.origin
}

func (s *snapshot) Stream() string {
	if s.rows == 0 {
		return ""
	}
	return s.b.stream
}

func (s *snapshot) Event(row int, dst *event.Event) error { return NewRows(s).Event(row, dst) }

func (s *snapshot) Integrity(row int) (leaf8 [8]byte, mac16 [16]byte, err error) {
	return NewRows(s).Integrity(row)
}

// page returns a page of the fixed columns and its number of rows.
func (s *snapshot) page(c Column, page int, ok bool) (*fixedPage, int, error) {
	if !ok || page < 0 || page >= pagesOf(s.rows) {
		return nil, 0, fmt.Errorf("page %d of column %s: %w", page, c, ErrRange)
	}
	return s.b.fixed[page].Load(), pageLen(s.rows, page), nil
}

func (s *snapshot) Ints(c Column, page int) ([]int64, error) {
	p, n, err := s.page(c, page, c.isInts())
	if err != nil {
		return nil, err
	}
	return p.ints[c][:n:n], nil
}

func (s *snapshot) Bytes(c Column, page int) ([]byte, error) {
	p, n, err := s.page(c, page, c.isBytes())
	if err != nil {
		return nil, err
	}
	switch n *= c.width(); c {
	case ColSeverity:
		return p.severity[:n:n], nil
	case ColOutcome:
		return p.outcome[:n:n], nil
	case ColLeaf8:
		return p.leaf8[:n:n], nil
	case ColMAC16:
		return p.mac16[:n:n], nil
	default:
		return p.id[:n:n], nil
	}
}

// Attrs sorts the attributes' columns at its first call.
func (s *snapshot) Attrs() []Attr {
	s.once.Do(func() {
		s.attrs = make([]Attr, s.columns)
		for i := range s.attrs {
			s.attrs[i] = Attr{Key: s.b.attrs.columns[i].Load().key, Column: numColumns + Column(i)}
		}
		slices.SortFunc(s.attrs, func(a, b Attr) int { return strings.Compare(a.Key, b.Key) })
	})
	return s.attrs
}

// column returns a text column, nil when there is no such.
func (s *snapshot) column(c Column) *textColumn {
	switch {
	case c.isAttr() && int(c-numColumns) < s.columns:
		return &s.b.attrs.columns[c-numColumns].Load().textColumn
	case c.isTexts() && !c.isAttr():
		return &s.b.texts[c-ColSource]
	default:
		return nil
	}
}

func (s *snapshot) Texts(c Column, page int) (Texts, error) {
	t := s.column(c)
	if t == nil || page < 0 || page >= pagesOf(s.rows) {
		return Texts{}, fmt.Errorf("page %d of column %s: %w", page, c, ErrRange)
	}
	return t.view(page, pageLen(s.rows, page)), nil
}

func (s *snapshot) Part(c Column, page, part int) (Texts, error) {
	t, err := s.Texts(c, page)
	return t.part(part), err
}

func (s *snapshot) Raw(c Column, page int) bool {
	t := s.column(c)
	return t != nil && page >= 0 && page < maxPages && t.isRaw(page)
}

func (s *snapshot) Dict(c Column) (Dict, error) {
	t := s.column(c)
	if t == nil {
		return Dict{}, fmt.Errorf("dictionary of column %s: %w", c, ErrRange)
	}
	return t.dict.view(), nil
}

// Filter: a block in memory has none, its texts are at hand.
func (s *snapshot) Filter() Filter { return Filter{} }

// DictFilter: a block in memory has none.
func (s *snapshot) DictFilter() Filter { return Filter{} }

// Rollup: a block in memory keeps none, its rows are at hand.
func (s *snapshot) Rollup() (*Rollup, error) { return nil, nil } //nolint:nilnil // as Reader says

var _ Reader = (*snapshot)(nil)
