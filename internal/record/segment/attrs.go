// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"strings"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// maxAttrs is the most attributes of a block that have a column of their own.
	maxAttrs = 200
	// freeAttrs is how many have one from their first value on. The others are
	// kept for keys that come again and again: a flood of random keys takes the
	// free ones and no more, and what is frequent gets a column nevertheless.
	freeAttrs = 136
	// attrRows is how much more often than the others in a counter of its a key
	// must come; all keys without a column share keyCounters.
	attrRows    = 32
	keyCounters = 4096
)

// attrTable holds the columns of attributes. A column is published before the
// row that it is made for, and never moves; count is published after it.
type attrTable struct {
	columns [maxAttrs]atomic.Pointer[attrColumn]
	count   atomic.Int32

	// writer's
	seed  maphash.Seed
	tally *tally
	byKey map[string]int
	seen  []keyCounter // by hash of a key without a column; nil before there is one
	guess []int        // by place in the last event: the column there

	// of the event that is being added
	values []attrRow
	texts  []byte       // of values, one after the other
	over   []event.Attr // what has no column
}

// attrColumn is one attribute's column.
type attrColumn struct {
	key string
	textColumn
}

// keyCounter counts the key that comes most often among those that share it (R.
// S. Boyer and J S. Moore, MJRTY, 1981).
type keyCounter struct {
	key uint32 // a part of its hash
	n   uint32
}

// attrRow is a value that is being added.
type attrRow struct {
	column int
	end    int // of its text in attrTable.texts
	state  State
}

func (t *attrTable) init(seed maphash.Seed, y *tally) {
	t.seed, t.tally, t.byKey = seed, y, map[string]int{}
}

// plan splits an event's attributes: what has a column goes to values and texts,
// the others to over, until clear. No row is written yet.
func (t *attrTable) plan(attrs []event.Attr) error {
	t.values, t.texts, t.over = t.values[:0], t.texts[:0], t.over[:0]
	if !rising(attrs) {
		t.over = append(t.over, attrs...)
		return nil
	}
	for len(t.guess) < len(attrs) && len(t.guess) < 2*maxAttrs {
		t.guess = append(t.guess, -1)
	}
	for i := range attrs {
		a := &attrs[i]
		c := t.column(a.Key, i)
		if c < 0 {
			t.over = append(t.over, *a)
			continue
		}
		state := attrState(&a.Value)
		if state == Present {
			var err error
			if t.texts, err = appendAttr(t.texts, &a.Value); err != nil {
				return fmt.Errorf("attrs.%.60s: %w", a.Key, err)
			}
		}
		t.values = append(t.values, attrRow{column: c, end: len(t.texts), state: state})
	}
	return nil
}

// rising tells whether the keys rise, as they do unless somebody breaks the rule.
func rising(attrs []event.Attr) bool {
	for i := 1; i < len(attrs); i++ {
		if attrs[i-1].Key >= attrs[i].Key {
			return false
		}
	}
	return true
}

// column returns the number of a key's column, which it makes when the key is
// new; -1 when it has none. Events mostly have the keys of the one before at the
// same places.
func (t *attrTable) column(key string, place int) int {
	guessing := place < len(t.guess)
	if guessing {
		if g := t.guess[place]; g >= 0 && t.columns[g].Load().key == key {
			return g
		}
	}
	c, known := t.byKey[key]
	if !known {
		if c = t.add(key); c < 0 {
			return -1
		}
	}
	if guessing {
		t.guess[place] = c
	}
	return c
}

// add makes a column if there is room for that key, else it counts the key.
func (t *attrTable) add(key string) int {
	n := int(t.count.Load())
	if key == "" || len(key) > maxKeyBytes || n == maxAttrs || n >= freeAttrs && !t.frequent(key) {
		return -1
	}
	c := &attrColumn{key: strings.Clone(key)}
	c.init(t.seed, t.tally)
	t.tally.memory += attrColumnSize + len(key)
	t.byKey[c.key] = n
	t.columns[n].Store(c)
	t.count.Store(int32(n + 1)) //nolint:gosec // at most maxAttrs
	return n
}

// frequent counts one more row with a key that has no column.
func (t *attrTable) frequent(key string) bool {
	if t.seen == nil {
		t.seen = make([]keyCounter, keyCounters)
		t.tally.memory += 8 * keyCounters
	}
	h := maphash.String(t.seed, key)
	often := false
	for range 2 { // keys that share one counter hardly share the other
		c, part := &t.seen[h%keyCounters], uint32(h>>32)
		switch {
		case c.key == part:
			c.n++
			often = often || c.n >= attrRows
		case c.n == 0:
			*c = keyCounter{part, 1}
		default:
			c.n--
		}
		h = bits.RotateLeft64(h, 16)
	}
	return often
}

// write adds the planned values to row i of a page.
func (t *attrTable) write(page, i int) {
	from := 0
	for k := range t.values {
		v := &t.values[k]
		addText(&t.columns[v.column].Load().textColumn, page, i, t.texts[from:v.end], v.state)
		from = v.end
	}
}

// clear forgets the event, whose memory is not kept.
func (t *attrTable) clear() {
	clear(t.over)
	if cap(t.texts) > 1<<20 {
		t.texts = nil
	}
	if cap(t.over) > 4*maxAttrs {
		t.over = nil
	}
}

// attrColumnSize is the size of a column, its place in the table included.
const attrColumnSize = 8*maxPages + 320
