// SPDX-License-Identifier: Apache-2.0

package redact

// shaped are the kinds that are told by themselves, whatever stands around them.
const shaped = personal | 1<<Card | 1<<JWT | 1<<PrivateKey | 1<<CloudKey | 1<<ModelKey

// name does with the name of an attribute, or a text with such names, what a policy
// says; what is dropped is masked, for a name must not become empty. In a name
// underscores and points are what blanks are in a text: a number between them is one.
func (r *Redactor) name(name string, p *Policy, finds *[]find) (clean string, f found) {
	clean, f, _ = r.pass(name, "", p, []int{}, finds)
	if !isJoined(clean) {
		return clean, f
	}
	spaced := []byte(clean)
	for i, c := range spaced {
		if c == '_' || c == '.' {
			spaced[i] = ' '
		}
	}
	var inside []find
	_, more, _ := r.pass(string(spaced), "", p, []int{}, &inside)
	f.seen |= more.seen & shaped
	var out []byte
	last := 0
	for _, in := range inside {
		if in.action == Keep || !shaped.Has(in.kind) {
			continue
		}
		out = r.put(append(out, clean[last:in.from]...), string(spaced[in.from:in.to]), in.kind, in.action)
		last = in.to
		f.changed = f.changed.with(in.kind)
		if finds != nil {
			*finds = append(*finds, in)
		}
	}
	if last == 0 {
		return clean, f
	}
	return string(append(out, clean[last:]...)), f
}

// isJoined tells whether a name has something that joins words, and a word that could
// be more than one: three digits in a row, or sixteen letters with a digit. Few names
// have, and only they are looked at twice.
func isJoined(name string) bool {
	run, word, digit, odd, joined := 0, 0, false, false, false
	for i := range len(name) {
		switch c := name[i]; {
		case isDigit(c):
			run++
			digit = true
		case c == '_' || c == '.':
			joined = true
			run, word, digit = 0, 0, false
			continue
		default:
			run = 0
		}
		word++
		odd = odd || run >= 3 || word >= 16 && digit
	}
	return joined && odd
}
