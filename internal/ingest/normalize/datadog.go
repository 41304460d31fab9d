// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// normalizeDatadog reads one log of Datadog's intake
//
//	{"ddsource":…, "ddtags":"a:b,c:d", "hostname":…, "service":…, "status":…, "timestamp":…, "message":…}
//
// (docs.datadoghq.com, "Send logs"). Members are read as json reads them; the message,
// which often is a JSON object in a text, as what it is.
func normalizeDatadog(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	mem := h.arena()
	e := mem.event()
	err := mem.reader.object1(raw, h, e, dialect{})
	switch {
	case errors.Is(err, ErrJSON) || err != nil && Detect(raw) != "json":
		*e = event.Event{}
		return out, err
	case err != nil:
		return append(out, unread(raw, "message", err, h)), nil
	}
	d := document{e: e, h: h, stated: mem.reader.statedSeverity()}
	d.datadog()
	if Detect([]byte(e.Message)) == "json" {
		if more, ok := d.records(e.Message, out); ok {
			return more, nil
		}
	}
	if d.inner(e.Message, "", asLine); e.Source == "" {
		e.SetCore(event.FieldSource, cmp.Or(h.Source, sourceOf(e.Category), "application"))
	}
	return append(out, e), nil
}

// datadog fills the fields that Datadog has names of its own for.
func (d *document) datadog() {
	if d.e.Host == "" {
		d.set(event.FieldHost, "hostname")
		if d.e.Host != "" {
			d.drop("hostname")
		}
	}
	if status := d.text("status"); status != "" && !d.stated {
		if s, ok := event.SeverityOfLevel(status); ok {
			d.e.Severity, d.stated = s, true
			if !d.has("level") {
				d.e.SetAttr("level", event.Text(status))
				d.drop("status")
			}
		}
	}
	if tags, ok := d.e.Attr("ddtags"); ok && tags.Kind == event.KindText {
		for tag := range strings.SplitSeq(tags.Text, ",") {
			if tag = strings.TrimSpace(tag); tag != "" {
				d.e.Tags = append(d.e.Tags, tag)
				tagCompliance(&d.e.Compliance, tag)
			}
		}
		d.drop("ddtags")
	}
}

// records appends the events of a record that the document carries as a text, with the
// document around each. On false the text is no object that can be read.
func (d *document) records(text string, out []*event.Event) ([]*event.Event, bool) {
	inner := d.h.within()
	if d.e.Source != "" {
		inner.Source = d.e.Source
	}
	before := len(out)
	raw := []byte(text)
	resk := likeResk(raw)
	read := normalizeJSON
	if resk {
		read = normalizeResk
	}
	more, err := read(raw, &inner, out)
	if err != nil && !resk {
		return out, false
	}
	if err != nil {
		more = append(out, unread(raw, "message", err, &inner))
	}
	own := resk || d.h.arena().reader.statedSeverity()
	for i, e := range more[before:] {
		d.surround(e, own, i == 0)
	}
	return more, true
}

// surround tells an event what only the document around it does. first says that it is
// the record itself and not derived from it: the document's id is its.
func (d *document) surround(e *event.Event, own, first bool) {
	outer := d.e
	head := envelope{time: outer.Time, host: outer.Host, service: outer.Service, severity: outer.Severity, stated: d.stated, attrs: outer.Attrs}
	head.around(e, own)
	for _, f := range [...]event.Field{
		event.FieldOriginID, event.FieldAction, event.FieldUser, event.FieldIP, event.FieldSession, event.FieldUserAgent,
	} {
		v := outer.Core(f).Text
		if v == "" || e.Core(f).Text != "" || f == event.FieldOriginID && !first {
			continue
		}
		e.SetCore(f, v)
	}
	if e.Outcome == event.OutcomeAbsent {
		e.Outcome = outer.Outcome
	}
	if e.Compliance == (event.Compliance{}) {
		e.Compliance = outer.Compliance
	}
	if e.Geo == (event.Geo{}) {
		e.Geo = outer.Geo
	}
	e.Tags = append(slices.Clip(outer.Tags), e.Tags...)
	e.Marks = append(slices.Clip(outer.Marks), e.Marks...)
}
