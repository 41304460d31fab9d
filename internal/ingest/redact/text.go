// SPDX-License-Identifier: Apache-2.0

package redact

import "slices"

// class says why a byte is looked at.
type class uint8

const (
	classDigit class = 1 << iota // a number may begin here
	classPair                    // a key and its value, or a URL, may meet here
	classShape                   // a shape has this byte as its rarest
	classFirst                   // a shape begins with this byte, its rarest
	classMail                    // an address may meet here
)

// minSecret is the length below which no text holds a secret that can be told.
const minSecret = 5

// span is a secret in a text.
type span struct {
	from, to int
	kind     Kind
}

// found says what kinds a text held: changed are those that were taken out, seen
// are all of them.
type found struct{ changed, seen Kinds }

func (f *found) add(more found) {
	f.changed |= more.changed
	f.seen |= more.seen
}

// find is one span that was found, for reports.
type find struct {
	span
	action Action
}

// Text masks what the default policy masks in a text, and tells what kinds that
// were. A clean text comes back as it is. The cost is one look at each byte and a
// bounded closer look at the few that could begin a secret.
func (r *Redactor) Text(s string) (clean string, changed Kinds) {
	clean, f := r.apply(s, "", &r.standard, nil)
	return clean, f.changed
}

// apply does with a text what a policy says. key is the name of its attribute, ""
// for none. It appends what it finds to finds unless that is nil.
func (r *Redactor) apply(s, key string, p *Policy, finds *[]find) (clean string, f found) {
	clean, f, joins := r.pass(s, key, p, nil, finds)
	if joins == nil {
		return clean, f
	}
	// What stood on both sides of what is gone may be a secret together.
	clean, more, _ := r.pass(clean, key, p, joins, nil)
	f.add(more)
	return clean, f
}

// pass goes over a text once. joins is where something was dropped from it before:
// unless it is nil, what the policy drops is masked. It returns where it has dropped
// something itself, nil when it has not.
func (r *Redactor) pass(s, key string, p *Policy, joins []int, finds *[]find) (clean string, f found, dropped []int) {
	if len(s) < minSecret {
		return s, f, nil
	}
	var out []byte
	last := 0
	for i := r.next(s, 0); i < len(s); i = r.next(s, i+1) {
		sp, next := r.look(s, i, last, r.class[s[i]], key)
		if sp.kind == 0 {
			i = next - 1
			continue
		}
		action := p.actions[sp.kind]
		if joins != nil {
			if isEmptied(joins, i, sp) {
				continue
			}
			if action == Drop {
				action = Mask
			}
		}
		if finds != nil {
			*finds = append(*finds, find{sp, action})
		}
		f.seen = f.seen.with(sp.kind)
		if action == Keep {
			i = max(i, next-1)
			continue
		}
		if out == nil {
			out = make([]byte, 0, len(s)+32)
		}
		out = r.put(append(out, s[last:sp.from]...), s[sp.from:sp.to], sp.kind, action)
		if action == Drop {
			dropped = append(dropped, len(out))
		}
		f.changed = f.changed.with(sp.kind)
		last = sp.to
		i = max(i, last-1)
	}
	if f.changed == 0 {
		return s, f, nil
	}
	return string(append(out, s[last:]...)), f, dropped
}

// isEmptied tells whether a span begins behind a place that something was dropped
// from: what follows a password that is gone is no password.
func isEmptied(joins []int, i int, sp span) bool {
	at, _ := slices.BinarySearch(joins, i+1)
	return sp.kind.secret() && at < len(joins) && joins[at] <= sp.from
}

// next finds the next byte from i on that is worth a closer look: it has a class, and
// its neighbours allow for it.
func (r *Redactor) next(s string, i int) int {
	for ; i < len(s); i++ {
		c := r.class[s[i]]
		if c == 0 {
			continue
		}
		if c == classDigit {
			if i+3 < len(s) && isDigit(s[i+1]) && (isDigit(s[i+3]) || startsGroup(s, i) || behindLetters(s, i)) {
				return i
			}
			continue
		}
		if i > 0 && has(&r.pairs, s[i-1], s[i]) ||
			c&(classFirst|classPair) != 0 && i+1 < len(s) && has(&r.pairs, s[i], s[i+1]) {
			return i
		}
	}
	return i
}

