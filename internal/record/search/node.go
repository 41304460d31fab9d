// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// node is a condition of a hunt made ready for one segment. It is safe for concurrent
// use.
type node interface {
	// may tells whether a row of a page may match, as far as that is known without
	// reading it.
	may(page int) bool
	// find adds to found those of rows that match, and no others.
	find(page int, rows, found *segment.Bits) error
	// cost ranks how dear find is.
	cost() int
}

// The costs of a row, about, each against the others.
const (
	costNothing  = 0
	costFixed    = 1
	costText     = 2
	costAttr     = 4
	costWords    = 8
	costRest     = 16
	costPatterns = 32
	costEvent    = 64
)

// always and never are conditions that hold for all rows, or none.
type always struct{}

func (always) may(int) bool { return true }
func (always) cost() int    { return costNothing }
func (always) find(_ int, rows, found *segment.Bits) error {
	found.Or(rows)
	return nil
}

type never struct{}

func (never) may(int) bool                         { return false }
func (never) cost() int                            { return costNothing }
func (never) find(_ int, _, _ *segment.Bits) error { return nil }
func dearest(of []node) (n int)                    { return of[len(of)-1].cost() }
func byCost(a, b node) int                         { return cmp.Compare(a.cost(), b.cost()) }
func (n *both) may(page int) bool {
	return !slices.ContainsFunc(n.of, func(x node) bool { return !x.may(page) })
}
func (n *both) cost() int { return dearest(n.of) }
func (n *either) may(page int) bool {
	return slices.ContainsFunc(n.of, func(x node) bool { return x.may(page) })
}
func (n *either) cost() int { return dearest(n.of) }
func (n *not) may(int) bool { return true }
func (n *not) cost() int    { return n.of.cost() }

// both holds when all do; the cheapest is asked first, and each of the others about
// the rows that are left.
type both struct{ of []node }

func (n *both) find(page int, rows, found *segment.Bits) error {
	left := *rows
	for _, x := range n.of {
		var some segment.Bits
		if err := x.find(page, &left, &some); err != nil {
			return err
		}
		if left = some; left.None() {
			return nil
		}
	}
	found.Or(&left)
	return nil
}

// either holds when one does.
type either struct{ of []node }

func (n *either) find(page int, rows, found *segment.Bits) error {
	left := *rows
	for _, x := range n.of {
		if !x.may(page) {
			continue
		}
		var some segment.Bits
		if err := x.find(page, &left, &some); err != nil {
			return err
		}
		found.Or(&some)
		if left.Without(&some); left.None() {
			return nil
		}
	}
	return nil
}

// not holds where another does not.
type not struct{ of node }

func (n *not) find(page int, rows, found *segment.Bits) error {
	left := *rows
	if n.of.may(page) {
		var some segment.Bits
		if err := n.of.find(page, rows, &some); err != nil {
			return err
		}
		left.Without(&some)
	}
	found.Or(&left)
	return nil
}

// node makes a condition ready for the view's segment.
func (v *view) node(x query.Expr) (node, error) {
	switch x := x.(type) {
	case *query.All:
		return always{}, nil
	case *query.And:
		of, err := v.nodes(x.Of)
		if err != nil || slices.ContainsFunc(of, isNever) {
			return never{}, err
		}
		return joined(of, func(of []node) node { return &both{of} }), nil
	case *query.Or:
		of, err := v.nodes(x.Of)
		if of = slices.DeleteFunc(of, isNever); err != nil || len(of) == 0 {
			return never{}, err
		}
		return joined(of, func(of []node) node { return &either{of} }), nil
	case *query.Not:
		of, err := v.node(x.Of)
		if err != nil || isNever(of) {
			return always{}, err
		}
		return &not{of}, nil
	case *query.Word:
		return v.wordNode(x.Term(), x.Term().Words(), costWords)
	}
	if re, ok := query.Regex(x); ok && !re.MatchString("") {
		required, _ := query.Required(x)
		return v.wordNode(&pattern{required, re}, nil, costPatterns)
	}
	if field, holds, ok := query.Test(x); ok {
		return v.fieldNode(x, field, holds)
	}
	return &eventNode{v: v, where: x}, nil
}

func isNever(n node) bool {
	_, is := n.(never)
	return is
}

func (v *view) nodes(list []query.Expr) ([]node, error) {
	out := make([]node, len(list))
	for i, x := range list {
		var err error
		if out[i], err = v.node(x); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out, byCost)
	return out, nil
}

// joined makes one node of several; one alone stays what it is.
func joined(of []node, join func([]node) node) node {
	if len(of) == 1 {
		return of[0]
	}
	return join(of)
}

// eventNode asks the condition about whole events: what has no quicker way.
type eventNode struct {
	v     *view
	where query.Expr
}

func (n *eventNode) may(int) bool { return true }
func (n *eventNode) cost() int    { return costEvent }

func (n *eventNode) find(page int, rows, found *segment.Bits) error {
	return n.v.scan(page, rows, nil, func(i int, e *eventOf) {
		if n.where.Match(e) {
			found.Set(i)
		}
	})
}
