// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// The sizes of an arena's blocks: the first is for a batch of one, each next one
// is twice as large. A block lives as long as one event of it does.
const (
	firstEvents, mostEvents = 1, 32
	firstAttrs, mostAttrs   = 8, 256
	maxInterned             = 4096
)

// arena shares out the memory of one batch: events and attributes in blocks, and
// each joined attribute key once.
type arena struct {
	events    []event.Event
	attrs     []event.Attr
	nEvents   int
	nAttrs    int
	keys      map[string]string
	reader    reader
	lineAttrs []event.Attr
	headAttrs []event.Attr

	// inner is for records inside records, which are read while this one's reader is
	// in use; depth is how deep inside another record this arena's lie.
	inner     *arena
	depth     int
	otlpAttrs []otlpAttr
}

func (h *Hint) arena() *arena {
	if h.mem == nil {
		h.mem = &arena{nEvents: firstEvents, nAttrs: firstAttrs}
	}
	return h.mem
}

// event returns a zero event.
func (a *arena) event() *event.Event {
	if len(a.events) == 0 {
		a.events = make([]event.Event, a.nEvents)
		a.nEvents = min(2*a.nEvents, mostEvents)
	}
	e := &a.events[0]
	a.events = a.events[1:]
	return e
}

// keep copies attributes to memory of their own.
func (a *arena) keep(attrs []event.Attr) []event.Attr {
	n := len(attrs)
	if n == 0 {
		return nil
	}
	if n > len(a.attrs) {
		if n > mostAttrs/2 {
			return append(make([]event.Attr, 0, n), attrs...)
		}
		a.attrs = make([]event.Attr, max(n, a.nAttrs))
		a.nAttrs = min(2*a.nAttrs, mostAttrs)
	}
	own := a.attrs[:n:n]
	a.attrs = a.attrs[n:]
	copy(own, attrs)
	return own
}

// intern returns the text of b, the same string for the same bytes while the
// arena has room.
func (a *arena) intern(b []byte) string {
	if s, ok := a.keys[string(b)]; ok {
		return s
	}
	s := string(b)
	if a.keys == nil {
		a.keys = make(map[string]string, 16)
	}
	if len(a.keys) < maxInterned {
		a.keys[s] = s
	}
	return s
}
