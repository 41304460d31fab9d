// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
)

// Pruning is what every event that a hunt finds must have, taken from its condition:
// an engine may pass over all that has it not, without judging the rest.
type Pruning struct {
	// From and To bound the time, From ≤ time < To, in nanoseconds since 1970 UTC; a
	// To of 0 is open. Relative times are not among them before Hunt.At.
	From, To int64
	// Fields have, each, a value that is equal to one of those listed.
	Fields []*In
	// Words stand, each, in a text of the event.
	Words []*Word
}

// Prune returns what can be passed over.
func (h *Hunt) Prune() Pruning {
	p := Pruning{}
	for _, x := range conditions(h.Where) {
		switch x := x.(type) {
		case *Word:
			p.Words = append(p.Words, x)
		case *Compare:
			if p.bound(x) || x.Op != Eq {
				continue
			}
			p.Fields = append(p.Fields, &In{Field: x.Field, Values: []Literal{x.Value}})
		case *In:
			p.Fields = append(p.Fields, x)
		case *Or:
			if in := sameField(x); in != nil {
				p.Fields = append(p.Fields, in)
			}
		}
	}
	return p
}

// conditions are those that must all hold.
func conditions(x Expr) []Expr {
	if and, ok := x.(*And); ok {
		return and.Of
	}
	return []Expr{x}
}

// bound narrows the time by a comparison of it.
func (p *Pruning) bound(x *Compare) bool {
	if x.Field.Canonical() != fieldTime {
		return false
	}
	text, plain := x.Value.Text()
	at, known := parseInstant(text)
	if !plain || !known {
		return true
	}
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	switch x.Op {
	case Eq:
		from, to = at, at+1
	case Gt:
		from = at + 1
	case Ge:
		from = at
	case Lt:
		to = at
	case Le:
		to = at + 1
	default:
	}
	p.From = max(p.From, from)
	if to != math.MaxInt64 && (p.To == 0 || to < p.To) {
		p.To = max(to, 1) // 0 is open; no event has a time before 1
	}
	return true
}

// sameField returns alternatives that are all equalities of one field as one list; nil
// when they are not.
func sameField(x *Or) *In {
	out := &In{}
	for _, of := range x.Of {
		var f Field
		switch of := of.(type) {
		case *Compare:
			if of.Op != Eq {
				return nil
			}
			f = of.Field
			out.Values = append(out.Values, of.Value)
		case *In:
			f = of.Field
			out.Values = append(out.Values, of.Values...)
		default:
			return nil
		}
		if out.Field != "" && out.Field.Canonical() != f.Canonical() {
			return nil
		}
		out.Field = f
	}
	if out.Field.Canonical() == fieldTime {
		return nil
	}
	return out
}
