// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// pgPrefix is what a prefix says of the session: who, which database, which program,
// from where. text is the whole of it.
type pgPrefix struct {
	text                string
	user, database, app string
	client, pid         string
}

// pgPrefixOf reads the names of a prefix: `U@D`, `U@D:[PID]:`, or `user=U,db=D,app=A,client=H`
// in this order, some of them. A name that is there twice is none.
func pgPrefixOf(s string) (p pgPrefix) {
	s = strings.TrimRight(s, " ")
	if rest, ok := strings.CutSuffix(s, "]:"); ok {
		if i := strings.LastIndex(rest, ":["); i >= 0 && isDigits(rest[i+2:]) {
			p.pid, s = rest[i+2:], rest[:i]
		}
	}
	p.text = s
	if !strings.HasPrefix(s, "user=") {
		if i := strings.LastIndexByte(s, '@'); i >= 0 && strings.IndexByte(s[i:], ' ') < 0 {
			p.user, p.database = s[:i], s[i+1:]
		}
		return p
	}
	for _, k := range [...]struct {
		name string
		into *string
	}{{",client=", &p.client}, {",host=", &p.client}, {",app=", &p.app}, {",db=", &p.database}} {
		if before, value, ok := strings.Cut(s, k.name); ok {
			if !strings.Contains(value, k.name) {
				*k.into = value
			}
			s = before
		}
	}
	p.user = s[len("user="):]
	return p
}

// agrees tells whether a prefix names the user and the database that a message does; one
// that names nobody agrees with all.
func (p pgPrefix) agrees(f pgFacts) bool {
	if !strings.Contains(p.text, "@") && !strings.HasPrefix(p.text, "user=") {
		return p.text == ""
	}
	for _, form := range [...]struct{ before, between string }{{"", "@"}, {"user=", ",db="}} {
		rest, ok := strings.CutPrefix(p.text, form.before+f.user+form.between)
		if !ok {
			continue
		}
		if after, ok := strings.CutPrefix(rest, f.database); ok && (f.database == "" || after == "" || after[0] == ',') {
			return true
		}
	}
	return false
}

// named tells whether a prefix names the user of a session.
func (p pgPrefix) named() bool { return p.user != "" && p.user != "[unknown]" }

// trusted returns what a message of level LOG says only where the server can have said it.
// Whoever may run SQL can have any text logged at that level (RAISE LOG), under the
// prefix of the session: there, a log-in must be of the same user, what is told of
// the server or of a connection without a user is not believed, and an address is the
// prefix's.
func (p pgPrefix) trusted(level string, f pgFacts) pgFacts {
	if level != "LOG" || !p.named() {
		return f
	}
	switch {
	case f.login && !p.agrees(f), !f.login && f.category != categoryDetail:
		return pgFacts{category: categoryLine}
	case f.host != "":
		f.peer, f.host = f.host, ""
	}
	return f
}

// set fills what the prefix says; before a session has a user, its names are [unknown].
func (p pgPrefix) set(l *line) {
	if p.user != "" && p.user != "[unknown]" {
		l.e.SetCore(event.FieldUser, p.user)
	}
	if p.database != "" && p.database != "[unknown]" {
		l.text("database", p.database)
	}
	if p.app != "" && p.app != "[unknown]" {
		l.text("application_name", p.app)
	}
	if p.client != "" && p.client != "[local]" {
		l.remote(p.client, "")
	}
	if isDigits(p.pid) {
		l.number("pid", p.pid)
	}
	if p.user == "" && p.text != "" && p.text != "@" && !strings.HasPrefix(p.text, "user=") {
		l.text("prefix", p.text)
	}
}
