// SPDX-License-Identifier: Apache-2.0

package search

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// textNode asks about a core text field: once for each code of its dictionary, and of
// raw pages for each row.
type textNode struct {
	v      *view
	column segment.Column
	holds  func(query.Cell) bool
	codes  []bool
	some   bool          // one of codes is true
	lost   error         // why the dictionary cannot be read
	raw    segment.Parts // of raw pages that may hold what is wanted
	// required stands in every text that matches; nil when nothing is known to.
	required *query.Term
}

func (v *view) textNode(x query.Expr, c segment.Column, holds func(query.Cell) bool) (node, error) {
	n := &textNode{v: v, column: c, holds: holds}
	n.required, _ = query.Required(x)
	var values [][]uint64
	if texts, ok := query.Equals(x); ok {
		values = [][]uint64{}
		for _, text := range texts {
			values = append(values, segment.ValueHashes(c.String(), text))
		}
	}
	n.raw = v.rawParts(c, values)
	var dict segment.Dict
	if !v.allowed(v.r.DictFilter(), c, values).None() {
		var err error
		dict, err = v.r.Dict(c)
		if segment.IsDamage(err) {
			n.lost = err
		} else if err != nil {
			return nil, err
		}
	}
	n.codes = make([]bool, max(dict.Len(), int(segment.CodeFirst)))
	for code := range n.codes {
		n.codes[code] = holds(cellAt(dict.Text(uint16(code)), segment.StateOf(uint16(code))))
		n.some = n.some || n.codes[code]
	}
	for page := range segment.Pages(v.r) {
		if n.may(page) {
			return n, nil
		}
	}
	return never{}, nil
}

// cellAt is the cell of a core text field.
func cellAt(text string, state segment.State) query.Cell {
	switch state {
	case segment.Present, segment.Blank:
		return query.Cell{Kind: query.CellText, Text: text}
	case segment.Null:
		return query.Cell{Kind: query.CellNull}
	default:
		return query.Cell{}
	}
}

func (n *textNode) cost() int { return costText }

func (n *textNode) may(page int) bool {
	if n.v.r.Raw(n.column, page) {
		return n.raw.Has(page)
	}
	return n.some || n.lost != nil
}

func (n *textNode) find(page int, rows, found *segment.Bits) error {
	if !n.may(page) {
		return nil
	}
	return segment.EachPart(n.v.r, n.column, page, n.raw, func(from int, texts *segment.Texts) error { return n.findIn(texts, from, rows, found) })
}

// findIn looks into texts that begin at a row.
func (n *textNode) findIn(texts *segment.Texts, from int, rows, found *segment.Bits) error {
	if !texts.Raw() {
		if n.lost != nil && texts.NeedsDict() {
			return n.lost
		}
		var some segment.Bits
		texts.Select(n.codes, &some)
		some.And(rows)
		found.Or(&some)
		return nil
	}
	if n.required != nil {
		return n.v.candidates(texts, from, n.required, false, rows.Count(), rows, func(row int, text []byte) {
			if _, state := texts.At(row - from); n.holds(cellAt(textOf(text), state)) {
				found.Set(row)
			}
		})
	}
	for i := range rows.Within(from, from+texts.Len()) {
		if b, state := texts.At(i - from); n.holds(cellAt(textOf(b), state)) {
			found.Set(i)
		}
		if i&63 == 63 {
			if err := n.v.plan.stop(); err != nil {
				return err
			}
		}
	}
	return nil
}

// attrNode asks about an attribute.
type attrNode struct {
	v      *view
	finder *segment.AttrFinder
}

// attrNode makes a condition on an attribute ready. A finder knows only rows that have
// it, so what holds without it (an index, perhaps) is asked the other way round.
func (v *view) attrNode(x query.Expr, key string, holds func(query.Cell) bool) (node, error) {
	texts, known := query.Equals(x)
	if !known {
		texts = nil
	}
	switch x := x.(type) {
	case *query.Exists:
		return v.finding(key, func(event.Kind, []byte) bool { return true }, nil)
	case *query.Index:
		there, err := v.finding(key, func(kind event.Kind, _ []byte) bool { return kind != event.KindNull }, nil)
		if err != nil {
			return nil, err
		}
		is := &query.Index{Name: x.Name} // of a value, not of a list's absence of one
		_, equal, _ := query.Test(is)
		named, err := v.finding(key, members(equal), nil)
		if err != nil {
			return nil, err
		}
		if x.Not {
			named = &not{named}
		}
		return &either{[]node{&not{there}, named}}, nil
	default:
		return v.finding(key, members(holds), texts)
	}
}

// members asks about values that are no lists; those in a list come one by one.
func members(holds func(query.Cell) bool) segment.AttrMatch {
	return func(kind event.Kind, text []byte) bool {
		switch kind {
		case event.KindList, event.KindNull:
			return false
		default:
			return holds(query.ValueCell(event.Value{Kind: kind, Text: textOf(text)}))
		}
	}
}

func (v *view) finding(key string, match segment.AttrMatch, equal []string) (node, error) {
	f, err := segment.NewAttrFinder(v.r, key, match, equal, func(err error) { v.damages.Note(v.r, err) })
	if err != nil {
		return nil, err
	}
	for page := range segment.Pages(v.r) {
		if f.May(page) {
			return &attrNode{v: v, finder: f}, nil
		}
	}
	return never{}, nil
}

func (n *attrNode) cost() int         { return costAttr }
func (n *attrNode) may(page int) bool { return n.finder.May(page) }

func (n *attrNode) find(page int, rows, found *segment.Bits) error {
	return n.finder.Find(page, rows, found)
}
