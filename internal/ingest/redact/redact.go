// SPDX-License-Identifier: Apache-2.0

// Package redact takes secrets and personal data out of events before anything is
// recorded.
//
//	event → policy of its source → Redactor.Events → the same event, each find a typed token
//
// What is looked for is what is surely a secret or a person's: by its shape (keys of
// clouds, code hosts and model providers, JWTs, private keys), by its check digits
// (card, IBAN, CNP) or its valid ranges (SSN, phone), by where it stands (passwords
// in URLs and command lines, headers, key=value, JSON and XML with a telling name),
// or by the name of its attribute. A Policy says what is done with each kind: the
// token says what it was, `[redacted:jwt]`; the text around it stays byte for byte.
// Each changed field gets a mark with the kind, and a secret never one with a hash:
// most passwords can be guessed from it.
//
// All texts of an event go through one pass (Text): a table of 256 bytes tells
// which bytes can be part of a secret's beginning, and only there a closer look is
// taken. A new shape is one line in shapes. Masking is idempotent, and clean text
// comes back as the same string, without an allocation.
//
// A Redactor never changes after New or Open; any number of goroutines may use it.
package redact

import (
	"fmt"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Options are the policies of a Redactor.
type Options struct {
	// Default is the policy of sources that have none.
	Default Policy
	// Sources are the policies by source.
	Sources map[string]Policy
	// Key is the key of pseudonyms, KeyBytes long. It may be missing where no policy
	// has Pseudonym.
	Key []byte
}

// Needs tells whether one of the policies has an action.
func (o *Options) Needs(a Action) bool {
	for _, p := range o.Sources {
		if slices.Contains(p.actions[1:], a) {
			return true
		}
	}
	return slices.Contains(o.Default.actions[1:], a)
}

// Redactor masks secrets.
type Redactor struct {
	class  [256]class
	pairs  pairs   // what must stand beside a byte with a class
	behind anchors // shapes by their rarest byte and the one before it
	first  anchors // shapes whose rarest byte is the first, and the one behind it

	standard Policy
	sources  map[string]*Policy
	strict   Policy
	key      [KeyBytes]byte
}

// New builds a Redactor with the default policy for every source.
func New() *Redactor {
	r := &Redactor{standard: DefaultPolicy(), strict: DefaultPolicy()}
	r.prepare()
	return r
}

// Open builds a Redactor with policies. It fails when one of them needs a key and
// there is none.
func Open(o Options) (*Redactor, error) {
	r := &Redactor{standard: o.Default, sources: make(map[string]*Policy, len(o.Sources))}
	all := []*Policy{&r.standard}
	for name, p := range o.Sources {
		r.sources[name] = &p
		all = append(all, &p)
	}
	r.strict = strictest(all...)
	if copy(r.key[:], o.Key) != KeyBytes || len(o.Key) != KeyBytes {
		if o.Needs(Pseudonym) {
			return nil, fmt.Errorf("redact: the action token needs a key of %d bytes", KeyBytes)
		}
	}
	r.prepare()
	return r, nil
}

// prepare fills the tables.
func (r *Redactor) prepare() {
	for c := '0'; c <= '9'; c++ {
		r.class[c] |= classDigit
	}
	r.class['='] |= classPair
	r.class[':'] |= classPair
	r.class['>'] |= classPair
	r.class['@'] |= classMail
	for c := range 256 {
		b := byte(c)
		if endsSecret(b) {
			r.pairs.add(b, '>')
		}
		if endsSecret(b) || b == ' ' || b == '"' || b == '\'' {
			r.pairs.add(b, '=')
			r.pairs.add(b, ':')
		}
		if isWord(b) || b == '-' || b == '+' || b == '%' || b >= 0x80 && b < 0xc0 {
			r.pairs.add(b, '@')
		}
	}
	r.pairs.add(':', '/')
	r.pairs.add(']', '=') // user[password]=
	r.pairs.add('"', '>') // <Data Name="password">
	for _, s := range shapes() {
		r.anchor(s)
	}
}

// policy is that of a source.
func (r *Redactor) policy(source string) *Policy {
	if p, ok := r.sources[source]; ok {
		return p
	}
	return &r.standard
}

// Scrub masks in a text for people, such as an error, everything that any of the
// policies takes out.
func (r *Redactor) Scrub(s string) string {
	s, _ = r.name(s, &r.strict, nil)
	return s
}

// Events masks the secrets of all events, in place.
func (r *Redactor) Events(events []*event.Event) {
	for _, e := range events {
		r.Event(e)
	}
}

// Event does with an event what the policy of its source says, in place: with core
// fields, attributes, their keys, tags, raw bytes and the details of marks. What it
// finds sets the compliance flags, also where it is kept.
func (r *Redactor) Event(e *event.Event) {
	r.event(e, func(string, []find) {}, false)
}

// event is Event. With told it gives each field's finds to tell.
func (r *Redactor) event(e *event.Event, tell func(field string, finds []find), told bool) {
	w := work{r: r, e: e, p: r.policy(e.Source)}
	if told {
		w.finds, w.tell = new([]find), tell
	}
	w.fields()
	w.attrs()
	for i := range e.Marks {
		m := &e.Marks[i]
		if m.Kind != event.MarkRedacted {
			m.Detail, _ = r.name(m.Detail, w.p, nil)
		}
		if len(m.Field) >= minSecret {
			m.Field, _ = r.name(m.Field, w.p, nil)
		}
	}
	if w.seen.Has(Card) {
		e.Compliance.PCI = event.FlagTrue
	}
	if w.seen&personal != 0 {
		e.Compliance.GDPR = event.FlagTrue
	}
}
