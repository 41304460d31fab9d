// SPDX-License-Identifier: Apache-2.0

// Package redact takes secrets out of events before anything is recorded.
//
//	event → Redactor.Events → the same event, each secret a typed token
//
// What is masked is what is surely a secret: by its shape (keys of clouds, code
// hosts and model providers, JWTs, private keys, card numbers), by where it stands
// (passwords in URLs, Authorization and Cookie headers, key=value and JSON pairs
// with a telling name), or by the name of its attribute. The token says what it
// was, `[redacted:jwt]`; the text around it stays byte for byte. Each masked field
// gets a mark with the kind, never with a hash: most passwords can be guessed from
// one.
//
// All texts of an event go through one pass (Text): a table of 256 bytes tells
// which bytes can be part of a secret's beginning, and only there a closer look is
// taken. A new shape is one line in shapes. Masking is idempotent, and clean text
// comes back as the same string, without an allocation.
//
// A Redactor never changes after New; any number of goroutines may use it.
package redact

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Redactor masks secrets.
type Redactor struct {
	class  [256]class
	shapes [256][]anchored
	pairs  pairs // what must stand beside a byte with a class
}

// New builds a Redactor with all shapes.
func New() *Redactor {
	r := &Redactor{}
	for c := '0'; c <= '9'; c++ {
		r.class[c] |= classDigit
	}
	r.class['='] |= classPair
	r.class[':'] |= classPair
	for c := range 256 {
		if b := byte(c); endsSecret(b) || b == ' ' || b == '"' || b == '\'' {
			r.pairs.add(b, '=')
			r.pairs.add(b, ':')
		}
	}
	r.pairs.add(':', '/')
	for _, s := range shapes() {
		r.anchor(s)
	}
	return r
}

// Events masks the secrets of all events, in place.
func (r *Redactor) Events(events []*event.Event) {
	for _, e := range events {
		r.Event(e)
	}
}

// Event masks the secrets of one event, in place: core fields, attributes, their
// keys, tags, raw bytes and the details of marks.
func (r *Redactor) Event(e *event.Event) {
	for _, f := range [...]struct {
		text *string
		name string
	}{
		{&e.Message, "message"},
		{&e.UserAgent, "user_agent"},
		{&e.User, "user"},
		{&e.Session, "session"},
		{&e.OriginID, "origin_id"},
		{&e.Host, "host"},
		{&e.Service, "service"},
		{&e.Action, "action"},
		{&e.Category, "category"},
		{&e.Source, "source"},
		{&e.Raw, "raw"},
	} {
		if *f.text == "" {
			continue
		}
		if clean, found := r.Text(*f.text); found != 0 {
			*f.text = clean
			mark(e, f.name, found)
		}
	}
	for i := range e.Tags {
		if clean, found := r.Text(e.Tags[i]); found != 0 {
			e.Tags = append([]string(nil), e.Tags...)
			e.Tags[i] = clean
			mark(e, "tags", found)
		}
	}
	r.attrs(e)
	for i := range e.Marks {
		m := &e.Marks[i]
		if m.Kind == event.MarkRedacted || m.Detail == "" {
			continue
		}
		m.Detail, _ = r.Text(m.Detail)
	}
}

// attrs masks the attributes' values, by their keys and by what they hold, and
// then the keys themselves.
func (r *Redactor) attrs(e *event.Event) {
	odd := false
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if found := r.value(&a.Value, keyKind(a.Key)); found != 0 {
			mark(e, "attrs."+r.key(a.Key), found)
		}
		if len(a.Key) >= minSecret {
			_, found := r.Text(a.Key)
			odd = odd || found != 0
		}
	}
	if !odd {
		return
	}
	r.keys(e)
}

// keys masks the keys that hold a secret; two that become one are told apart by a
// number.
func (r *Redactor) keys(e *event.Event) {
	seen := make(map[string]int, len(e.Attrs))
	for i := range e.Attrs {
		a := &e.Attrs[i]
		key, found := r.Text(a.Key)
		if found == 0 {
			continue
		}
		a.Key = key
		if seen[key]++; seen[key] > 1 {
			a.Key += "#" + strconv.Itoa(seen[key])
		}
		mark(e, "attrs", found)
	}
	slices.SortStableFunc(e.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	e.Attrs = slices.CompactFunc(e.Attrs, func(a, b event.Attr) bool { return a.Key == b.Key })
}

func (r *Redactor) key(key string) string {
	key, _ = r.Text(key)
	return key
}

// value masks a value. named is what its key says it is, 0 for nothing.
func (r *Redactor) value(v *event.Value, named Kind) (found Kinds) {
	switch v.Kind {
	case event.KindText, event.KindBytes:
		if named != 0 && v.Text != "" && !isToken(v.Text) {
			v.Text, v.Kind = named.Token(), event.KindText
			return found.with(named)
		}
		var clean string
		if clean, found = r.Text(v.Text); found != 0 {
			v.Text = clean
		}
	case event.KindNumber:
		if named == Password || len(v.Text) >= minCard && isCard(v.Text) {
			if named != Password {
				named = Card
			}
			*v = event.Text(named.Token())
			return found.with(named)
		}
	case event.KindList:
		for i := range v.List {
			m := v.List[i]
			if more := r.value(&m, named); more != 0 {
				if found == 0 { // the list may belong to another event too
					v.List = append([]event.Value(nil), v.List...)
				}
				v.List[i] = m
				found |= more
			}
		}
	default:
	}
	return found
}

// mark says what was masked in a field, once for each kind. A card brings the
// event into the scope of PCI DSS.
func mark(e *event.Event, field string, found Kinds) {
	for k := Kind(1); k < kindEnd; k++ {
		if !found.Has(k) {
			continue
		}
		if k == Card {
			e.Compliance.PCI = event.FlagTrue
		}
		m := event.Mark{Kind: event.MarkRedacted, Field: field, Detail: k.String()}
		if !slices.Contains(e.Marks, m) {
			e.Marks = append(e.Marks, m)
		}
	}
}
