// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"net/netip"
	"regexp"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxRegexInput is how much of a field a regular expression looks at, in bytes.
const maxRegexInput = 8 << 10

// expr is a node of a rule's boolean tree.
type expr struct {
	op   op
	kids []*expr // and, or, not
	pred *predicate
}

type op uint8

const (
	opPred op = iota
	opAnd
	opOr
	opNot
)

func (x *expr) eval(e *event.Event) bool {
	switch x.op {
	case opAnd:
		for _, k := range x.kids {
			if !k.eval(e) {
				return false
			}
		}
		return true
	case opOr:
		for _, k := range x.kids {
			if k.eval(e) {
				return true
			}
		}
		return false
	case opNot:
		return !x.kids[0].eval(e)
	default:
		return x.pred.eval(e)
	}
}

// join makes one node of several, and the only one itself.
func join(o op, kids []*expr) *expr {
	if len(kids) == 1 {
		return kids[0]
	}
	return &expr{op: o, kids: kids}
}

// categories are the values of the field category that the tree can hold for;
// known is false when it can hold for any.
func (x *expr) categories() (list []string, known bool) {
	switch x.op {
	case opAnd:
		for _, k := range x.kids {
			c, ok := k.categories()
			switch {
			case ok && !known:
				list, known = c, true
			case ok:
				list = slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !slices.Contains(c, s) })
			}
		}
		return list, known
	case opOr:
		for _, k := range x.kids {
			c, ok := k.categories()
			if !ok {
				return nil, false
			}
			list = append(list, c...)
		}
		return list, true
	case opPred:
		p := x.pred
		if p.field.core == event.FieldCategory && p.kind == isText && p.text.parts == nil {
			// Categories are lower case by definition; another case is no
			// category that an input gives.
			return []string{p.text.exact}, true
		}
	case opNot:
	}
	return nil, false
}

// test is the kind of a predicate.
type test uint8

const (
	isText test = iota
	isRegex
	isNumber
	isBool
	isNull
	isThere
	isInside
	isCompared
	isKeyword
)

// predicate is one test of one field. A list holds when any member does.
type predicate struct {
	field  Field
	kind   test
	text   *pattern
	regex  *regexp.Regexp
	number float64
	source string // a number's own text
	truth  bool
	prefix netip.Prefix
	than   comparison
}

type comparison uint8

const (
	greater comparison = iota
	greaterEqual
	less
	lessEqual
)

func (p *predicate) eval(e *event.Event) bool {
	if p.kind == isKeyword {
		return p.keyword(e)
	}
	if p.kind == isCompared && p.field.name == "severity" {
		return p.compare(float64(e.Severity))
	}
	v, there := p.field.Value(e)
	switch {
	case p.kind == isThere:
		return there == p.truth
	case p.kind == isNull:
		return !there || v.Kind == event.KindNull
	case !there:
		return false
	case v.Kind == event.KindList:
		return slices.ContainsFunc(v.List, p.holds)
	default:
		return p.holds(v)
	}
}

// holds tests one value that is not a list.
func (p *predicate) holds(v event.Value) bool {
	if v.Kind == event.KindNull {
		return false
	}
	switch p.kind {
	case isText:
		return p.text.match(v.String())
	case isRegex:
		s := v.String()
		return p.regex.MatchString(s[:min(len(s), maxRegexInput)])
	case isNumber:
		if n, ok := v.Float64(); ok {
			return n == p.number
		}
		return v.Kind == event.KindText && v.Text == p.source
	case isBool:
		return v.Kind == event.KindTrue && p.truth || v.Kind == event.KindFalse && !p.truth ||
			v.Kind == event.KindText && p.text.match(v.Text)
	case isInside:
		a, err := netip.ParseAddr(v.String())
		return err == nil && p.prefix.Contains(a.Unmap())
	case isCompared:
		n, ok := v.Float64()
		return ok && p.compare(n)
	default:
		return false
	}
}

func (p *predicate) compare(n float64) bool {
	switch p.than {
	case greater:
		return n > p.number
	case greaterEqual:
		return n >= p.number
	case less:
		return n < p.number
	default:
		return n <= p.number
	}
}

// keyword looks for the text in the message and in every text attribute.
func (p *predicate) keyword(e *event.Event) bool {
	if p.text.match(e.Message) {
		return true
	}
	for i := range e.Attrs {
		v := &e.Attrs[i].Value
		if v.Kind == event.KindText && p.text.match(v.Text) {
			return true
		}
		if v.Kind == event.KindList && slices.ContainsFunc(v.List, func(m event.Value) bool {
			return m.Kind == event.KindText && p.text.match(m.Text)
		}) {
			return true
		}
	}
	return false
}
