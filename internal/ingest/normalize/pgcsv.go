// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// pgCSV reads a line of PostgreSQL's csvlog (its manual, 20.8.4). Its columns have fixed
// places and its texts are quoted, so that nothing can be forged.
func pgCSV(l *line, body string) bool {
	ns, zone, rest, ok := pgTime(body, l.h.Zone)
	if !ok || !strings.HasPrefix(rest, ",") {
		return false
	}
	var columns [25]string // behind the time
	n := 0
	for rest != "" && n < len(columns) {
		columns[n], rest, ok = csvField(rest[1:])
		if !ok {
			return false
		}
		n++
	}
	const pid, from, session, level, message, context = 2, 3, 4, 10, 12, 17
	if n <= message || !isDigits(columns[pid]) || !isPgLevel(columns[level]) {
		return false
	}
	l.e.Time = ns
	if zone != "" {
		l.text("time_zone", zone)
	}
	l.message(columns[message])
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "postgres")
	}
	names := [...]string{
		"", "database", "pid", "", "", "session_line", "command_tag", "session_start_time", "virtual_transaction_id", "transaction_id",
		"", "sql_state_code", "", "detail", "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
		"application_name", "backend_type", "leader_pid", "query_id",
	}
	for i, name := range names {
		switch v := columns[i]; {
		case name == "" || v == "":
		case name == "pid" || name == "session_line" || name == "query_pos":
			l.pgNumber(name, v)
		default:
			l.text(name, v)
		}
	}
	l.pgLevel(columns[level])
	if columns[0] != "" {
		l.e.SetCore(event.FieldUser, columns[0])
	}
	if columns[session] != "" {
		l.e.SetCore(event.FieldSession, columns[session])
	}
	if peer := columns[from]; peer != "" && peer != "[local]" {
		if addr, port, ok := haproxyPeer(peer); ok {
			l.remote(addr, port)
		} else {
			l.remote(peer, "")
		}
	}
	facts := pgMessage(columns[level], columns[message])
	if columns[level] == "LOG" && columns[context] != "" { // raised by SQL, not by the server
		facts = pgFacts{category: categoryLine}
	}
	facts.set(l)
	return true
}

func (l *line) pgNumber(name, v string) {
	if isDigits(v) {
		l.number(name, v)
	} else {
		l.text(name, v)
	}
}

// csvField reads a field up to the comma behind it, which stays in rest. One whose quote
// does not end is the last: its record went on in the next line.
func csvField(s string) (field, rest string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		if i := strings.IndexByte(s, ','); i >= 0 {
			return s[:i], s[i:], true
		}
		return s, "", true
	}
	s = s[1:]
	double := false
	for i := 0; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			double = true
			i++
			continue
		}
		field, rest = s[:i], s[i+1:]
		if double {
			field = strings.ReplaceAll(field, `""`, `"`)
		}
		return field, rest, rest == "" || rest[0] == ','
	}
	if double {
		s = strings.ReplaceAll(s, `""`, `"`)
	}
	return s, "", true
}
