// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp/syntax"
	"unicode/utf8"
)

// leastRequired is how long a text must be to be worth looking for.
const leastRequired = 3

// Required returns a text that stands, in any case, in every text in which the regular
// expression of Matches is found: an engine needs to ask the expression only where it
// occurs (Term.Scan). ok is false for other conditions, and where there is none.
func Required(x Expr) (t *Term, ok bool) {
	m, ok := x.(*Matches)
	if !ok {
		return nil, false
	}
	tree, err := syntax.Parse(m.Pattern, syntax.Perl)
	if err != nil {
		return nil, false
	}
	text := requiredIn(tree)
	if len(text) < leastRequired {
		return nil, false
	}
	term := NewTerm(text, true, true)
	return &term, true
}

// requiredIn returns the longest run of ASCII characters that every match has.
func requiredIn(re *syntax.Regexp) (longest string) {
	switch re.Op {
	case syntax.OpLiteral:
		fold := re.Flags&syntax.FoldCase != 0
		from := 0
		runes := re.Rune
		for i := 0; i <= len(runes); i++ {
			if i < len(runes) && plainRune(runes[i], fold) {
				continue
			}
			if i-from > len(longest) {
				longest = string(runes[from:i])
			}
			from = i + 1
		}
	case syntax.OpCapture, syntax.OpPlus:
		return requiredIn(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return requiredIn(re.Sub[0])
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if text := requiredIn(sub); len(text) > len(longest) {
				longest = text
			}
		}
	default:
	}
	return longest
}

// plainRune tells whether a character has no form beyond ASCII: where an expression
// takes no notice of case, k is the sign of Kelvin too, and s the long s, which a Term
// does not find.
func plainRune(r rune, fold bool) bool {
	return r < utf8.RuneSelf && (!fold || r|0x20 != 'k' && r|0x20 != 's')
}
