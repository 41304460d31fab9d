// SPDX-License-Identifier: Apache-2.0

package search

import (
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// fewRows is where it is cheaper to look at the rows one by one than to go
// through a page's texts.
const fewRows = 48

// wordColumn is a column in which words are looked for.
type wordColumn struct {
	column segment.Column
	// in and has look into a text of its dictionary and into a row of a raw page.
	in  func(needle, string) bool
	has func(needle, []byte) bool
}

// needle is what is looked for in texts: a *query.Term or a regular expression.
type needle interface {
	In(s string) bool
	InBytes(b []byte) bool
}

// wordColumns are the core texts, the attributes that have a column, and ColRest.
func wordColumns(r segment.Reader) []wordColumn {
	fields, attrs := query.TextFields(), r.Attrs()
	columns := make([]wordColumn, 0, len(fields)+len(attrs)+1)
	for _, f := range fields {
		columns = append(columns, wordColumn{segment.TextColumn(f), needle.In, needle.InBytes})
	}
	for _, a := range attrs {
		columns = append(columns, wordColumn{a.Column, attrIn, attrHas})
	}
	return append(columns, wordColumn{segment.ColRest, nil, restHas})
}

// termTest asks about a term all dictionaries in which words are looked for, and which
// raw pages may have it: but for those of which a filter says that they do not have all
// of its words.
func (v *view) termTest(term needle, words []string) (termTest, error) {
	if v.columns == nil {
		v.columns = wordColumns(v.r)
	}
	t := termTest{term: term, codes: make([][]bool, len(v.columns)), lost: make([]error, len(v.columns))}
	t.raw = v.narrowed(v.r.Filter(), words)
	dicts := v.narrowed(v.r.DictFilter(), words)
	for k, c := range v.columns {
		if t.raw[k] != 0 {
			t.raw[k] &= segment.RawPages(v.r, c.column)
			t.pages |= t.raw[k]
		}
		if c.in == nil || dicts[k] == 0 {
			continue
		}
		var err error
		t.codes[k], t.lost[k], err = v.judge(c.column, func(s string) bool { return c.in(term, s) })
		if err != nil {
			return termTest{}, err
		}
		t.some = t.some || t.codes[k] != nil || t.lost[k] != nil
	}
	return t, nil
}

// matchTerms keeps the rows in which every word occurs somewhere.
func (v *view) matchTerms(page int, rows, found *segment.Bits) error {
	if len(v.terms) == 0 {
		return nil
	}
	for i := range v.terms {
		if !v.terms[i].may(page) {
			*rows = segment.Bits{}
			return nil
		}
	}
	for i := range v.terms {
		if rows.None() {
			return nil
		}
		*found = segment.Bits{}
		if err := v.findTerm(&v.terms[i], page, rows, found); err != nil {
			return err
		}
		rows.And(found)
	}
	return nil
}

// findTerm adds to found the rows of which a text has the term, and perhaps some that
// are not in rows.
func (v *view) findTerm(t *termTest, page int, rows, found *segment.Bits) error {
	left := rows.Count()
	for k, c := range v.columns {
		codes, lost := t.codes[k], t.lost[k]
		if !t.raw[k].Has(page) && (codes == nil && lost == nil || v.r.Raw(c.column, page)) {
			continue
		}
		texts, err := v.r.Texts(c.column, page)
		if err != nil {
			return err
		}
		switch {
		case lost != nil && texts.NeedsDict():
			return lost
		case !texts.Raw():
			texts.Select(codes, found)
		default:
			if err := v.findRaw(&texts, t.term, left, rows, found, c.has); err != nil {
				return err
			}
		}
	}
	return nil
}

// narrowed returns, for each column in which words are looked for, the pages of which a
// filter does not say that they lack one of these; a damaged filter says nothing.
func (v *view) narrowed(f segment.Filter, words []string) []segment.PageSet {
	columns, pages := make([]segment.Column, len(v.columns)), make([]segment.PageSet, len(v.columns))
	for k, c := range v.columns {
		columns[k], pages[k] = c.column, segment.AllPages
	}
	for _, w := range words {
		if err := f.Narrow(segment.WordHash(w), columns, pages); err != nil {
			v.damages.Note(v.r, err)
		}
	}
	return pages
}

// attrIn asks about each of the texts of an attribute's value.
func attrIn(t needle, value string) (has bool) {
	segment.AttrTexts(value, func(s string) bool {
		has = t.In(s)
		return !has
	})
	return has
}

func attrHas(t needle, value []byte) (has bool) {
	segment.AttrTexts(value, func(b []byte) bool {
		has = t.InBytes(b)
		return !has
	})
	return has
}

// restHas asks about each of the texts in a row of ColRest.
func restHas(t needle, row []byte) (has bool) {
	segment.RestTexts(row, func(b []byte) bool {
		has = t.InBytes(b)
		return !has
	})
	return has
}

// findRaw adds to found those of rows whose text has the word or expression.
func (v *view) findRaw(texts *segment.Texts, n needle, left int, rows, found *segment.Bits, has func(needle, []byte) bool) error {
	term, cheap := n.(*query.Term)
	if p, ok := n.(*pattern); ok {
		term = p.required
	}
	return v.candidates(texts, term, cheap, left, rows, func(row int, text []byte) {
		if !found.Has(row) && has(n, text) {
			found.Set(row)
		}
	})
}

// candidates yields those of rows whose text may have a term, all when it is nil. When
// there are many it searches the whole page at once for the term's characters. Where
// what yield does is not cheap it looks whether the call is to end.
func (v *view) candidates(texts *segment.Texts, term *query.Term, cheap bool, left int, rows *segment.Bits, yield func(row int, text []byte)) error {
	if left <= fewRows || term == nil {
		for i := range rows.All {
			b, _ := texts.At(i)
			yield(i, b)
			if !cheap {
				if err := v.plan.stop(); err != nil {
					return err
				}
			}
		}
		return nil
	}
	scan := term.Scan(texts.Data())
	for at := scan.Next(0); at >= 0; {
		row, end := texts.RowAt(at)
		if row >= texts.Len() {
			return nil
		}
		if rows.Has(row) {
			b, _ := texts.At(row)
			yield(row, b)
			if !cheap {
				if err := v.plan.stop(); err != nil {
					return err
				}
			}
		}
		at = scan.Next(end)
	}
	return nil
}
