// SPDX-License-Identifier: Apache-2.0

package redact

// class says why a byte is looked at.
type class uint8

const (
	classDigit class = 1 << iota // a card number may begin here
	classPair                    // a key and its value, or a URL, may meet here
	classShape                   // a shape has this byte as its rarest
	classFirst                   // a shape begins with this byte, its rarest
)

// minSecret is the length below which no text holds a secret that can be told.
const minSecret = 5

// span is a secret in a text.
type span struct {
	from, to int
	kind     Kind
}

// Text masks the secrets of a text and tells what kinds were found. A clean text
// comes back as it is. The cost is one look at each byte and a bounded closer look
// at the few that could begin a secret.
func (r *Redactor) Text(s string) (clean string, found Kinds) {
	if len(s) < minSecret {
		return s, 0
	}
	var out []byte
	last := 0
	for i := 0; i < len(s); i++ {
		c := r.class[s[i]]
		if c == 0 {
			continue
		}
		// The cheap half of a closer look: do the neighbours allow for it?
		if c == classDigit {
			if i+3 >= len(s) || !isDigit(s[i+3]) || !isDigit(s[i+1]) {
				continue
			}
		} else if (i == 0 || !has(&r.pairs, s[i-1], s[i])) &&
			(c&(classFirst|classPair) == 0 || i+1 == len(s) || !has(&r.pairs, s[i], s[i+1])) {
			continue
		}
		sp, next := r.look(s, i, last, c)
		if sp.kind == 0 {
			i = next - 1
			continue
		}
		if out == nil {
			out = make([]byte, 0, len(s)+32)
		}
		out = append(out, s[last:sp.from]...)
		out = append(out, tokenHead...)
		out = append(out, sp.kind.String()...)
		out = append(out, ']')
		found = found.with(sp.kind)
		last = sp.to
		i = max(i, last-1)
	}
	if found == 0 {
		return s, 0
	}
	return string(append(out, s[last:]...)), found
}

// pairs is a set of pairs of bytes.
type pairs [256][4]uint64

func has(p *pairs, a, b byte) bool { return p[a][b>>6]&(1<<(b&63)) != 0 }

func (p *pairs) add(a, b byte) { p[a][b>>6] |= 1 << (b & 63) }

// look takes a closer look at byte i. from is where the text begins that is not
// masked yet. Without a find, next is where to go on.
func (r *Redactor) look(s string, i, from int, c class) (sp span, next int) {
	if c&classDigit != 0 {
		end := i + 1
		for end < len(s) && isDigit(s[end]) {
			end++
		}
		if end-i >= 4 && (i == from || !isWord(s[i-1])) {
			if to := cardAt(s, i); to > 0 {
				return span{i, to, Card}, to
			}
		}
		if c == classDigit {
			return span{}, end
		}
	}
	if c&classPair != 0 {
		if sp := pairAt(s, i, from); sp.kind != 0 {
			return sp, 0
		}
	}
	if c&classShape != 0 {
		for _, a := range r.shapes[s[i]] {
			start := i - a.at
			if start < from || start+len(a.prefix) > len(s) || s[start:start+len(a.prefix)] != a.prefix {
				continue
			}
			if !a.inside && start > 0 && isWord(s[start-1]) {
				continue
			}
			if sp := a.match(s, start); sp.kind != 0 {
				return sp, 0
			}
		}
	}
	return span{}, i + 1
}

func isDigit(c byte) bool { return c-'0' <= 9 }

func isLetter(c byte) bool { return c|0x20-'a' <= 'z'-'a' }

func isWord(c byte) bool { return isDigit(c) || isLetter(c) || c == '_' }

func isUpper(c byte) bool { return c-'A' <= 'Z'-'A' }
