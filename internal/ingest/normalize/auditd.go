// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseAuditd reads the records of the Linux audit system (audit-documentation, "Audit
// Event Parsing Library Specifications", and Red Hat's Audit System Reference), one
// record a line:
//
//	[node=HOST ]type=USER_LOGIN msg=audit(1364481363.243:24287): pid=1 … msg='op=… res=failed'
//	audit: type=1105 audit(1364481363.243:24287): …     (the kernel's own)
//	USER_START pid=75057 …                              (journald's, program audit)
//
// An event is often several records of one serial, which is no id of a record therefore.
func parseAuditd(l *line, body string) bool {
	r := auditRecord{l: l, copied: l.program == "kernel"}
	_, rest := cutUptime(body)
	if after, ok := strings.CutPrefix(rest, "audit: "); ok {
		rest, r.copied = after, true
	}
	node, kind := "", ""
	if after, ok := strings.CutPrefix(rest, "node="); ok {
		node, rest = cutWord(after)
	}
	if after, ok := strings.CutPrefix(rest, "type="); ok {
		kind, rest = cutWord(after)
	}
	stamp := ""
	after, found := strings.CutPrefix(strings.TrimPrefix(rest, "msg="), "audit(")
	if found {
		if stamp, rest, found = strings.Cut(after, ")"); found {
			rest = strings.TrimPrefix(strings.TrimPrefix(rest, " "), ":")
		}
	} else if l.program == "audit" && kind == "" && node == "" {
		kind, rest = cutWord(rest)
		found = strings.Contains(kind, "_") || kind == "SYSCALL" || kind == "AVC" || kind == "EXECVE" || kind == "PROCTITLE"
	}
	if !found || len(stamp) > 64 || kind == "" && stamp == "" || kind != "" && !isKey(kind) && !isDigits(kind) {
		return false
	}
	if kind != "" && !isDigits(kind) && kind != strings.ToUpper(kind) {
		return false
	}
	l.apart()
	r.head(node, kind, stamp)
	r.whole = rest
	r.pairs(rest)
	r.fields()
	if r.told > 0 {
		l.message(body[:len(body)-len(rest)] + string(append(r.message, rest[r.told:]...)))
	}
	l.together()
	return true
}

// looksLikeAudit tells whether a text begins as a record does.
func looksLikeAudit(s string) bool {
	switch {
	case strings.HasPrefix(s, "type="), strings.HasPrefix(s, "node="):
		return strings.Contains(s[:min(len(s), 512)], "msg=audit(")
	default:
		return strings.HasPrefix(s, "audit: type=")
	}
}

// auditRecord is a record while it is read.
type auditRecord struct {
	l    *line
	kind string
	// interpreted says that ausearch -i has written it: nothing is in hexadecimal.
	interpreted bool
	// copied says that the kernel printed it, because no daemon took it.
	copied bool
	// message is the fields as they came (whole), up to told, with the texts that were in
	// hexadecimal: people and the masking of secrets see what stands there.
	whole   string
	message []byte
	told    int
}

// head keeps what stands before the fields.
func (r *auditRecord) head(node, kind, stamp string) {
	l := r.l
	if node != "" {
		l.pair("node", node)
		l.device("node")
	}
	r.kind = kind
	if isDigits(kind) {
		l.number("audit.type", kind)
		if r.kind = auditKind(kind); r.kind == "" {
			r.kind = kind
		}
	}
	if r.kind != "" {
		l.text("type", r.kind)
	}
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "auditd")
	}
	if stamp == "" {
		return
	}
	l.text("audit.serial", stamp)
	colon := strings.LastIndexByte(stamp, ':')
	if colon < 0 {
		return
	}
	if ns, ok := parseEpoch(stamp[:colon]); ok {
		l.e.Time = ns
		return
	}
	// A date in the order of the reader's language, which is not known here.
	r.interpreted = true
	if l.e.Time == 0 {
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "time", Detail: clip(stamp)})
	}
}

