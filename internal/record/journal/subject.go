// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// subject is the person whose data is erased: the one name by which events know
// them. Letter case makes no difference; what is found is what a search for the name
// as a phrase finds (package query).
type subject struct {
	text, folded string
	left, right  bool // a word must begin, and end, where the name does
}

// minSubject is the shortest name: a shorter one would be a part of everything.
const minSubject = 2

func newSubject(text string) subject {
	s := subject{text: strings.TrimSpace(text)}
	s.folded = strings.Map(foldRune, s.text)
	first, _ := utf8.DecodeRuneInString(s.folded)
	last, _ := utf8.DecodeLastRuneInString(s.folded)
	s.left, s.right = wordRune(first), wordRune(last)
	return s
}

// Mentions returns the test by which an erasure tells whether a text holds its
// subject: that is the text, or stands in it as whole words, in any letter case.
func Mentions(subject string) func(text string) bool {
	s := newSubject(subject)
	return func(text string) bool { return len(s.text) >= minSubject && s.in(text) }
}

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

// in tells whether a text is the subject, or has it between two runes that belong to
// no word.
func (s subject) in(text string) bool {
	for at := 0; at < len(text); at++ {
		if at = s.next(text, at); at < 0 {
			return false
		}
		end := at + foldedPrefix(text[at:], s.folded)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[end:])
		if inWord := s.left && at > 0 && wordRune(before) || s.right && end < len(text) && wordRune(after); !inWord {
			return true
		}
	}
	return false
}

// next is where the name's letters stand next, -1 when they do not.
func (s subject) next(text string, from int) int {
	first := s.folded[0]
	for i := from; i < len(text); i++ {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if (c == first || c >= utf8.RuneSelf && first >= utf8.RuneSelf) && foldedPrefix(text[i:], s.folded) >= 0 {
			return i
		}
	}
	return -1
}

// foldedPrefix is the number of bytes at the begin of text that fold to all of
// folded, -1 when there are none.
func foldedPrefix(text, folded string) int {
	at := 0
	for _, want := range folded {
		r, size := utf8.DecodeRuneInString(text[at:])
		if size == 0 || foldRune(r) != want || r == utf8.RuneError && size == 1 {
			return -1
		}
		at += size
	}
	return at
}

// foldRune is the lower case of a rune, unless that would make an ASCII letter of
// one that is none.
func foldRune(r rune) rune {
	if l := unicode.ToLower(r); r < utf8.RuneSelf || l >= utf8.RuneSelf {
		return l
	}
	return r
}

func wordRune(r rune) bool {
	return r == '_' || r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
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
