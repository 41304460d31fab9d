// SPDX-License-Identifier: Apache-2.0

package search

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// byCode counts rows of a segment by the codes of the only field that a hunt's stages
// read: each code is a class of rows that are alike (query.Folding).
type byCode struct {
	column segment.Column
	page   int // the first one
	rows   []int64
}

// textColumn returns the column of text that a field has in a page. ok is false when
// values lie elsewhere, too, or the field is none of text; own is false when there is
// none anywhere.
func (v *view) textColumn(page int, name string) (c segment.Column, own, ok bool, err error) {
	key, attr := strings.CutPrefix(name, attrPrefix)
	if !attr {
		core := event.CoreField(name)
		if core == event.FieldNone {
			return 0, false, false, nil
		}
		return segment.TextColumn(core), true, true, nil
	}
	if over, err := segment.MayLieInRest(v.r, key); err != nil || over && v.r.Raw(segment.ColRest, page) {
		return 0, false, false, err
	}
	c, own = segment.FindAttr(v.r.Attrs(), key)
	return c, own, true, nil
}

// codes reads the codes of the rows of a page that match into sc.codes; ok is false when
// there is more to know of a row than the code of one dictionary.
func (v *view) codes(page int, f *query.Folding, sc *scratch) (column segment.Column, ok bool, err error) {
	if len(f.Fields) != 1 || f.Span != 0 {
		return 0, false, nil
	}
	column, own, ok, err := v.textColumn(page, f.Fields[0])
	if err != nil || !own || !ok || v.r.Raw(column, page) {
		return 0, false, err
	}
	texts, err := v.r.Texts(column, page)
	if err != nil {
		return 0, false, err
	}
	sc.places = sc.places[:0]
	for i := range sc.rows.All {
		sc.places = append(sc.places, uint16(i)) //nolint:gosec // below PageRows
	}
	sc.codes = texts.Codes(sc.codes[:0], sc.places)
	return column, true, nil
}

// add counts rows of a page, and returns how many bytes more it holds for that.
func (c *byCode) add(column segment.Column, page int, codes []uint16) (more int) {
	if c.rows == nil {
		c.column, c.page = column, page
	}
	for _, code := range codes {
		if int(code) >= len(c.rows) {
			grown := make([]int64, max(int(code)+1, 2*len(c.rows), 256))
			copy(grown, c.rows)
			more += 8 * (len(grown) - len(c.rows))
			c.rows = grown
		}
		c.rows[code]++
	}
	return more
}

// each calls push with an event that has nothing but the field, for each code that rows
// had, and how many. The event is valid until push returns.
func (c *byCode) each(r segment.Reader, field string, push func(e *eventOf, n int64)) error {
	var dict segment.Dict
	for code := len(c.rows) - 1; code >= int(segment.CodeFirst) && dict.Len() == 0; code-- {
		if c.rows[code] > 0 {
			var err error
			if dict, err = r.Dict(c.column); err != nil {
				return err
			}
		}
	}
	var e eventOf
	for code, n := range c.rows {
		if n == 0 {
			continue
		}
		if err := segment.OfCode(c.column, field, dict, uint16(code), &e); err != nil {
			return err
		}
		push(&e, n)
	}
	return nil
}
