// SPDX-License-Identifier: Apache-2.0

package event

import (
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// AppendJSON appends the event's native JSON form: one object, keys in a fixed
// order, absent fields left out, empty ones "" and null ones null. It is what
// the API, the CLI and the native sinks show; docs/fields.md describes it.
func (e *Event) AppendJSON(dst []byte) []byte { return e.AppendJSONSeenFrom(dst, e.Place.Origin) }

// AppendJSONSeenFrom is AppendJSON as the journal of that origin shows it: an event of
// another one, whose stream and seq may be those of an event of this one, has its
// `origin`. No origin sees none as foreign.
func (e *Event) AppendJSONSeenFrom(dst []byte, origin string) []byte {
	w := objectWriter{b: append(dst, '{')}
	w.text("id", e.ID.String())
	w.core(e, FieldOriginID)
	w.text("time", FormatTime(e.Time))
	w.text("received", FormatTime(e.Received))
	w.core(e, FieldSource)
	w.core(e, FieldCategory)
	w.core(e, FieldAction)
	if e.Outcome != OutcomeAbsent {
		w.text("outcome", e.Outcome.String())
	}
	w.text("severity", e.Severity.String())
	w.number("severity_number", strconv.Itoa(int(e.Severity)))
	for f := FieldMessage; f <= FieldService; f++ {
		w.core(e, f)
	}
	if e.Tags != nil {
		w.key("tags")
		w.b = appendJSONValue(w.b, Texts(e.Tags...))
	}
	w.compliance(e.Compliance)
	w.geo(e.Geo)
	if len(e.Attrs) > 0 {
		w.key("attrs")
		w.b = append(w.b, '{')
		for i := range e.Attrs {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = appendJSONString(w.b, e.Attrs[i].Key)
			w.b = append(w.b, ':')
			w.b = appendJSONValue(w.b, e.Attrs[i].Value)
		}
		w.b = append(w.b, '}')
	}
	w.raw(e.Raw)
	w.marks(e.Marks)
	w.core(e, FieldInput)
	w.core(e, FieldSender)
	if e.Place.Seq != 0 {
		if origin != "" && e.Place.Origin != "" && e.Place.Origin != origin {
			w.text("origin", e.Place.Origin)
		}
		w.text("stream", e.Place.Stream)
		w.number("seq", strconv.FormatUint(e.Place.Seq, 10))
		w.number("ord", strconv.FormatUint(e.Place.Ord, 10))
	}
	if e.Place.Erased != 0 {
		w.key("erased")
		w.b = appendJSONValue(w.b, Texts(e.Place.Erased.Words()...))
	}
	return append(w.b, '}')
}

// MarshalJSON returns the native form.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

type objectWriter struct {
	b    []byte
	more bool
}

func (w *objectWriter) key(k string) {
	if w.more {
		w.b = append(w.b, ',')
	}
	w.more = true
	w.b = append(appendJSONString(w.b, k), ':')
}

func (w *objectWriter) text(k, s string) {
	w.key(k)
	w.b = appendJSONString(w.b, s)
}

func (w *objectWriter) number(k, s string) {
	w.key(k)
	w.b = append(w.b, s...)
}

func (w *objectWriter) core(e *Event, f Field) {
	if v := e.Core(f); v.Kind != KindAbsent {
		w.key(f.String())
		w.b = appendJSONValue(w.b, v)
	}
}

func (w *objectWriter) compliance(c Compliance) {
	if c == (Compliance{}) {
		return
	}
	w.key("compliance")
	in := objectWriter{b: append(w.b, '{')}
	for _, f := range [...]struct {
		name string
		flag Flag
	}{{"gdpr_relevant", c.GDPR}, {"pci_scope", c.PCI}, {"hipaa_protected", c.HIPAA}} {
		if f.flag != FlagAbsent {
			in.number(f.name, strconv.FormatBool(f.flag == FlagTrue))
		}
	}
	if c.RetentionDays != 0 {
		in.number("retention_days", strconv.Itoa(int(c.RetentionDays)))
	}
	w.b = append(in.b, '}')
}

func (w *objectWriter) geo(g Geo) {
	if g == (Geo{}) {
		return
	}
	w.key("geo")
	in := objectWriter{b: append(w.b, '{')}
	if g.Country != "" {
		in.text("country", g.Country)
	}
	for _, f := range [...][2]string{{"lat", g.Lat}, {"lon", g.Lon}, {"as", g.AS}} {
		if f[1] != "" {
			in.key(f[0])
			in.b = appendJSONValue(in.b, Number(f[1]))
		}
	}
	w.b = append(in.b, '}')
}

// raw writes the received bytes as text where they are valid UTF-8, else as
// base64 under another name, so that nothing is changed on the way.
func (w *objectWriter) raw(raw string) {
	switch {
	case raw == "":
	case utf8.ValidString(raw):
		w.text("raw", raw)
	default:
		w.text("raw_base64", base64.StdEncoding.EncodeToString([]byte(raw)))
	}
}

func (w *objectWriter) marks(marks []Mark) {
	if len(marks) == 0 {
		return
	}
	w.key("marks")
	w.b = append(w.b, '[')
	for i := range marks {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		m := &marks[i]
		in := objectWriter{b: append(w.b, '{')}
		in.text("kind", m.Kind)
		if m.Field != "" {
			in.text("field", m.Field)
		}
		if m.Length != 0 {
			in.number("length", strconv.FormatInt(m.Length, 10))
		}
		if m.Hash != "" {
			in.text("sha256", m.Hash)
		}
		if m.Detail != "" {
			in.text("detail", m.Detail)
		}
		w.b = append(in.b, '}')
	}
	w.b = append(w.b, ']')
}

// AppendJSON appends the value as it is in the native form.
func (v Value) AppendJSON(dst []byte) []byte { return appendJSONValue(dst, v) }

func appendJSONValue(dst []byte, v Value) []byte {
	switch v.Kind {
	case KindText:
		return appendJSONString(dst, v.Text)
	case KindBytes:
		return appendJSONString(dst, base64.StdEncoding.EncodeToString([]byte(v.Text)))
	case KindNumber:
		if !validNumber(v.Text) || !finite(v.Text) {
			return appendJSONString(dst, v.Text)
		}
		return append(dst, v.Text...)
	case KindTrue:
		return append(dst, "true"...)
	case KindFalse:
		return append(dst, "false"...)
	case KindList:
		dst = append(dst, '[')
		for i, m := range v.List {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONValue(dst, m)
		}
		return append(dst, ']')
	default:
		return append(dst, "null"...)
	}
}

// validNumber tells whether s is a number by JSON's grammar (RFC 8259, 6).
func validNumber(s string) bool {
	digits := func() bool {
		n := 0
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n > 0
	}
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if s != "" && s[0] == '0' {
		s = s[1:]
	} else if !digits() {
		return false
	}
	if s != "" && s[0] == '.' {
		if s = s[1:]; !digits() {
			return false
		}
	}
	if s != "" && (s[0] == 'e' || s[0] == 'E') {
		s = s[1:]
		if s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if !digits() {
			return false
		}
	}
	return s == ""
}

// finite tells whether a number fits the double that readers of JSON use (RFC 8259,
// 6): one that does not would make many of them refuse the whole answer.
func finite(s string) bool {
	if len(s) <= 300 && !strings.ContainsAny(s, "eE") {
		return true
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// Acts tells whether a terminal, an editor or a script would act on the rune instead
// of showing it: controls, line separators, marks of direction.
func Acts(r rune) bool {
	switch {
	case r < ' ', r >= 0x7f && r <= 0x9f, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	default:
		return false
	}
}

// appendJSONString appends s quoted, with the characters escaped that JSON,
// JavaScript or an HTML page could take for something else. Invalid UTF-8
// becomes U+FFFD.
func appendJSONString(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				dst = append(append(dst, s[from:i]...), "\ufffd"...)
				from = i + n
			} else if Acts(r) {
				dst = append(append(dst, s[from:i]...), '\\', 'u',
					hexDigits[r>>12&0xf], hexDigits[r>>8&0xf], hexDigits[r>>4&0xf], hexDigits[r&0xf])
				from = i + n
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&' && c != 0x7f {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}
