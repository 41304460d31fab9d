// SPDX-License-Identifier: Apache-2.0

package search

import (
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// fewRows is where it is cheaper to look at the rows one by one than to go
// through a page's texts.
const fewRows = 48

// matchTerms keeps the rows in which every word occurs somewhere.
func (v *view) matchTerms(page int, rows, found *segment.Bits) error {
	if len(v.terms) == 0 {
		return nil
	}
	filter := v.filter(page)
	for i := range v.terms {
		if t := &v.terms[i]; !t.some && !t.inRaw(filter) {
			*rows = segment.Bits{}
			return nil
		}
	}
	columns := append(textColumns(), segment.ColRest)
	for i := range v.terms {
		left := rows.Count()
		if left == 0 {
			return nil
		}
		*found = segment.Bits{}
		raw := v.terms[i].inRaw(filter)
		for k, c := range columns {
			var codes []bool
			var lost error
			if c != segment.ColRest {
				codes, lost = v.terms[i].codes[k], v.terms[i].lost[k]
			}
			if inPage := v.r.Raw(c, page); codes == nil && lost == nil && !inPage || inPage && !raw {
				continue
			}
			texts, err := v.r.Texts(c, page)
			if err != nil {
				return err
			}
			switch {
			case lost != nil && texts.NeedsDict():
				return lost
			case !texts.Raw():
				texts.Select(codes, found)
			case c == segment.ColRest:
				findRaw(&texts, v.terms[i].term, left, rows, found, restHas)
			default:
				findRaw(&texts, v.terms[i].term, left, rows, found, textHas)
			}
		}
		rows.And(found)
	}
	return nil
}

// inRaw tells whether the raw texts of the page with that filter may have the
// term.
func (t *termTest) inRaw(filter segment.Filter) bool {
	for _, w := range t.words {
		if !filter.Has(w) {
			return false
		}
	}
	return true
}

func textHas(t *query.Term, row []byte) bool { return t.InBytes(row) }

// restHas asks about each of the texts in a row of ColRest.
func restHas(t *query.Term, row []byte) (has bool) {
	segment.RestTexts(row, func(b []byte) bool {
		has = t.InBytes(b)
		return !has
	})
	return has
}

// findRaw adds to found those of rows whose text has the word. When there are
// many it searches the whole page at once for the word's characters, and asks
// has only about the rows that have them.
func findRaw(texts *segment.Texts, term *query.Term, left int, rows, found *segment.Bits, has func(*query.Term, []byte) bool) {
	if left <= fewRows {
		for i := range rows.All {
			if b, _ := texts.At(i); !found.Has(i) && has(term, b) {
				found.Set(i)
			}
		}
		return
	}
	scan := term.Scan(texts.Data())
	for at := scan.Next(0); at >= 0; {
		row, end := texts.RowAt(at)
		if row >= texts.Len() {
			return
		}
		if rows.Has(row) && !found.Has(row) {
			if b, _ := texts.At(row); has(term, b) {
				found.Set(row)
			}
		}
		at = scan.Next(end)
	}
}
