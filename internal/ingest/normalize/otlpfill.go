// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// settle fills the event's fields from what was read, and gives it its attributes.
func (o *otlp) settle() {
	e := o.e
	switch {
	case e.Time == 0:
		e.Time = o.observed
	case o.observed != 0 && o.observed != e.Time:
		o.add("observed_time", event.Text(event.FormatTime(o.observed)), otlpOwn)
	}
	o.fill()
	stated := o.severity()
	o.message()
	if o.eventName != "" {
		if sourceOf(o.eventName) != "" && e.Category == "" {
			e.SetCore(event.FieldCategory, o.eventName)
		} else {
			o.add("event_name", event.Text(o.eventName), otlpOwn)
		}
	}
	if o.readOn(stated) {
		if fillGenAI(&document{e: e, h: o.h, stated: true}) && o.h.Source == "" && e.Source == "application" {
			e.Source = sourceOf(e.Category)
		}
		return
	}
	o.serviceAndHost()
	o.sorted()
	if fillGenAI(&document{e: e, h: o.h, stated: stated}) {
		e.Raw = "" // of a body that is not UTF-8; it may be a prompt
	}
	if e.Category == "" {
		e.Category = categoryLine
	}
	o.source()
}

func (o *otlp) source() {
	e := o.e
	for _, name := range [...]string{o.h.Source, sourceOf(e.Category), "application"} {
		if e.Source == "" {
			e.Source = name
		}
	}
}

// severity sets the severity by its number, which OpenTelemetry has made of the
// sender's own word; among errors that word can tell the worse ones apart. The word,
// or the number's short name, is kept as level.
func (o *otlp) severity() (stated bool) {
	word, known := event.SeverityOfLevel(o.level)
	n := o.number
	if n > 24 {
		o.e.Marks = append(o.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "severity", Detail: event.Int(int64(n)).Text}) //nolint:gosec // as it came
		n = 0
	}
	switch {
	case n == 0:
		o.e.Severity = word
	case n <= 12:
		o.e.Severity = event.Info
	case n <= 16:
		o.e.Severity = event.Low
	case n <= 20:
		o.e.Severity = event.Medium
	default:
		o.e.Severity = event.High
	}
	if n > 16 && known && word > o.e.Severity {
		o.e.Severity = word
	}
	level := o.level
	if level == "" && n > 0 {
		level = [6]string{"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"}[(n-1)/4]
		if more := (n - 1) % 4; more > 0 {
			level += string(rune('1' + more))
		}
	} else if n > 0 {
		o.add("level_number", event.Int(int64(n)), otlpOwn)
	}
	if level != "" {
		o.add("level", event.Text(level), otlpOwn)
	}
	return n > 0 || known
}

// message sets the message: a body that is no map, or the member of a map that is
// called so.
func (o *otlp) message() {
	if o.body.text != nil {
		o.e.SetCore(event.FieldMessage, lineText(o.e, o.body.text))
		return
	}
	if o.body.value.Kind != event.KindAbsent && o.body.value.Kind != event.KindNull {
		o.e.SetCore(event.FieldMessage, o.body.value.String())
		return
	}
	for _, name := range [...]string{"message", "msg", "MESSAGE"} {
		for i := range o.attrs {
			if a := &o.attrs[i]; a.Key == name && a.from == otlpInBody && a.Value.Kind == event.KindText {
				o.e.SetCore(event.FieldMessage, a.Value.Text)
				o.take(i)
				return
			}
		}
	}
}

// take removes an attribute that has become a field.
func (o *otlp) take(i int) { o.attrs[i].Key = "" }

// serviceAndHost fills the two from the resource.
func (o *otlp) serviceAndHost() {
	for _, f := range [...]struct {
		at    int
		field event.Field
	}{{o.service, event.FieldService}, {o.host, event.FieldHost}} {
		if f.at > 0 && o.e.Core(f.field).Kind == event.KindAbsent {
			o.e.SetCore(f.field, o.attrs[f.at-1].Value.Text)
			o.take(f.at - 1)
		}
	}
}

// sorted hands the attributes to the event in order. Of two with one name the later
// one is kept under the name of the place where it stood; one place's own are a list.
func (o *otlp) sorted() {
	for round := 0; ; round++ {
		slices.SortStableFunc(o.attrs, func(a, b otlpAttr) int {
			if c := strings.Compare(a.Key, b.Key); c != 0 {
				return c
			}
			return int(a.from) - int(b.from)
		})
		kept, head, renamed := o.attrs[:0], -1, false
		for _, a := range o.attrs {
			switch {
			case a.Key == "":
				continue
			case head < 0 || kept[head].Key != a.Key:
				head = len(kept)
			case round == 0 && a.from != kept[head].from && len(a.Key)+len(a.from.prefix()) <= event.MaxKeyBytes:
				a.Key = a.from.prefix() + a.Key
				renamed = true
			default:
				kept[head].join(a.Value)
				continue
			}
			kept = append(kept, a)
		}
		if o.attrs = kept; !renamed {
			break
		}
	}
	flat := o.mem.lineAttrs[:0]
	for i := range o.attrs {
		flat = append(flat, o.attrs[i].Attr)
	}
	o.e.Attrs = o.mem.keep(flat)
	o.mem.lineAttrs = flat
}

// join adds a further value of the same name.
func (a *otlpAttr) join(v event.Value) {
	if !a.joined {
		a.Value, a.joined = event.List(a.Value), true
	}
	a.Value.List = append(a.Value.List, v)
}
