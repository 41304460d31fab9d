// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// subject is the person whose data is erased: the one name by which events know
// them. Letter case makes no difference.
type subject struct{ text string }

// minSubject is the shortest name: a shorter one would be a part of everything.
const minSubject = 2

// slots tells which slots of an event hold the subject: both where it is the user,
// for the rest of the event is about them then; else each slot in which a field is
// the subject or has it as a word.
func (s subject) slots(e *event.Event) (hit [2]bool) {
	if strings.EqualFold(e.User, s.text) {
		return [2]bool{true, true}
	}
	for _, t := range [...]string{e.User, e.Session, e.IP, e.UserAgent, e.Host, e.Geo.Country, e.Geo.Lat, e.Geo.Lon, e.Geo.AS} {
		hit[0] = hit[0] || s.in(t)
	}
	for _, t := range [...]string{e.Message, e.Raw, e.OriginID, e.Service, e.Input, e.Sender} {
		hit[1] = hit[1] || s.in(t)
	}
	for _, t := range e.Tags {
		hit[1] = hit[1] || s.in(t)
	}
	for i := range e.Marks {
		m := &e.Marks[i]
		hit[1] = hit[1] || s.in(m.Field) || s.in(m.Detail)
	}
	for i := range e.Attrs {
		hit[1] = hit[1] || s.in(e.Attrs[i].Key) || s.inValue(&e.Attrs[i].Value)
	}
	return hit
}

func (s subject) inValue(v *event.Value) bool {
	if s.in(v.Text) {
		return true
	}
	for i := range v.List {
		if s.inValue(&v.List[i]) {
			return true
		}
	}
	return false
}

// in tells whether a text is the subject or has it between two bytes that belong to
// no word.
func (s subject) in(text string) bool {
	if len(text) < len(s.text) {
		return false
	}
	for at := 0; ; {
		i := indexFold(text[at:], s.text)
		if i < 0 {
			return false
		}
		at += i
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[at+len(s.text):])
		if !wordRune(before, at > 0) && !wordRune(after, at+len(s.text) < len(text)) {
			return true
		}
		at++
	}
}

func wordRune(r rune, there bool) bool {
	return there && (r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r))
}

// indexFold is strings.Index in which ASCII letters match in either case; other
// letters match as they are.
func indexFold(text, sub string) int {
	first := lowerASCII(sub[0])
	for i := 0; i+len(sub) <= len(text); i++ {
		if lowerASCII(text[i]) != first {
			continue
		}
		k := 1
		for k < len(sub) && lowerASCII(text[i+k]) == lowerASCII(sub[k]) {
			k++
		}
		if k == len(sub) {
			return i
		}
	}
	return -1
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// clearSlot makes a slot of an event what it is after an erasure: every field in it
// absent.
func clearSlot(e *event.Event, slot int) {
	cut := func(fields ...event.Field) {
		for _, f := range fields {
			e.Blank, e.Null = e.Blank.Without(f), e.Null.Without(f)
		}
	}
	if slot == 0 {
		e.User, e.Session, e.IP, e.UserAgent, e.Host, e.Geo = "", "", "", "", "", event.Geo{}
		cut(event.FieldUser, event.FieldSession, event.FieldIP, event.FieldUserAgent, event.FieldHost)
		return
	}
	e.Message, e.Service, e.OriginID, e.Input, e.Sender, e.Raw = "", "", "", "", "", ""
	e.Tags, e.Attrs, e.Marks, e.Compliance = nil, nil, nil, event.Compliance{}
	cut(event.FieldMessage, event.FieldService, event.FieldOriginID, event.FieldInput, event.FieldSender)
}
