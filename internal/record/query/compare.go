// SPDX-License-Identifier: Apache-2.0

package query

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// compareTest makes the test of a comparison, or says why it cannot be made.
func compareTest(f Field, op Op, value Literal) (test, *SyntaxError) {
	if op != Eq && op != Ne {
		return orderTest(f, op, value)
	}
	equal, problem := equalTest(f, value)
	if problem != nil || op == Eq {
		return equal, problem
	}
	if text, plain := value.Text(); plain && isOffset(text) && f.Type() == TypeTime {
		return func(Cell) bool { return false }, nil // not known before Hunt.At, neither equal nor not
	}
	return func(c Cell) bool { return !equal(c) }, nil
}

// equalTest makes the test of equality, which for each type knows its own forms.
func equalTest(f Field, value Literal) (test, *SyntaxError) {
	text, plain := value.Text()
	if !plain {
		p := value.pattern()
		return func(c Cell) bool { return p.Match(c.String()) }, nil
	}
	switch f.Type() {
	case TypeSeverity:
		level, problem := severityLiteral(text)
		return func(c Cell) bool { return c.Kind == CellLevel && c.Int == int64(level) }, problem
	case TypeTime:
		at, known, problem := timeLiteral(f, text)
		return func(c Cell) bool { return known && c.Kind == CellTime && c.Int == at }, problem
	case TypeAddress:
		if text == "" {
			return textTest(text), nil
		}
		return addressTest(text)
	case TypeNumber:
		want, ok := parseDecimal(text)
		if !ok {
			return nil, problemf(CodeBadValue, "%s is a number; %.60q is none", f, text)
		}
		return numberTest(func(d decimal) bool { return d.compare(want) == 0 }), nil
	case TypeBool:
		if text = Fold(text); text != "true" && text != "false" {
			return nil, problemf(CodeBadValue, "%s is true or false", f).near(text, []string{"true", "false"})
		}
		return textTest(text), nil
	case TypeText:
		if f.Canonical() == fieldOutcome {
			if _, ok := event.ParseOutcome(Fold(text)); !ok {
				words := []string{"success", "failure", "unknown"}
				return nil, problemf(CodeBadValue, "%.60q is none of %s", text, strings.Join(words, ", ")).near(text, words)
			}
		}
		return textTest(text), nil
	default:
		return anyTest(text), nil
	}
}

// textTest is equality of text without regard to case.
func textTest(text string) test {
	folded := Fold(text)
	return func(c Cell) bool {
		s := c.String()
		return foldPrefix(s, folded) == len(s)
	}
}

// anyTest is equality for a value of any kind: as text; as a number when both are
// numbers; as an address in the network that the text is.
func anyTest(text string) test {
	equal := textTest(text)
	if want, ok := parseDecimal(text); ok {
		same := numberTest(func(d decimal) bool { return d.compare(want) == 0 })
		return func(c Cell) bool { return equal(c) || c.Kind == CellNumber && same(c) }
	}
	if _, err := netip.ParsePrefix(text); err == nil {
		if within, problem := addressTest(text); problem == nil {
			return func(c Cell) bool { return equal(c) || c.Kind == CellText && within(c) }
		}
	}
	return equal
}

func addressTest(text string) (test, *SyntaxError) {
	wanted, err := addresses([]string{text})
	if err != nil {
		return nil, problemf(CodeBadValue, "%.60q is neither an address nor a network such as 192.0.2.0/24", text)
	}
	return func(c Cell) bool { return matchIP(wanted, c.String()) }, nil
}

func numberTest(good func(decimal) bool) test {
	return func(c Cell) bool {
		d, ok := c.decimal()
		return ok && good(d)
	}
}

func severityLiteral(text string) (event.Severity, *SyntaxError) {
	level, ok := event.ParseSeverity(text)
	if !ok {
		words := severityWords()
		return 0, problemf(CodeBadValue, "%.60q is none of %s", text, strings.Join(words, ", ")).near(text, words)
	}
	return level, nil
}

func severityWords() (words []string) {
	for l := event.Info; l <= event.Critical; l++ {
		words = append(words, l.String())
	}
	return words
}

// orderTest makes the test of <, <=, > or >=.
func orderTest(f Field, op Op, value Literal) (test, *SyntaxError) {
	text, plain := value.Text()
	if !plain {
		return nil, problemf(CodeBadValue, "a wildcard has no order; %s wants a value", op)
	}
	kind := f.Type()
	switch kind {
	case TypeSeverity:
		level, problem := severityLiteral(text)
		return func(c Cell) bool { return c.Kind == CellLevel && op.fits(cmp.Compare(c.Int, int64(level))) }, problem
	case TypeTime:
		at, known, problem := timeLiteral(f, text)
		return func(c Cell) bool { return known && c.Kind == CellTime && op.fits(cmp.Compare(c.Int, at)) }, problem
	case TypeNumber, TypeAny:
		if want, ok := parseDecimal(text); ok {
			return numberTest(func(d decimal) bool { return op.fits(d.compare(want)) }), nil
		}
		if at, ok := parseInstant(text); ok && kind == TypeAny {
			return func(c Cell) bool {
				is, ok := cellInstant(c)
				return ok && op.fits(cmp.Compare(is, at))
			}, nil
		}
		return nil, problemf(CodeBadValue, "%s wants a number, and %.60q is none", op, text)
	default:
		return nil, problemf(CodeBadType, "%s is %s, which has no order that %s could ask for", f, kind, op)
	}
}

// fits tells whether the comparison holds where the left side compares so with the
// right one.
func (op Op) fits(order int) bool {
	switch op {
	case Eq:
		return order == 0
	case Ne:
		return order != 0
	case Lt:
		return order < 0
	case Le:
		return order <= 0
	case Gt:
		return order > 0
	default:
		return order >= 0
	}
}
