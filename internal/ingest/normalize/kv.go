// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseKV reads lines of key=value pairs: logfmt, the loggers of Go programs, devices
// like FortiGate. The line must surely be one: it begins with a pair, has three of
// them, and at most twice as many words without one.
func parseKV(l *line, body string) bool { return l.keyValues(body, 3) }

// parseKVNamed reads lines that are said to be of the kind: one pair will do.
func parseKVNamed(l *line, body string) bool { return l.keyValues(body, 1) }

// looksLikeKV tells whether a text begins with a key and its =.
func looksLikeKV(s string) bool {
	for i := range min(len(s), 64) {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c == '_', c == '@':
		case i > 0 && (isDigit(c) || c == '.' || c == '-'):
		default:
			return i > 0 && c == '='
		}
	}
	return false
}

func (l *line) keyValues(body string, least int) bool {
	pairs, words := 0, 0
	for s := body; s != "" && pairs+words < maxPairs; {
		var key string
		if key, _, s = nextPair(s); key != "" {
			pairs++
		} else {
			words++
		}
	}
	if pairs < least || words > 2*pairs {
		return false
	}
	l.apart()
	var bare []string
	for s, n := body, 0; s != ""; n++ {
		if n == maxPairs {
			l.text("kv.rest", s)
			break
		}
		key, value, rest := nextPair(s)
		s = rest
		switch {
		case key != "":
			l.pair(key, value)
		case value != "":
			bare = append(bare, value)
		}
	}
	if len(bare) > 0 {
		l.message(strings.Join(bare, " "))
	}
	if !fortinet(l) {
		l.ownNames()
	}
	l.together()
	return true
}

// ownNames fills the fields whose own names or aliases are keys; what fills one is no
// attribute. Where a field is told twice, its own name wins.
func (l *line) ownNames() {
	var best [slots]struct {
		rank uint8
		key  string
	}
	for i := range l.attrs {
		key := l.attrs[i].Key
		s, rank := slotOf(key)
		if key == "msg" {
			s, rank = slotMessage, rankAlias
		}
		if s != slotNone && s < slots && rank > best[s].rank && rank != rankWeak {
			best[s].rank, best[s].key = rank, key
		}
	}
	for s := slotTime; s < slots; s++ {
		if key := best[s].key; key != "" {
			l.own(s, key, best[slotSeverity].key != "")
		}
	}
	if l.e.IP == "" {
		l.address("srcip", "src", "client", "remote", "rip")
	}
	if l.e.Time == 0 {
		l.dateAndTime()
	}
}

// own fills one field and drops the attribute where it did. told says that there is a
// severity, beside which a level is only kept.
func (l *line) own(s slot, key string, told bool) {
	value := l.told(key)
	if value == "" {
		return
	}
	switch s {
	case slotTime:
		if l.find("date") < 0 || strings.IndexByte(value, '-') > 0 {
			l.clock(deviceTime, key)
		}
		return
	case slotIP:
		ip, port, ok := parseAddress(value)
		if !ok {
			return
		}
		if l.e.IP = ip; port != "" && l.find("port") < 0 {
			l.number("port", port)
		}
	case slotSeverity:
		l.severityWord(key, value)
		return
	case slotLevel:
		if !told {
			l.severityWord(key, value)
		}
		return
	case slotOutcome:
		if o := outcomeWord(value); o != event.OutcomeAbsent {
			l.e.Outcome = o
		}
		return
	case slotOriginID:
		if isDigits(value) && len(value) < 8 {
			return // the number of a kind of event, not of one event
		}
		l.e.SetCore(event.FieldOriginID, value)
	case slotSource, slotCategory:
		if !isKey(value) {
			return // a place in a program, a sentence
		}
		l.e.SetCore(s.field(), value)
	default:
		f := s.field()
		if f == event.FieldNone {
			return
		}
		l.e.SetCore(f, value)
	}
	l.drop(key)
}

// severityWord sets the severity by a word or number; the sender's word stays.
func (l *line) severityWord(key, word string) {
	v := l.attrs[l.find(key)].Value
	if v.Kind == event.KindList {
		v = v.List[0]
	}
	s, ok := severityOf(v)
	if !ok {
		return
	}
	l.e.Severity, l.stated = s, true
	if _, exact := event.ParseSeverity(word); exact {
		l.drop(key)
	}
}

// dateAndTime sets the time where date, time and zone stand apart.
func (l *line) dateAndTime() {
	date, tod := l.told("date"), l.told("time")
	if len(date) != 10 || len(tod) < 8 {
		return
	}
	if ns, ok := deviceTime(date+" "+tod+l.told("tz"), l.h); ok {
		l.e.Time = ns
	}
}
