// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseWindowsXML reads an event of the Windows event log as XML, one Event element
// (Microsoft, "Event Schema"). Entities other than XML's own are refused with the whole
// document, and so is a document type.
func parseWindowsXML(l *line, body string) bool {
	attrs, ok := readWindowsXML(body, l.h.arena())
	if !ok {
		return false
	}
	inner := event.Event{Attrs: attrs}
	d := document{e: &inner, h: l.h}
	if !d.has("EventID") {
		return false
	}
	fillWindows(&d)
	head := envelope{
		time: l.e.Time, host: l.e.Host, service: l.program, attrs: l.attrs, severity: l.e.Severity, stated: l.stated,
	}
	raw, marks := l.e.Raw, l.e.Marks
	head.around(&inner, windowsLevel(&d) > event.Info)
	inner.Raw, inner.Marks = raw, append(marks, inner.Marks...)
	*l.e = inner
	l.attrs = append(l.attrs[:0], inner.Attrs...)
	return true
}

// windowsXML is an Event while it is read.
type windowsXML struct {
	xmlScanner
	mem   *arena
	path  []string // the local names of the open elements, without Event
	name  string   // the attribute Name of the innermost element, where it is a Data
	text  pieces
	leaf  bool // nothing but text since the innermost element began
	attrs []event.Attr
	buf   []byte
}

// readWindowsXML reads the text into attributes, sorted, each name once.
func readWindowsXML(text string, mem *arena) ([]event.Attr, bool) {
	x := windowsXML{xmlScanner: xmlScanner{s: text, open: make([]string, 0, 8)}, mem: mem, path: make([]string, 0, 8), attrs: make([]event.Attr, 0, 64)}
	x.prolog()
	if !strings.HasPrefix(x.s[x.i:], "<Event") {
		return nil, false
	}
	done := false
	for {
		token, text := x.next()
		switch {
		case x.bad, len(x.path) > event.MaxDepth:
			return nil, false
		case token == xmlEnd:
			return x.sorted(), done
		case token == xmlText && len(x.path) > 0:
			x.text.add(text)
		case token == xmlText && strings.Trim(text, xmlBlanks) != "", token == xmlOpen && done:
			return nil, false
		case token == xmlText:
		case token == xmlOpen:
			if x.start(local(text)) {
				done = x.end()
			}
		default:
			done = x.end()
		}
	}
}

// local is a name without its prefix.
func local(name string) string { return name[strings.IndexByte(name, ':')+1:] }

// start reads the attributes of an element; closed tells that it ends with them.
func (x *windowsXML) start(name string) (closed bool) {
	outer := len(x.open) == 1
	if outer && name != "Event" {
		x.fail()
		return false
	}
	if !outer {
		x.flush()
		x.path = append(x.path, name)
	}
	x.leaf, x.name = true, ""
	for {
		name, value, ok, closed := x.attr()
		switch {
		case !ok:
			return closed
		case name == "xmlns" || strings.HasPrefix(name, "xmlns:"):
		case outer:
			x.put("Event_"+local(name), event.Text(value))
		case name == "Name" && x.path[0] == "EventData" && len(x.path) > 1:
			x.name = spaceless(value)
		default:
			x.buf = append(append(append(x.buf[:0], x.key()...), '_'), local(name)...)
			x.add(x.mem.intern(x.buf), value)
		}
	}
}

// end ends the innermost element; it tells whether that was the Event.
func (x *windowsXML) end() bool {
	if len(x.path) == 0 {
		return true
	}
	if text := x.text.String(); x.leaf && len(x.path) > 1 && (text != "" || x.path[0] != "System") {
		x.add(x.key(), text)
		x.text.reset()
	} else {
		x.flush()
	}
	x.path = x.path[:len(x.path)-1]
	x.leaf, x.name = false, ""
	return false
}

// flush keeps text that stands between elements, but for white space.
func (x *windowsXML) flush() {
	if text := strings.TrimSpace(x.text.String()); text != "" {
		x.add(x.key(), text)
	}
	x.text.reset()
}

// key is the name of the innermost element's value, as Sigma has it.
func (x *windowsXML) key() string {
	section, rest := x.path[0], x.path[1:]
	switch {
	case len(rest) == 0:
		return section
	case section == "EventData" && x.name != "":
		return x.name
	case section == "UserData" && len(rest) > 1:
		rest = rest[1:]
	case section == "RenderingInfo" && rest[0] != "Message":
		return "RenderingInfo_" + strings.Join(rest, ".")
	case section != "System" && section != "EventData" && section != "RenderingInfo" && section != "UserData":
		rest = x.path
	}
	if len(rest) == 1 {
		return rest[0]
	}
	return strings.Join(rest, ".")
}

func (x *windowsXML) add(key, value string) {
	v := event.Text(value)
	if x.path[0] == "System" && isDigits(value) {
		v = event.Number(value)
	}
	x.put(key, v)
}

func (x *windowsXML) put(key string, v event.Value) {
	if len(key) > event.MaxKeyBytes { // kept, under a name that can be
		key, v = "EventData", event.Text(key+"="+v.Text)
	}
	x.attrs = append(x.attrs, event.Attr{Key: key, Value: v})
}

// sorted sorts the attributes; several of one name become a list.
func (x *windowsXML) sorted() []event.Attr {
	slices.SortStableFunc(x.attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	out := x.attrs[:0]
	for _, a := range x.attrs {
		n := len(out) - 1
		switch {
		case n < 0 || out[n].Key != a.Key:
			out = append(out, a)
		case out[n].Value.Kind == event.KindList:
			out[n].Value.List = append(out[n].Value.List, a.Value)
		default:
			out[n].Value = event.List(out[n].Value, a.Value)
		}
	}
	return out
}

// pieces is a text in pieces, of which most have one.
type pieces struct {
	one  string
	more []byte
}

func (p *pieces) add(s string) {
	switch {
	case s == "":
	case len(p.more) > 0:
		p.more = append(p.more, s...)
	case p.one == "":
		p.one = s
	default:
		p.more = append(append(p.more, p.one...), s...)
	}
}

func (p *pieces) String() string {
	if len(p.more) > 0 {
		return string(p.more)
	}
	return p.one
}

func (p *pieces) reset() { p.one, p.more = "", p.more[:0] }
