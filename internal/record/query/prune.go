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
	// Rest is what of the condition is not said by From and To alone, for events that
	// have a time; nil for nothing.
	Rest Expr
}

// Prune returns what can be passed over.
func (h *Hunt) Prune() Pruning {
	p := Pruning{}
	var rest []Expr
	for _, x := range conditions(h.Where) {
		if !p.says(x) {
			rest = append(rest, x)
		}
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
	if len(rest) > 0 {
		p.Rest = allOf(rest)
	}
	return p
}

// says tells whether a condition holds wherever the bounds of time do, which bound
// makes of it.
func (p *Pruning) says(x Expr) bool {
	switch x := x.(type) {
	case *All:
		return true
	case *Compare:
		text, plain := x.Value.Text()
		at, known := parseInstant(text)
		return x.Field.Canonical() == fieldTime && plain && known && at > 0 && x.Op != Ne
	default:
		return false
	}
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
