// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// maxDepth is how many backslashes before a quote are read: JSON three times in JSON.
const maxDepth = 7

// quoted finds a text in quotes that begins at i, which may be escaped themselves.
// Without a closing quote it ends with the text.
func quoted(s string, i int) (from, to int, ok bool) {
	depth := 0
	for i < len(s) && s[i] == '\\' && depth < maxDepth {
		depth++
		i++
	}
	if i >= len(s) || s[i] != '"' && s[i] != '\'' {
		return 0, 0, false
	}
	return i + 1, quoteEnd(s, i+1, s[i], depth), true
}

// quoteEnd finds the end of a text whose quote q stood behind depth backslashes: in
// front of the closing one stand as many, and pairs of them that are part of the text.
func quoteEnd(s string, i int, q byte, depth int) int {
	run := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			run++
			continue
		case q:
			if run < depth || (run-depth)%(2*(depth+1)) == 0 {
				return i - min(run, depth)
			}
		}
		run = 0
	}
	return len(s)
}

// groupAt matches what stands in brackets: the texts of a list, from the first to
// the last, or a bare value. An object is no value; its members have names.
func groupAt(s string, i int, kind Kind) span {
	open, j := s[i], i+1
	for gap := 0; j < len(s) && s[j] == ' ' && gap < maxGap; gap++ {
		j++
	}
	from, to, ok := quoted(s, j)
	switch {
	case !ok && (j >= len(s) || s[j] == '[' || s[j] == '{'):
		return span{}
	case !ok:
		end := bareEnd(s, j)
		if strings.HasPrefix(s[end:], "]::") { // a type in a script
			return span{}
		}
		return sized(s, j, end, kind)
	case open == '{':
		return span{}
	}
	for {
		j = to
		for j < len(s) && (s[j] == '\\' || s[j] == '"' || s[j] == '\'') {
			j++
		}
		comma := false
		for ; j < len(s) && (s[j] == ',' && !comma || s[j] == ' '); j++ {
			comma = comma || s[j] == ','
		}
		if !comma {
			return sized(s, from, to, kind)
		}
		if _, next, ok := quoted(s, j); ok {
			to = next
			continue
		}
		return sized(s, from, to, kind)
	}
}
