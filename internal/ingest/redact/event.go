// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// work is the redaction of one event.
type work struct {
	r    *Redactor
	e    *event.Event
	p    *Policy
	seen Kinds
	// finds is nil where nobody wants to be told of them.
	finds *[]find
	tell  func(field string, finds []find)
}

// text does with one text of a field what the policy says.
func (w *work) text(s, key string) (clean string, changed Kinds) {
	clean, f := w.r.apply(s, key, w.p, w.finds)
	w.seen |= f.seen
	return clean, f.changed
}

// name is text for what must not become empty.
func (w *work) name(s string) (clean string, changed Kinds) {
	clean, f, _ := w.r.pass(s, "", w.p, []int{}, w.finds)
	w.seen |= f.seen
	return clean, f.changed
}

// done marks a field, and tells of it.
func (w *work) done(field string, changed Kinds) {
	if changed != 0 {
		mark(w.e, field, changed)
	}
	if w.finds != nil && len(*w.finds) > 0 {
		w.tell(field, *w.finds)
		*w.finds = (*w.finds)[:0]
	}
}

// fields goes through the core fields and the tags.
func (w *work) fields() {
	e := w.e
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
		{&e.Geo.Country, "geo.country"},
		{&e.Raw, "raw"},
	} {
		if len(*f.text) < minSecret {
			continue
		}
		change := w.text
		if f.name == "source" || f.name == "category" {
			change = func(s, _ string) (string, Kinds) { return w.name(s) }
		}
		clean, changed := change(*f.text, "")
		if changed != 0 {
			*f.text = clean
		}
		w.done(f.name, changed)
	}
	for i := range e.Tags {
		clean, changed := w.text(e.Tags[i], "")
		if changed != 0 {
			e.Tags = append([]string(nil), e.Tags...)
			e.Tags[i] = clean
		}
		w.done("tags", changed)
	}
}

// attrs masks the attributes' values, by their keys and by what they hold, and
// then the keys themselves.
func (w *work) attrs() {
	odd := false
	for i := range w.e.Attrs {
		a := &w.e.Attrs[i]
		if changed := w.value(&a.Value, a.Key, attrKind(a.Key)); changed != 0 || w.finds != nil && len(*w.finds) > 0 {
			key, _ := w.r.name(a.Key, &w.r.strict, nil)
			w.done("attrs."+key, changed)
		}
		if len(a.Key) >= minSecret {
			_, f := w.r.name(a.Key, w.p, nil)
			odd = odd || f.changed != 0
			w.seen |= f.seen
		}
	}
	if odd {
		w.keys()
	}
}

// keys masks the keys that hold a secret; two that become one are told apart by a
// number.
func (w *work) keys() {
	e, seen := w.e, make(map[string]int, len(w.e.Attrs))
	for i := range e.Attrs {
		a := &e.Attrs[i]
		key, f := w.r.name(a.Key, w.p, w.finds)
		if f.changed == 0 {
			continue
		}
		a.Key = key
		if seen[key]++; seen[key] > 1 {
			a.Key += "#" + strconv.Itoa(seen[key])
		}
		w.done("attrs", f.changed)
	}
	slices.SortStableFunc(e.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	e.Attrs = slices.CompactFunc(e.Attrs, func(a, b event.Attr) bool { return a.Key == b.Key })
}

// value masks a value. named is what its key says it is, 0 for nothing.
func (w *work) value(v *event.Value, key string, named Kind) (changed Kinds) {
	switch v.Kind {
	case event.KindText, event.KindBytes:
		if named != 0 && v.Text != "" && !isToken(v.Text) {
			return w.replace(v, named)
		}
		var clean string
		if clean, changed = w.text(v.Text, key); changed != 0 {
			v.Text = clean
		}
	case event.KindNumber:
		if named == Password {
			return w.replace(v, named)
		}
		if len(v.Text) < minPhone {
			return 0
		}
		var clean string
		if clean, changed = w.text(v.Text, key); changed != 0 {
			*v = event.Text(clean)
		}
	case event.KindList:
		for i := range v.List {
			m := v.List[i]
			if more := w.value(&m, key, named); more != 0 {
				if changed == 0 { // the list may belong to another event too
					v.List = append([]event.Value(nil), v.List...)
				}
				v.List[i] = m
				changed |= more
			}
		}
		changed |= w.joined(v, key, changed != 0)
	default:
	}
	return changed
}

// replace puts what stands for a secret in the place of a whole value.
func (w *work) replace(v *event.Value, k Kind) Kinds {
	action := w.p.actions[k]
	if w.finds != nil {
		*w.finds = append(*w.finds, find{span{0, len(v.Text), k}, action})
	}
	w.seen = w.seen.with(k)
	*v = event.Text(string(w.r.put(nil, v.Text, k, action)))
	return Kinds(0).with(k)
}

// mark says what was taken out of a field, once for each kind.
func mark(e *event.Event, field string, changed Kinds) {
	for k := Kind(1); k < kindEnd; k++ {
		if !changed.Has(k) {
			continue
		}
		m := event.Mark{Kind: event.MarkRedacted, Field: field, Detail: k.String()}
		if !slices.Contains(e.Marks, m) {
			e.Marks = append(e.Marks, m)
		}
	}
}
