// SPDX-License-Identifier: Apache-2.0

package parquet

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// row is an event as the file has it; the order of the fields is that of the columns. A
// pointer that is nil is null.
type row struct {
	ID         string `parquet:"id"`
	Time       int64  `parquet:"time,timestamp(microsecond)"`
	TimeNs     int64  `parquet:"time_ns"`
	Received   int64  `parquet:"received,timestamp(microsecond)"`
	ReceivedNs int64  `parquet:"received_ns"`

	Source         *string `parquet:"source,optional,dict"`
	Category       *string `parquet:"category,optional,dict"`
	Action         *string `parquet:"action,optional,dict"`
	Outcome        *string `parquet:"outcome,optional,dict"`
	Severity       string  `parquet:"severity,dict"`
	SeverityNumber int32   `parquet:"severity_number,dict"`
	Message        *string `parquet:"message,optional,dict"`
	User           *string `parquet:"user,optional,dict"`
	IP             *string `parquet:"ip,optional,dict"`
	Session        *string `parquet:"session,optional,dict"`
	UserAgent      *string `parquet:"user_agent,optional,dict"`
	Host           *string `parquet:"host,optional,dict"`
	Service        *string `parquet:"service,optional,dict"`
	OriginID       *string `parquet:"origin_id,optional,dict"`

	Tags       []string           `parquet:"tags,optional,list" parquet-element:",dict"`
	Compliance *compliance        `parquet:"compliance,optional"`
	Geo        *geo               `parquet:"geo,optional"`
	Attrs      map[string]*string `parquet:"attrs,optional" parquet-key:",dict" parquet-value:",optional,dict"`
	Raw        []byte             `parquet:"raw,optional"`
	Marks      []mark             `parquet:"marks,optional,list"`

	Input  *string  `parquet:"input,optional,dict"`
	Sender *string  `parquet:"sender,optional,dict"`
	Origin *string  `parquet:"origin,optional,dict"`
	Stream *string  `parquet:"stream,optional,dict"`
	Seq    int64    `parquet:"seq"`
	Ord    int64    `parquet:"ord"`
	Erased []string `parquet:"erased,optional,list" parquet-element:",dict"`
}

type compliance struct {
	GDPRRelevant   *bool  `parquet:"gdpr_relevant,optional"`
	PCIScope       *bool  `parquet:"pci_scope,optional"`
	HIPAAProtected *bool  `parquet:"hipaa_protected,optional"`
	RetentionDays  *int32 `parquet:"retention_days,optional"`
}

type geo struct {
	Country  *string  `parquet:"country,optional,dict"`
	Lat      *float64 `parquet:"lat,optional"`
	Lon      *float64 `parquet:"lon,optional"`
	ASNumber *int64   `parquet:"as_number,optional"`
}

type mark struct {
	Kind   string  `parquet:"kind,dict"`
	Field  *string `parquet:"field,optional,dict"`
	Length *int64  `parquet:"length,optional"`
	SHA256 *string `parquet:"sha256,optional"`
	Detail *string `parquet:"detail,optional"`
}

