// SPDX-License-Identifier: Apache-2.0

package redact

import "strings"

// shape is a secret that is known by its beginning.
type shape struct {
	prefix string
	// inside tells that it may begin in the middle of a word.
	inside bool
	// match says what span of s is the secret that begins at start; kind 0 is none.
	match func(s string, start int) span
}

// anchored is a shape and the place of its rarest byte, at which it is looked for.
type anchored struct {
	shape
	at int
}

// anchors are the shapes by the rarest byte of their prefix, and for each of those
// by the byte beside it, modulo its size.
type anchors [256]*[beside][]anchored

const beside = 32

func (a *anchors) add(c, neighbour byte, s anchored) {
	if a[c] == nil {
		a[c] = new([beside][]anchored)
	}
	a[c][neighbour%beside] = append(a[c][neighbour%beside], s)
}

// at are the shapes that the bytes allow for.
func (a *anchors) at(c, neighbour byte) []anchored {
	if a[c] == nil {
		return nil
	}
	return a[c][neighbour%beside]
}

// anchor files a shape under the rarest byte of its prefix.
func (r *Redactor) anchor(s shape) {
	at := 0
	for i := range len(s.prefix) {
		if commonness(s.prefix[i]) < commonness(s.prefix[at]) {
			at = i
		}
	}
	c := s.prefix[at]
	if at > 0 {
		r.class[c] |= classShape
		r.pairs.add(s.prefix[at-1], c)
		r.behind.add(c, s.prefix[at-1], anchored{s, at})
		return
	}
	r.class[c] |= classShape | classFirst
	r.pairs.add(c, s.prefix[1])
	r.first.add(c, s.prefix[1], anchored{s, at})
}

// commonness ranks a byte by how often it stands in logs.
func commonness(c byte) int {
	switch {
	case strings.IndexByte("jqxz", c) >= 0:
		return 1
	case c == '_', isUpper(c):
		return 2
	case c == 'k':
		return 3
	case c == '-':
		return 4
	case isDigit(c), c == ' ', c == '.':
		return 20
	default:
		return 5 + strings.IndexByte("vbgywpfmucldhrsnioate", c)/2
	}
}