// put appends what stands for a value.
func (r *Redactor) put(out []byte, value string, k Kind, a Action) []byte {
	switch a {
	case Drop:
		return out
	case Pseudonym:
		return r.appendPseudonym(out, k, value)
	default:
		out = append(out, tokenHead...)
		out = append(out, k.String()...)
		return append(out, ']')
	}
}

// startsGroup tells whether the digits at i are a group of three with another one
// behind it, as in 123-45-6789 and 555 123 4567.
func startsGroup(s string, i int) bool {
	if i+7 >= len(s) || !isDigit(s[i+2]) || !isDigit(s[i+5]) {
		return false
	}
	switch s[i+3] {
	case '-', ' ':
		return isDigit(s[i+4])
	case ')':
		return isDigit(s[i+6])
	case '.': // an address has no group of four
		return i+11 < len(s) && s[i+7] == '.' && isDigit(s[i+11])
	default:
		return false
	}
}

// behindLetters tells whether a digit stands behind two letters, as in an IBAN.
func behindLetters(s string, i int) bool {
	return i >= 2 && isLetter(s[i-1]) && isLetter(s[i-2])
}

// pairs is a set of pairs of bytes.
type pairs [256][4]uint64

func has(p *pairs, a, b byte) bool { return p[a][b>>6]&(1<<(b&63)) != 0 }

func (p *pairs) add(a, b byte) { p[a][b>>6] |= 1 << (b & 63) }

// look takes a closer look at byte i. from is where the text begins that is not
// masked yet. next is where to go on when nothing was found, or it is kept.
func (r *Redactor) look(s string, i, from int, c class, key string) (sp span, next int) {
	if c&classDigit != 0 {
		end := i + 1
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		if i == from || !isWord(s[i-1]) {
			if end-i >= 3 {
				if sp := numberAt(s, i, end, from, key); sp.kind != 0 {
					return sp, sp.to
				}
			}
		} else if i-2 >= from && behindLetters(s, i) && (i-2 == from || !isWord(s[i-3])) {
			if to := ibanAt(s, i-2); to > 0 {
				return span{i - 2, to, IBAN}, to
			}
		}
		if c == classDigit {
			return span{}, end
		}
	}
	if c&classMail != 0 {
		if sp := emailAt(s, i, from); sp.kind != 0 {
			return sp, i + 1
		}
	}
	if c&classPair != 0 {
		if sp := pairAt(s, i, from); sp.kind != 0 {
			return sp, i + 1
		}
	}
	if c&classShape != 0 {
		var near []anchored
		if i > 0 {
			near = r.behind.at(s[i], s[i-1])
		}
		if sp := shapeAt(s, i, from, near); sp.kind != 0 {
			return sp, i + 1
		}
		if c&classFirst != 0 && i+1 < len(s) {
			if sp := shapeAt(s, i, from, r.first.at(s[i], s[i+1])); sp.kind != 0 {
				return sp, i + 1
			}
		}
	}
	return span{}, i + 1
}

// shapeAt tries the shapes whose rarest byte is at i.
func shapeAt(s string, i, from int, near []anchored) span {
	for _, a := range near {
		start := i - a.at
		if start < from || start+len(a.prefix) > len(s) || s[start:start+len(a.prefix)] != a.prefix {
			continue
		}
		if !a.inside && start > 0 && isWord(s[start-1]) && s[start-1] != '_' {
			continue
		}
		if sp := a.match(s, start); sp.kind != 0 && sp.from >= from {
			return sp
		}
	}
	return span{}
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isLetter(c byte) bool { return c|0x20-'a' <= 'z'-'a' }

func isWord(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

func isUpper(c byte) bool { return c-'A' <= 'Z'-'A' }