// set overwrites a row with an event, of which it keeps texts until the next call.
func (r *row) set(e *event.Event) {
	attrs := r.Attrs
	clear(attrs)
	*r = row{
		ID: e.ID.String(), Time: micros(e.Time), TimeNs: e.Time, Received: micros(e.Received), ReceivedNs: e.Received,
		Severity: e.Severity.String(), SeverityNumber: int32(e.Severity), Outcome: textOrNull(e.Outcome.String()),
		Source: core(e, event.FieldSource), Category: core(e, event.FieldCategory), Action: core(e, event.FieldAction),
		Message: core(e, event.FieldMessage), User: core(e, event.FieldUser), IP: core(e, event.FieldIP), Session: core(e, event.FieldSession),
		UserAgent: core(e, event.FieldUserAgent), Host: core(e, event.FieldHost), Service: core(e, event.FieldService),
		OriginID: core(e, event.FieldOriginID), Input: core(e, event.FieldInput), Sender: core(e, event.FieldSender),
		Tags: valid(e.Tags), Compliance: complianceOf(e.Compliance), Geo: geoOf(&e.Geo), Marks: marksOf(e.Marks),
		Origin: textOrNull(e.Place.Origin), Stream: textOrNull(e.Place.Stream),
		Seq: int64(e.Place.Seq), Ord: int64(e.Place.Ord), //nolint:gosec // they count from 1
		Erased: e.Place.Erased.Words(),
	}
	if e.Raw != "" {
		r.Raw = []byte(e.Raw)
	}
	if len(e.Attrs) > 0 {
		if attrs == nil {
			attrs = make(map[string]*string, len(e.Attrs))
		}
		for i := range e.Attrs {
			attrs[clean(e.Attrs[i].Key)] = attribute(&e.Attrs[i].Value)
		}
		r.Attrs = attrs
	}
}

// micros is a time in microseconds, rounded down.
func micros(ns int64) int64 {
	us := ns / 1000
	if ns%1000 < 0 {
		us--
	}
	return us
}

// clean is what a column of texts can have: what is not UTF-8 becomes U+FFFD, as in JSON.
// The journal takes no such text; readers of the file refuse it, with all that is in it.
func clean(text string) string {
	if utf8.ValidString(text) {
		return text
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

func textOrNull(text string) *string {
	if text == "" {
		return nil
	}
	text = clean(text)
	return &text
}

// core is a core text field: null and absent are null, empty is empty.
func core(e *event.Event, f event.Field) *string {
	v := e.Core(f)
	if v.Kind != event.KindText {
		return nil
	}
	text := clean(v.Text)
	return &text
}

func valid(texts []string) []string {
	for i, text := range texts {
		if !utf8.ValidString(text) {
			out := append([]string(nil), texts...)
			for k := i; k < len(out); k++ {
				out[k] = clean(out[k])
			}
			return out
		}
	}
	return texts
}

// attribute is a value as text: a text and a number as they are, a list as its JSON.
func attribute(v *event.Value) *string {
	var text string
	switch v.Kind {
	case event.KindNull, event.KindAbsent:
		return nil
	case event.KindList, event.KindBytes:
		text = string(v.AppendJSON(nil))
		if v.Kind == event.KindBytes { // base64, which needs no quotes
			text = strings.Trim(text, `"`)
		}
	default:
		text = clean(v.String())
	}
	return &text
}

func complianceOf(c event.Compliance) *compliance {
	if c == (event.Compliance{}) {
		return nil
	}
	flag := func(f event.Flag) *bool {
		if f == event.FlagAbsent {
			return nil
		}
		set := f == event.FlagTrue
		return &set
	}
	out := &compliance{GDPRRelevant: flag(c.GDPR), PCIScope: flag(c.PCI), HIPAAProtected: flag(c.HIPAA)}
	if days := c.RetentionDays; days != 0 {
		out.RetentionDays = &days
	}
	return out
}

// geoOf has numbers as numbers; what is written otherwise is null.
func geoOf(g *event.Geo) *geo {
	if *g == (event.Geo{}) {
		return nil
	}
	degrees := func(text string) *float64 {
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return &f
		}
		return nil
	}
	out := &geo{Country: textOrNull(g.Country), Lat: degrees(g.Lat), Lon: degrees(g.Lon)}
	if n, err := strconv.ParseInt(g.AS, 10, 64); err == nil {
		out.ASNumber = &n
	}
	return out
}

func marksOf(marks []event.Mark) []mark {
	if len(marks) == 0 {
		return nil
	}
	out := make([]mark, len(marks))
	for i := range marks {
		m := &marks[i]
		out[i] = mark{Kind: clean(m.Kind), Field: textOrNull(m.Field), SHA256: textOrNull(m.Hash), Detail: textOrNull(m.Detail)}
		if n := m.Length; n != 0 {
			out[i].Length = &n
		}
	}
	return out
}
