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
		if !t.raw[k].None() {
			t.raw[k] = t.raw[k].And(segment.RawParts(v.r, c.column))
			t.parts = t.parts.Or(t.raw[k])
		}
		if c.in == nil || dicts[k].None() {
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
		err := segment.EachPart(v.r, c.column, page, t.raw[k], func(from int, texts *segment.Texts) error {
			switch {
			case lost != nil && texts.NeedsDict():
				return lost
			case !texts.Raw():
				texts.Select(codes, found)
				return nil
			default:
				return v.findRaw(texts, from, t.term, left, rows, found, c.has)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// narrowed returns, for each column in which words are looked for, the parts of which a
// filter does not say that they lack one of these; a damaged filter says nothing.
func (v *view) narrowed(f segment.Filter, words []string) []segment.Parts {
	columns, parts := make([]segment.Column, len(v.columns)), make([]segment.Parts, len(v.columns))
	for k, c := range v.columns {
		columns[k], parts[k] = c.column, segment.AllParts()
	}
	for _, w := range words {
		if err := f.Narrow(segment.WordHash(w), columns, parts); err != nil {
			v.damages.Note(v.r, err)
		}
	}
	return parts
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

// findRaw adds to found those of rows whose text has the word or expression; texts begin
// at the row from.
func (v *view) findRaw(texts *segment.Texts, from int, n needle, left int, rows, found *segment.Bits, has func(needle, []byte) bool) error {
	term, cheap := n.(*query.Term)
	if p, ok := n.(*pattern); ok {
		term = p.required
	}
	return v.candidates(texts, from, term, cheap, left, rows, func(row int, text []byte) {
		if !found.Has(row) && has(n, text) {
			found.Set(row)
		}
	})
}

// candidates yields those of rows whose text may have a term, all when it is nil; texts
// begin at the row from. When there are many it searches the whole page at once for the term's characters. Where
// what yield does is not cheap it looks whether the call is to end.
func (v *view) candidates(texts *segment.Texts, from int, term *query.Term, cheap bool, left int, rows *segment.Bits, yield func(row int, text []byte)) error {
	if left <= fewRows || term == nil {
		for i := range rows.Within(from, from+texts.Len()) {
			b, _ := texts.At(i - from)
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
		if rows.Has(from + row) {
			b, _ := texts.At(row)
			yield(from+row, b)
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
