// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"hash/maphash"
	"sync/atomic"
)

// textColumn is a text column in memory. Its pages are published by pointer:
// what lies behind a pointer only grows, and a page that needs another form
// (wider codes, a larger buffer) is copied and its pointer replaced. A page
// without a pointer is absent in all its rows.
type textColumn struct {
	dict  dictionary
	pages [maxPages]atomic.Pointer[textPage]

	// writer's
	raw    bool
	last   string // the text of code
	code   uint16
	before int // codes at the begin of the page
	size   int // of the pages
}

type textPage struct {
	codes8  []uint8
	codes16 []uint16
	ends    []uint32
	data    []byte // its length is its capacity
}

// view returns the page as it is for a reader of that many rows.
func (c *textColumn) view(page, rows int) Texts {
	p := c.pages[page].Load()
	switch {
	case p == nil:
		return Texts{rows: rows}
	case p.ends != nil:
		return Texts{rows: rows, ends: p.ends[:rows], data: p.data}
	case p.codes8 != nil:
		return Texts{rows: rows, codes8: p.codes8[:rows]}
	default:
		return Texts{rows: rows, codes16: p.codes16[:rows]}
	}
}

// turn decides at the begin of a page, from how many texts were new on the one
// before, whether a dictionary still pays: a unique text costs less in the page,
// and the first pages of any column have many new ones.
func (c *textColumn) turn(page int) {
	n := c.dict.n
	fresh := n - c.before
	c.before = n
	c.raw = fresh > PageRows*31/32 || page >= 2 && fresh > PageRows*3/4 ||
		page >= 4 && n > page*PageRows/2 || n > maxCodes-2*PageRows
}

// add appends a text to row i of a page.
func (c *textColumn) add(page, i int, s string, state State, seed maphash.Seed) {
	if i == 0 && page > 0 && !c.raw {
		c.turn(page)
	}
	if c.raw {
		appendRaw(c, page, i, s, state)
		return
	}
	code := CodeAbsent
	switch state {
	case Present:
		if s != c.last || c.code == 0 {
			c.code = c.dict.code(s, seed)
			c.last = c.dict.view().Text(c.code)
		}
		code = c.code
	case Blank:
		code = CodeBlank
	case Null:
		code = CodeNull
	case Absent:
	}
	c.addCode(page, i, code)
}

func (c *textColumn) addCode(page, i int, code uint16) {
	p := c.pages[page].Load()
	switch {
	case p == nil && code == CodeAbsent:
		return
	case p == nil && code <= 0xff:
		p = &textPage{codes8: make([]uint8, PageRows)}
		c.size += PageRows
		c.pages[page].Store(p)
	case p == nil:
		p = &textPage{codes16: make([]uint16, PageRows)}
		c.size += 2 * PageRows
		c.pages[page].Store(p)
	case p.codes8 != nil && code > 0xff:
		wide := &textPage{codes16: make([]uint16, PageRows)}
		for k, b := range p.codes8[:i] {
			wide.codes16[k] = uint16(b)
		}
		c.size += PageRows
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
func appendRaw[T string | []byte](c *textColumn, page, i int, s T, state State) {
	p := c.pages[page].Load()
	if p == nil && state == Absent {
		return
	}
	from := 0
	if i > 0 && p != nil {
		from = int(p.ends[i-1] & endMask)
	}
	if p == nil {
		p = &textPage{ends: make([]uint32, PageRows)}
		for k := range i { // rows before were absent
			p.ends[k] = uint32(Absent) << endBits
		}
		c.size += 4 * PageRows
		c.pages[page].Store(p)
	}
	end := from + len(s)
	if end > len(p.data) {
		p = c.grow(page, p, from, end)
	}
	copy(p.data[from:], s)
	p.ends[i] = uint32(end) | uint32(state)<<endBits //nolint:gosec // at most maxPageBytes
}

// grow replaces the page by one with a larger buffer: the first one is sized by
// the page before, and is small when there is none.
func (c *textColumn) grow(page int, p *textPage, used, need int) *textPage {
	size := max(need, 4<<10, len(p.data)+len(p.data)/2)
	if len(p.data) == 0 && page > 0 {
		if before := c.pages[page-1].Load(); before != nil && before.ends != nil {
			filled := int(before.ends[PageRows-1] & endMask)
			size = max(need, filled+filled/16)
		}
	}
	bigger := &textPage{ends: p.ends, data: make([]byte, size)}
	copy(bigger.data, p.data[:used])
	c.size += size - len(p.data)
	c.pages[page].Store(bigger)
	return bigger
}

func (c *textColumn) memory() int { return c.size + c.dict.memory() }
