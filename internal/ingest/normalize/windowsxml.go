// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"encoding/xml"
	"io"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseWindowsXML reads an event of the Windows event log as XML, one Event element
// (Microsoft, "Event Schema"). Entities other than XML's own five are refused with the
// whole document, and so is a document type: nothing is ever loaded.
func parseWindowsXML(l *line, body string) bool {
	attrs, ok := readWindowsXML(body)
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
	path  []string // the local names of the open elements, without Event
	name  string   // the attribute Name of the innermost element, where it is a Data
	text  strings.Builder
	leaf  bool // nothing but text since the innermost element began
	attrs []event.Attr
}

// readWindowsXML reads the text into attributes, sorted, each name once.
func readWindowsXML(text string) ([]event.Attr, bool) {
	dec := xml.NewDecoder(strings.NewReader(text))
	// The text is UTF-8 by now, whatever its first line says.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	x, open, done := windowsXML{}, false, false
	for {
		token, err := dec.Token()
		if err == io.EOF && done { //nolint:errorlint // the decoder returns it bare
			return x.sorted(), true
		}
		if err != nil {
			return nil, false
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch {
			case done || !open && t.Name.Local != "Event" || len(x.path) >= event.MaxDepth:
				return nil, false
			case !open:
				open = true
			default:
				x.start(t)
			}
		case xml.EndElement:
			if len(x.path) == 0 {
				open, done = false, true
				continue
			}
			x.end()
		case xml.CharData:
			if len(x.path) > 0 {
				x.text.Write(t)
			} else if strings.TrimSpace(string(t)) != "" {
				return nil, false
			}
		case xml.Directive:
			return nil, false
		default:
		}
	}
}

func (x *windowsXML) start(t xml.StartElement) {
	x.flush()
	x.path = append(x.path, t.Name.Local)
	x.leaf, x.name = true, ""
	for _, a := range t.Attr {
		switch {
		case a.Name.Local == "xmlns" || a.Name.Space == "xmlns":
		case a.Name.Local == "Name" && x.path[0] == "EventData" && len(x.path) > 1:
			x.name = spaceless(a.Value)
		default:
			x.add(x.key()+"_"+a.Name.Local, a.Value)
		}
	}
}

func (x *windowsXML) end() {
	empty := x.text.Len() == 0
	if x.leaf && len(x.path) > 1 && (!empty || x.path[0] != "System") {
		x.add(x.key(), x.text.String())
		x.text.Reset()
	} else {
		x.flush()
	}
	x.path = x.path[:len(x.path)-1]
	x.leaf, x.name = false, ""
}

// flush keeps text that stands between elements, but for white space.
func (x *windowsXML) flush() {
	if text := strings.TrimSpace(x.text.String()); text != "" {
		x.add(x.key(), text)
	}
	x.text.Reset()
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
	return strings.Join(rest, ".")
}

func (x *windowsXML) add(key, value string) {
	v := event.Text(value)
	if x.path[0] == "System" && isDigits(value) {
		v = event.Number(value)
	}
	if len(key) > event.MaxKeyBytes { // kept, under a name that can be
		key, v = "EventData", event.Text(key+"="+value)
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
