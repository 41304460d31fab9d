// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// line reads the body of a line by the first pattern that fits the whole of it.
func (c *custom) line(l *line, body string) bool {
	if len(body) > maxMatched {
		return false
	}
	for i := range c.patterns {
		p := &c.patterns[i]
		at := p.expr.FindStringSubmatchIndex(body)
		if at == nil {
			continue
		}
		f := filler{c: c, e: l.e, h: l.h, attr: l.attr}
		for g, field := range p.fields {
			from, to := at[2*g], at[2*g+1]
			if field == "" || from < 0 || from == to {
				continue
			}
			f.put(field, body[from:to])
		}
		f.conclude(func(name string) string {
			l.e.Attrs = l.attrs // readLine sets them for good
			v, _ := l.e.Lookup(name)
			return v.String()
		})
		return true
	}
	return false
}

// object reads a JSON object: every member is an attribute by its dotted name, and
// those that the format names fill fields.
func (c *custom) object(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	mem := h.arena()
	e := mem.event()
	r := &mem.reader
	if err := r.object1(raw, h, e, dialect{plain: true}); err != nil {
		*e = event.Event{}
		return out, err
	}
	f := filler{c: c, e: e, h: h, attr: e.SetAttr}
	for _, p := range c.paths {
		v, ok := e.Attr(p.path)
		if !ok || v.Kind == event.KindNull || v.Kind == event.KindAbsent {
			continue
		}
		if v.Kind == event.KindList && p.field == "tags" {
			for _, m := range v.List {
				e.Tags = append(e.Tags, m.String())
			}
			continue
		}
		if s := v.String(); s != "" {
			f.put(p.field, s)
		}
	}
	f.conclude(func(name string) string {
		v, _ := e.Lookup(name)
		return v.String()
	})
	r.settleSource("")
	return append(out, e), nil
}
