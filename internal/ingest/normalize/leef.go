// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseLEEF reads the Log Event Extended Format, versions 1.0 and 2.0 (IBM, "Log Event
// Extended Format", version 2):
//
//	LEEF:1.0|vendor|product|version|event id|key=value<tab>key=value
//	LEEF:2.0|vendor|product|version|event id|delimiter|key=value…
//
// The delimiter of version 2 is one character or its number (x5E, 0x09), a tab where it
// is left out. Where tabs became blanks on the way, a pair ends before a blank and the
// next key with its =.
func parseLEEF(l *line, body string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(body, "LEEF:"), " ")
	var head [5]string // version, vendor, product, its version, event id
	for i := range head {
		var ok bool
		if head[i], rest, ok = cutBar(rest); !ok && i < len(head)-1 {
			return false
		}
	}
	if head[0] != "1.0" && head[0] != "2.0" && head[0] != "1" && head[0] != "2" {
		return false
	}
	l.apart()
	for i, key := range [...]string{"leef.format", "leef.vendor", "leef.product", "leef.version", "leef.event_id"} {
		l.text(key, head[i])
	}
	delimiter := "\t"
	if head[0][0] == '2' {
		if text, after, ok := strings.Cut(rest, "|"); ok {
			if d, known := leefDelimiter(text); known {
				delimiter, rest = d, after
			}
		}
	}
	l.leefPairs(rest, delimiter)
	leefFields(l, head[4])
	l.product(head[2])
	l.together()
	return true
}

// leefDelimiter reads the delimiter of version 2.
func leefDelimiter(s string) (d string, ok bool) {
	switch {
	case s == "":
		return "\t", true
	case utf8.RuneCountInString(s) == 1:
		return s, !isPartOfWord(s)
	}
	digits, ok := strings.CutPrefix(s, "0x")
	if !ok {
		digits, ok = strings.CutPrefix(s, "x")
	}
	n, err := strconv.ParseUint(digits, 16, 16)
	if !ok || err != nil || len(digits) > 4 || n == 0 || !utf8.ValidRune(rune(n)) {
		return "", false
	}
	s = string(rune(n))
	return s, !isPartOfWord(s)
}

// isPartOfWord tells whether a character can be of a key or its =, and so no delimiter.
func isPartOfWord(s string) bool { return s == "=" || isDigits(s) || isKey(s) }

// leefPairs reads the attributes of the event. What is no pair is kept as leef.text.
func (l *line) leefPairs(s, delimiter string) {
	if delimiter == "\t" && strings.IndexByte(s, '\t') < 0 {
		l.blankPairs(s, "leef.text")
		return
	}
	for n := 0; s != ""; n++ {
		part, rest := s, ""
		if n < maxPairs {
			part, rest, _ = strings.Cut(s, delimiter)
		}
		s = rest
		key, value, ok := strings.Cut(part, "=")
		switch {
		case n == maxPairs, !ok, !isKey(strings.TrimSpace(key)):
			if part = strings.TrimSpace(part); part != "" {
				l.more("leef.text", event.Text(part))
			}
		default:
			l.pair(strings.TrimSpace(key), strings.TrimSpace(value))
		}
	}
}

// leefFields fills the fields by the predefined attributes.
func leefFields(l *line, id string) {
	word := l.told("sev", "severity")
	if s, ok := productSeverity(word); ok && word != "" {
		l.states(s, word)
	}
	format := l.told("devTimeFormat")
	l.clock(func(s string, h *Hint) (int64, bool) {
		if format != "" {
			if ns, ok := javaTime(s, format, h); ok {
				return ns, true
			}
		}
		return deviceTime(s, h)
	}, "devTime")
	l.address("src", "identSrc", "srcPreNAT")
	l.device("devHostName", "hostName")
	l.fill(event.FieldUser, "usrName", "accountName", "userName")
	l.fill(event.FieldAction, "action", "act")
	l.fill(event.FieldUserAgent, "userAgent")
	if id != "" {
		l.message(id)
	}
	l.fill(event.FieldMessage, "msg", "message", "reason")
	leefVerdict(l, id)
	if l.e.IP == "" {
		if s := l.told("identHostName"); s != "" {
			l.text("remote_host", s)
		}
	}
}

// leefVerdict sets category and outcome.
func leefVerdict(l *line, id string) {
	o := outcomeWord(l.told("outcome", "result", "status"))
	if l.told("isLoginEvent") == "true" && o != event.Failure {
		l.is("login_success", event.Success, event.Info)
		return
	}
	if l.told("isLogoutEvent") == "true" {
		l.is("logout", o, event.Info)
		return
	}
	act := l.told("action", "act")
	for _, text := range [...]string{id, l.told("cat"), act} {
		if v, ok := verdictOf(strings.ReplaceAll(text, "_", " "), o); ok {
			l.is(v.category, v.outcome, v.severity)
			return
		}
	}
	category := categoryProduct
	if l.find("dst") >= 0 && l.find("proto") >= 0 {
		switch blocksOrLets(act) {
		case -1:
			category, o = "firewall_blocked", event.Failure
		case 1:
			category, o = "firewall_allowed", event.Success
		}
	}
	l.is(category, o, event.Info)
}
