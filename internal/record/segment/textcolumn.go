// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"
	"sync/atomic"
)

// textColumn is a text column in memory. It is told of the rows that are not
// absent only. Its pages are published by pointer: what lies behind a pointer
// only grows, and a page that needs another form (wider codes, a larger buffer)
// is copied and its pointer replaced. A page without a pointer is absent in all
// its rows.
type textColumn struct {
	dict  dictionary
	pages [maxPages]atomic.Pointer[textPage]

	// writer's
	raw    bool
	last   string // the text of code
	code   uint16
	page   int // the one that is being filled
	before int // codes at its begin
	seen   int // rows of it that are not absent
	total  int // rows of all pages before that are not absent
}

type textPage struct {
	codes8  []uint8
	codes16 []uint16
	ends    *rowEnds
	data    []byte // its length is its capacity
}

// rowEnds is where the texts of a raw page end; rows from filled on are absent.
type rowEnds struct {
	at     [PageRows]uint32
	filled atomic.Int32
}

func (c *textColumn) init(seed maphash.Seed, t *tally) { c.dict.init(seed, t) }

// view returns the page as it is for a reader of that many rows.
func (c *textColumn) view(page, rows int) Texts {
	p := c.pages[page].Load()
	switch {
	case p == nil:
		return Texts{rows: rows}
	case p.ends != nil:
		n := min(rows, int(p.ends.filled.Load()))
		return Texts{rows: rows, ends: p.ends.at[:n:n], data: p.data}
	case p.codes8 != nil:
		return Texts{rows: rows, codes8: p.codes8[:rows:rows]}
	default:
		return Texts{rows: rows, codes16: p.codes16[:rows:rows]}
	}
}

// isRaw tells whether a page is raw.
func (c *textColumn) isRaw(page int) bool {
	p := c.pages[page].Load()
	return p != nil && p.ends != nil
}

// turn begins a page. It decides, from how many texts were new on the page
// before and on all, whether a dictionary still pays: a unique text costs less in
// the page, and the first pages of any column have many new ones.
func (c *textColumn) turn(page int) {
	n, seen := c.dict.n, c.seen
	fresh := n - c.before
	c.total += seen
	c.raw = c.raw || n > maxCodes-2*PageRows ||
		seen >= PageRows/8 && (fresh > seen*31/32 || c.total >= 2*PageRows && fresh > seen*3/4) ||
		c.total >= PageRows/2 && n > c.total*31/32 ||
		c.total >= 4*PageRows && n > c.total/2
	c.page, c.before, c.seen = page, n, 0
}

// addText appends to row i of a page a text, or a state without one.
func addText[T string | []byte](c *textColumn, page, i int, s T, state State) {
	if page != c.page {
		c.turn(page)
	}
	c.seen++
	if c.raw {
		appendRaw(c, page, i, s, state)
		return
	}
	code := CodeBlank
	switch state {
	case Present:
		if c.code == 0 || string(s) != c.last {
			c.code = code16(&c.dict, s)
			c.last = c.dict.view().Text(c.code)
		}
		code = c.code
	case Null:
		code = CodeNull
	case Absent, Blank:
	}
	c.addCode(page, i, code)
}

func (c *textColumn) addCode(page, i int, code uint16) {
	p := c.pages[page].Load()
	switch {
	case p == nil && code <= 0xff:
		p = &textPage{codes8: make([]uint8, PageRows)}
		c.dict.tally.memory += PageRows
		c.pages[page].Store(p)
	case p == nil:
		p = &textPage{codes16: make([]uint16, PageRows)}
		c.dict.tally.memory += 2 * PageRows
		c.pages[page].Store(p)
	case p.codes8 != nil && code > 0xff:
		wide := &textPage{codes16: make([]uint16, PageRows)}
		for k, b := range p.codes8[:i] {
			wide.codes16[k] = uint16(b)
		}
		c.dict.tally.memory += PageRows
		c.pages[page].Store(wide)
		p = wide
	}
	if p.codes8 != nil {
		p.codes8[i] = uint8(code) //nolint:gosec // the page is wide otherwise
	} else {
		p.codes16[i] = code
	}
}

// appendRaw appends to row i of a page a text of which the page keeps a copy.
// Rows that were left out before it are absent.
func appendRaw[T string | []byte](c *textColumn, page, i int, s T, state State) {
	p := c.pages[page].Load()
	if p == nil {
		p = &textPage{ends: &rowEnds{}}
		c.dict.tally.memory += 4 * PageRows
		c.pages[page].Store(p)
	}
	filled, from := int(p.ends.filled.Load()), uint32(0)
	if filled > 0 {
		from = p.ends.at[filled-1] & endMask
	}
	for ; filled < i; filled++ {
		p.ends.at[filled] = from | uint32(Absent)<<endBits
	}
	end := int(from) + len(s)
	if end > len(p.data) {
		p = c.grow(page, p, int(from), end)
	}
	copy(p.data[from:], s)
	p.ends.at[i] = uint32(end) | uint32(state)<<endBits //nolint:gosec // at most maxPageBytes
	p.ends.filled.Store(int32(i + 1))                   //nolint:gosec // at most PageRows
}

// grow replaces the page by one with a larger buffer: the first one is sized by
// the page before, and is small when there is none.
func (c *textColumn) grow(page int, p *textPage, used, need int) *textPage {
	size := max(need, 4<<10, len(p.data)+len(p.data)/2)
	if len(p.data) == 0 && page > 0 {
		if before := c.pages[page-1].Load(); before != nil && before.ends != nil {
			last := max(1, int(before.ends.filled.Load())) - 1
			filled := int(before.ends.at[last] & endMask)
			size = max(need, filled+filled/16)
		}
	}
	bigger := &textPage{ends: p.ends, data: make([]byte, size)}
	copy(bigger.data, p.data[:used])
	c.dict.tally.memory += size - len(p.data)
	c.pages[page].Store(bigger)
	return bigger
}
