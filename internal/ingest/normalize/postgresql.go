// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parsePostgres reads what PostgreSQL writes: csvlog, and lines with one of the usual
// settings of log_line_prefix, also behind the header of syslog (its manual, 20.8):
//
//	%m [%p] %q%u@%d                                        Debian's
//	%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h         pgBadger's
//	%t:%r:%u@%d:[%p]:                                      Amazon RDS's
//
// User, database and application are the client's own texts, and in the prefix nothing is
// escaped: a name can hold what looks like the end of the prefix and a message. A line
// that can be read in two ways is read in the one in which prefix and message name the
// same user; where there is none, it is kept whole, with a mark.
func parsePostgres(l *line, body string) bool {
	return pgCSV(l, body) || pgLine(l, body)
}

// pgLine reads a line with a prefix.
func pgLine(l *line, body string) bool {
	h, ok := pgHeadOf(l, body)
	if !ok {
		return false
	}
	reads := pgReadings(h.rest)
	if len(reads) == 0 {
		return false
	}
	h.set(l)
	if l.e.Service == "" {
		l.e.SetCore(event.FieldService, "postgres")
	}
	read, ok := pgChoose(reads)
	if !ok {
		l.message(h.rest)
		l.e.Marks = append(l.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "message", Detail: "prefix and message cannot be told apart"})
		return true
	}
	l.message(read.message)
	l.pgLevel(read.level)
	read.prefix.set(l)
	read.prefix.trusted(read.level, read.facts).set(l)
	return true
}

// pgReading is a way to read a line: where its prefix ends and its message starts.
type pgReading struct {
	prefix  pgPrefix
	level   string
	message string
	facts   pgFacts
}

// maxPrefix is more than the names in a prefix can have together: each has at most 63
// bytes (NAMEDATALEN).
const maxPrefix = 512

// pgReadings finds the words of a severity, each of which can end the prefix.
func pgReadings(s string) (reads []pgReading) {
	for at := 0; len(reads) < 8; {
		i := strings.Index(s[at:], ":  ")
		if i < 0 || at+i > maxPrefix {
			return reads
		}
		i += at
		at = i + 3
		from := i
		for from > 0 && (s[from-1] >= 'A' && s[from-1] <= 'Z' || isDigit(s[from-1])) {
			from--
		}
		if from > 0 && s[from-1] != ' ' && s[from-1] != ':' || !isPgLevel(s[from:i]) {
			continue
		}
		r := pgReading{prefix: pgPrefixOf(s[:from]), level: s[from:i], message: s[i+3:]}
		r.facts = pgMessage(r.level, r.message)
		reads = append(reads, r)
	}
	return reads
}

// pgChoose takes the only reading, or the first whose prefix and message name the same
// user.
func pgChoose(reads []pgReading) (pgReading, bool) {
	if len(reads) == 1 {
		return reads[0], true
	}
	for _, r := range reads {
		if r.facts.login && r.prefix.agrees(r.facts) {
			return r, true
		}
	}
	return pgReading{}, false
}

func isPgLevel(word string) bool {
	switch word {
	case "LOG", "INFO", "NOTICE", "WARNING", "ERROR", "FATAL", "PANIC", "DETAIL", "HINT", "QUERY", "CONTEXT", "STATEMENT", "LOCATION", "BACKTRACE",
		"DEBUG", "DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5":
		return true
	default:
		return false
	}
}

// pgLevel sets the severity by the word of a line, as PostgreSQL maps its words to those
// of syslog (its manual, table 20.2): FATAL ends one session, not the server.
func (l *line) pgLevel(word string) {
	if l.stated {
		l.text("pg_level", word)
		return
	}
	l.text("level", word)
	l.e.Severity = pgSeverity(word)
}

func pgSeverity(word string) event.Severity {
	switch word {
	case "ERROR":
		return event.Low
	case "FATAL":
		return event.Medium
	case "PANIC":
		return event.High
	default:
		return event.Info
	}
}

// looksPostgres tells whether a text starts as a line of PostgreSQL does: a date, a clock,
// the name of a zone and then the process in brackets, or a comma or colon.
func looksPostgres(text string) bool {
	if len(text) < 30 || text[4] != '-' || text[10] != ' ' || text[13] != ':' {
		return false
	}
	i := 19
	if text[i] == '.' {
		i += 4
	}
	if text[i] != ' ' {
		return false
	}
	for i++; i < len(text) && i < 32; i++ {
		switch c := text[i]; {
		case c == ',', c == ':':
			return i > 21
		case c == ' ':
			return i > 21 && i+1 < len(text) && text[i+1] == '['
		case (c < 'A' || c > 'Z') && c != '+' && c != '-' && !isDigit(c):
			return false
		}
	}
	return false
}
