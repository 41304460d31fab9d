// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxBundle bounds the records of one object, so many events a record may become;
// maxOuter and maxOuterBytes what each of them is told of the object beside.
const (
	maxBundle     = 2048
	maxOuter      = 16
	maxOuterBytes = 4 << 10
)

// isBundle tells the names under which products put a list of records into one object:
// CloudTrail's files, Azure's exports, lists of Kubernetes and of Google, Microsoft Graph.
func isBundle(member string) bool {
	switch member {
	case "Records", "records", "items", "value":
		return true
	default:
		return false
	}
}

// bundle reads an object that holds records of a product that is known in a list: each
// becomes an event, with what else the object says as envelope.<name>. ok is false, and
// nothing has changed, where one of the list is no such record: the object is then one
// event like any other.
func bundle(raw []byte, h *Hint, out []*event.Event) (_ []*event.Event, ok bool) {
	records, outer := bundled(raw)
	if len(records) == 0 || len(records) > maxBundle {
		return out, false
	}
	mem, before := h.arena(), len(out)
	r := &mem.reader
	for _, record := range records {
		e := mem.event()
		r.reset(record, h, e)
		err := r.read("")
		if err == nil && len(r.told) == 0 || !r.inDialect(record, h, e, err) {
			clear(out[before:])
			return out[:before], false
		}
		out = append(out, e)
		for _, a := range outer {
			if _, taken := e.Attr(a.Key); taken { // it could not be told twice
				clear(out[before:])
				return out[:before], false
			}
			e.SetAttr(a.Key, a.Value)
		}
	}
	return out, true
}

// bundled finds the list of records in an object, and what else stands at its top. No
// records are returned where there is no such list, or something else is in it.
func bundled(raw []byte) (records [][]byte, outer []event.Attr) {
	s, size := reader{scanner: scanner{b: raw}}, 0
	if s.peek() != '{' {
		return nil, nil
	}
	s.i++
	for s.peek() == '"' {
		name, err := s.str()
		if err != nil || s.peek() != ':' {
			return nil, nil
		}
		s.i++
		if s.peek() == '[' && records == nil && isBundle(name) {
			if records = s.objects(); records == nil {
				return nil, nil
			}
		} else {
			v, err := s.value(s.peek(), 1)
			if err != nil {
				return nil, nil
			}
			if size += len(name) + v.Size(); len(outer) == maxOuter || size > maxOuterBytes || len(name) > event.MaxKeyBytes/2 {
				return nil, nil
			}
			if v.Text != "{}" {
				outer = append(outer, event.Attr{Key: "envelope." + name, Value: v})
			}
		}
		if s.peek() != ',' {
			break
		}
		s.i++
	}
	return records, outer
}

// objects cuts a list of objects into them; nil where it is no list of objects alone.
func (r *reader) objects() (found [][]byte) {
	for r.i++; r.peek() == '{'; r.i++ {
		start := r.i
		if r.skip(2) != nil {
			return nil
		}
		found = append(found, r.b[start:r.i])
		switch r.peek() {
		case ',':
		case ']':
			r.i++
			return found
		default:
			return nil
		}
	}
	return nil
}
