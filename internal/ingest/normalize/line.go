// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// line is a line of text while it is read: its event, its header and its body.
type line struct {
	e     *event.Event
	h     *Hint
	attrs []event.Attr

	program string // as it stands in the header, without a path
	body    string
	// stated tells that the header has a level, so that no body gives one.
	stated bool
}

// bodyReader reads the body of a line into the line's event and attributes. On
// false the body is not of its kind, and it has changed nothing.
type bodyReader func(l *line, body string) bool

// readLine makes one event of a line, which read fills. What nobody set is settled
// here: the message is the body, the host the peer, the source the hint's or the
// category's.
func readLine(raw []byte, h *Hint, out []*event.Event, read func(l *line)) ([]*event.Event, error) {
	mem := h.arena()
	e := mem.event()
	l := line{e: e, h: h, attrs: mem.lineAttrs[:0]}
	mem.lineAttrs = nil // a body may hold an object, whose reader needs room of its own
	l.body = lineText(e, raw)
	e.Category = categoryLine
	read(&l)
	if e.Host == "" {
		e.Host = validText(h.Host)
	}
	if e.Source == "" {
		e.Source = h.Source
	}
	if e.Source == "" {
		e.Source = sourceOf(e.Category)
	}
	if e.Source == "" {
		e.Source = "system"
	}
	e.Attrs = mem.keep(l.attrs)
	mem.lineAttrs = l.attrs[:0]
	return append(out, e), nil
}

// ofLine makes a format of a reader of bodies: lines that have the body alone, or
// behind a syslog header. A line of another kind is kept whole, and marked.
func ofLine(name string, read bodyReader) func([]byte, *Hint, []*event.Event) ([]*event.Event, error) {
	return func(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
		return readLine(raw, h, out, func(l *line) {
			l.message(l.body)
			if read(l, l.body) {
				return
			}
			whole := l.body
			l.header()
			l.message(l.body)
			l.e.Service = l.program
			if l.body == whole || !read(l, strings.TrimPrefix(l.body, " ")) {
				l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "message", Detail: "not " + name})
			}
		})
	}
}

// behindHeader is ofLine for a reader that any text may stand before, so that a header
// is looked for first.
func behindHeader(name string, read bodyReader) func([]byte, *Hint, []*event.Event) ([]*event.Event, error) {
	return func(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
		return readLine(raw, h, out, func(l *line) {
			l.header()
			l.message(l.body)
			l.e.Service = l.program
			if !read(l, strings.TrimPrefix(l.body, " ")) {
				l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "message", Detail: "not " + name})
			}
		})
	}
}

// message sets the message.
func (l *line) message(text string) { l.e.SetCore(event.FieldMessage, text) }

// text, number and attr add an attribute; a later one of the same key replaces it.
func (l *line) text(key, value string)   { l.attr(key, event.Text(value)) }
func (l *line) number(key, value string) { l.attr(key, event.Number(value)) }

func (l *line) attr(key string, v event.Value) {
	i := len(l.attrs)
	for i > 0 && l.attrs[i-1].Key >= key {
		i--
	}
	if i < len(l.attrs) && l.attrs[i].Key == key {
		l.attrs[i].Value = v
		return
	}
	l.attrs = append(l.attrs, event.Attr{})
	copy(l.attrs[i+1:], l.attrs[i:])
	l.attrs[i] = event.Attr{Key: key, Value: v}
}

// more adds an attribute that can come several times: it is then a list.
func (l *line) more(key string, v event.Value) {
	for i := range l.attrs {
		a := &l.attrs[i]
		if a.Key != key {
			continue
		}
		if a.Value.Kind != event.KindList {
			a.Value = event.List(a.Value)
		}
		a.Value.List = append(a.Value.List, v)
		return
	}
	l.attr(key, v)
}

// is sets what a body says the line is; the severity only where the header has
// no level.
func (l *line) is(category string, o event.Outcome, s event.Severity) {
	l.e.Category, l.e.Outcome = category, o
	if !l.stated {
		l.e.Severity = s
	}
}

// remote sets where a session comes from: an address, or a name as remote_host.
func (l *line) remote(text, port string) {
	if text == "" {
		return
	}
	if ip, behind, ok := parseAddress(text); ok {
		l.e.IP = ip
		if zone := zoneOf(text); zone != "" {
			l.text("ip_zone", zone)
		}
		if port == "" {
			port = behind
		}
	} else {
		l.text("remote_host", text)
	}
	if isDigits(port) {
		l.number("port", port)
	}
}

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != "" && len(s) < 20 && (s[0] != '0' || len(s) == 1)
}
