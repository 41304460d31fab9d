// SPDX-License-Identifier: Apache-2.0

package query

import (
	"regexp"
	"regexp/syntax"
)

// The bounds of a regular expression. Its time is linear in text times size.
const (
	// MaxRegexBytes is the most bytes of one.
	MaxRegexBytes = 1024
	// MaxRegexSize is about the most steps of one after its repetitions are written out.
	MaxRegexSize = 2000
	// MaxRegexes is the most of them in a hunt.
	MaxRegexes = 16
)

// compileRegex reads a regular expression of RE2's syntax, and refuses one that would
// be large before anything is made of it.
func compileRegex(pattern string) (*regexp.Regexp, *SyntaxError) {
	if len(pattern) > MaxRegexBytes {
		return nil, problemf(CodeLimit, "a regular expression of %d bytes, at most %d are possible", len(pattern), MaxRegexBytes)
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, problemf(CodeBadRegex, "%v", err)
	}
	if size := regexSize(tree); size > MaxRegexSize {
		return nil, problemf(CodeLimit, "a regular expression with repetitions of more than %d steps", MaxRegexSize)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, problemf(CodeBadRegex, "%v", err)
	}
	return re, nil
}

// regexSize is about how many instructions an expression becomes.
func regexSize(re *syntax.Regexp) int {
	size := 1 + len(re.Rune)/8
	if re.Op == syntax.OpLiteral {
		size = 1 + len(re.Rune)
	}
	for _, sub := range re.Sub {
		size += regexSize(sub)
		if size > MaxRegexSize {
			return size
		}
	}
	if re.Op == syntax.OpRepeat {
		size *= max(re.Min, re.Max, 1)
	}
	return size
}
