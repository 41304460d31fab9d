// SPDX-License-Identifier: Apache-2.0

package search

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// eventOf keeps signatures short.
type eventOf = event.Event

const attrPrefix = "attrs."

// fieldNode makes a condition on one field ready: where the field has a column, what is
// asked of its cell is asked of the column's dictionary, or of its rows.
func (v *view) fieldNode(x query.Expr, field string, holds func(query.Cell) bool) (node, error) {
	switch field {
	case "time":
		return &intNode{v: v, column: segment.ColTime, cell: timeCell, holds: holds, line: halfLine(x)}, nil
	case "received":
		return &intNode{v: v, column: segment.ColReceived, cell: timeCell, holds: holds, line: halfLine(x)}, nil
	case "seq":
		return &intNode{v: v, column: segment.ColSeq, cell: countCell, holds: holds}, nil
	case "ord":
		return &intNode{v: v, column: segment.ColOrd, cell: countCell, holds: holds}, nil
	case "severity", "severity_number":
		return v.byteNode(segment.ColSeverity, holds, func(b byte) query.Cell {
			return query.CellOf(&eventOf{Severity: event.Severity(b)}, field)
		}), nil
	case "outcome":
		return v.byteNode(segment.ColOutcome, holds, func(b byte) query.Cell {
			return query.CellOf(&eventOf{Outcome: event.Outcome(b)}, field)
		}), nil
	case "id":
		return v.idNode(x, holds), nil
	}
	if core := event.CoreField(field); core != event.FieldNone {
		return v.textNode(x, segment.TextColumn(core), holds)
	}
	if key, ok := strings.CutPrefix(field, attrPrefix); ok {
		return v.attrNode(x, key, holds)
	}
	return &restNode{v: v, field: field, holds: holds}, nil
}

func timeCell(ns int64) query.Cell {
	if ns == 0 {
		return query.Cell{}
	}
	return query.Cell{Kind: query.CellTime, Int: ns}
}

func countCell(n int64) query.Cell {
	if n == 0 {
		return query.Cell{}
	}
	return query.ValueCell(event.Int(n))
}

// halfLine tells whether a comparison of times holds on one side of a time and not on
// the other.
func halfLine(x query.Expr) bool {
	c, ok := x.(*query.Compare)
	return ok && (c.Op == query.Lt || c.Op == query.Le || c.Op == query.Gt || c.Op == query.Ge)
}

// intNode asks about a column of whole numbers.
type intNode struct {
	v      *view
	column segment.Column
	cell   func(int64) query.Cell
	holds  func(query.Cell) bool
	line   bool // what holds at both ends of a page holds between them
}

func (n *intNode) cost() int { return costFixed }

// ends tells what holds of all rows of a page; known is false when it differs.
func (n *intNode) ends(page int) (all, known bool) {
	if !n.line {
		return false, false
	}
	b := n.v.r.PageBounds(page)
	low, high := b.MinTime, b.MaxTime
	if n.column == segment.ColReceived {
		low, high = b.MinReceived, b.MaxReceived
	}
	if low <= 0 { // a time of 0 is none
		return false, false
	}
	first, last := n.holds(n.cell(low)), n.holds(n.cell(high))
	return first, first == last
}

func (n *intNode) may(page int) bool {
	all, known := n.ends(page)
	return all || !known
}

func (n *intNode) find(page int, rows, found *segment.Bits) error {
	if all, known := n.ends(page); known {
		if all {
			found.Or(rows)
		}
		return nil
	}
	values, err := n.v.r.Ints(n.column, page)
	if err != nil {
		return err
	}
	for i := range rows.All {
		if n.holds(n.cell(values[i])) {
			found.Set(i)
		}
	}
	return nil
}

// byteNode asks about a column of one byte a row.
type byteNode struct {
	v        *view
	column   segment.Column
	verdicts [256]bool
}

func (v *view) byteNode(c segment.Column, holds func(query.Cell) bool, cell func(byte) query.Cell) node {
	n := &byteNode{v: v, column: c}
	any := false
	for b := range n.verdicts {
		n.verdicts[b] = holds(cell(byte(b)))
		any = any || n.verdicts[b]
	}
	if !any {
		return never{}
	}
	return n
}

func (n *byteNode) may(int) bool { return true }
func (n *byteNode) cost() int    { return costFixed }

func (n *byteNode) find(page int, rows, found *segment.Bits) error {
	values, err := n.v.r.Bytes(n.column, page)
	if err != nil {
		return err
	}
	for i := range rows.All {
		if n.verdicts[values[i]] {
			found.Set(i)
		}
	}
	return nil
}

// idNode asks about the id.
type idNode struct {
	v     *view
	holds func(query.Cell) bool
	equal []event.ID // those that match, when these are known
}

func (v *view) idNode(x query.Expr, holds func(query.Cell) bool) node {
	n := &idNode{v: v, holds: holds}
	texts, ok := query.Equals(x)
	for _, text := range texts {
		id, err := event.ParseID(text)
		if ok = ok && err == nil; ok {
			n.equal = append(n.equal, id)
		}
	}
	if !ok {
		n.equal = nil
	}
	return n
}

func (n *idNode) cost() int { return costAttr }

func (n *idNode) may(page int) bool {
	b := n.v.r.PageBounds(page)
	return n.equal == nil || slices.ContainsFunc(n.equal, func(id event.ID) bool {
		return id.Millis() >= b.MinMillis && id.Millis() <= b.MaxMillis
	})
}

func (n *idNode) find(page int, rows, found *segment.Bits) error {
	if !n.may(page) {
		return nil
	}
	ids, err := n.v.r.Bytes(segment.ColID, page)
	if err != nil {
		return err
	}
	for i := range rows.All {
		id := event.ID(ids[i*len(event.ID{}):])
		if n.equal != nil && !slices.Contains(n.equal, id) {
			continue
		}
		if n.holds(query.CellOf(&eventOf{ID: id}, "id")) {
			found.Set(i)
		}
	}
	return nil
}

// textOf is a text that holds as long as the page does.
func textOf(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	return unsafe.String(&b[0], len(b)) //nolint:gosec // a page's texts never change
}

// restNode asks about what lies in ColRest only.
type restNode struct {
	v     *view
	field string
	holds func(query.Cell) bool
}

func (n *restNode) may(int) bool { return true }
func (n *restNode) cost() int    { return costRest }

func (n *restNode) find(page int, rows, found *segment.Bits) error {
	return n.v.scan(page, rows, []string{n.field}, func(i int, e *eventOf) {
		if n.holds(query.CellOf(e, n.field)) {
			found.Set(i)
		}
	})
}

// scan calls yield with the events of rows, of which only fields are there when they
// are not nil. An event is valid until the next call.
func (v *view) scan(page int, rows *segment.Bits, fields []string, yield func(i int, e *eventOf)) error {
	if rows.None() {
		return nil
	}
	s := segment.NewScan(v.r)
	if fields != nil {
		if err := s.Pick(fields); err != nil {
			return err
		}
	}
	var e eventOf
	for i := range rows.All {
		if err := s.Event(page*segment.PageRows+i, &e); err != nil {
			return err
		}
		yield(i, &e)
		if err := v.plan.stop(); err != nil {
			return err
		}
	}
	return nil
}