// pairs reads the fields, also those within msg='…'. Between double quotes stands one
// value, in which the kernel lets no such quote, no blank and no control character be: a
// text with one of these is in hexadecimal. A single quote can be in it.
func (r *auditRecord) pairs(s string) {
	l, last, within := r.l, "", false
	var words []string
	for n := 0; ; n++ {
		if s = strings.TrimLeft(s, " \t\x1d,(':"); s == "" {
			break
		}
		if n == maxPairs {
			words = append(words, s)
			break
		}
		end := strings.IndexAny(s, " \t\x1d=")
		if end < 0 || s[end] != '=' || !isKey(s[:end]) {
			if end < 0 {
				end = len(s)
			} else if s[end] == '=' {
				end++
			}
			word := strings.TrimRight(s[:end], "'")
			s = s[end:]
			if i := l.find(last); (last == "op" || r.interpreted) && i >= 0 && l.attrs[i].Value.Kind == event.KindText {
				l.attrs[i].Value.Text += " " + word
			} else if word != "" {
				words = append(words, word)
			}
			continue
		}
		key := s[:end]
		s = s[end+1:]
		last = key
		if strings.HasPrefix(s, `"`) {
			value, rest, _ := strings.Cut(s[1:], `"`)
			l.pair(key, value)
			s, last = rest, ""
			continue
		}
		if key == "msg" && strings.HasPrefix(s, "'") {
			s, within, last = s[1:], true, ""
			continue
		}
		s = r.bare(key, s, &within)
	}
	if len(words) > 0 {
		l.text("audit.text", strings.Join(words, " "))
	}
}

// bare reads a value without quotes and returns what follows it.
func (r *auditRecord) bare(key, s string, within *bool) string {
	end := strings.IndexAny(s, " \t\x1d")
	if end < 0 {
		end = len(s)
	}
	if i := strings.IndexByte(s[:end], '\''); i >= 0 && (*within || key == "res") {
		end, *within = i, false
	}
	value, rest := s[:end], s[end:]
	value = strings.TrimSuffix(value, ",")
	if strings.HasSuffix(value, ")") && !strings.Contains(value, "(") {
		value = strings.TrimSuffix(value, ")")
	}
	if text, ok := r.decoded(key, value); ok {
		start := len(r.whole) - len(s)
		r.message = append(append(append(append(r.message, r.whole[r.told:start]...), '"'), text...), '"')
		r.told = start + len(value)
		value = text
	}
	switch i := r.l.find(key); {
	case i < 0 && isArgument(key):
		r.l.text(key, value) // also where it happens to have digits alone
	case i >= 0 && *within && (key == "uid" || key == "pid" || key == "auid" || key == "ses"):
		r.l.more(key, pairValue(value)) // some programs tell their own beside the kernel's
	default:
		r.l.pair(key, value)
	}
	return rest
}

// isArgument tells whether a field is an argument: a0, a1, a2[0] …
func isArgument(key string) bool { return len(key) > 1 && key[0] == 'a' && isDigit(key[1]) }

// decoded reads a text that is in hexadecimal, where the field can be one. Zero bytes,
// which part the arguments of a command, become blanks, and bytes that are no UTF-8 \xFF.
func (r *auditRecord) decoded(key, value string) (text string, ok bool) {
	if r.interpreted || len(value) < 2 || len(value)%2 != 0 {
		return "", false
	}
	switch key {
	case "acct", "cmd", "comm", "cwd", "data", "dir", "exe", "file", "grp", "key", "name", "new_group", "ocomm", "path", "proctitle", "sw", "vm":
	default:
		if r.kind != "EXECVE" || !isArgument(key) {
			return "", false
		}
	}
	out := make([]byte, 0, len(value)/2)
	for i := 0; i < len(value); i += 2 {
		hi, lo := capitalHex(value[i]), capitalHex(value[i+1])
		if hi > 15 || lo > 15 {
			return "", false
		}
		c := hi<<4 | lo
		if c == 0 {
			c = ' '
		}
		out = append(out, c)
	}
	if !utf8.Valid(out) {
		return escapeInvalid(out), true
	}
	return string(out), true
}

// escapeInvalid writes the bytes that are no UTF-8 as \xFF.
func escapeInvalid(b []byte) string {
	out := make([]byte, 0, 2*len(b))
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = fmt.Appendf(out, `\x%02X`, b[0])
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}

// capitalHex is the value of a digit of the kernel's hexadecimal, which has capitals.
func capitalHex(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	default:
		return 255
	}
}
