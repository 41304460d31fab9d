// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// pgFacts is what a message says. login tells that it names a user, who must then be the
// prefix's too.
type pgFacts struct {
	category             string
	outcome              event.Outcome
	login                bool
	user, database       string
	host, port           string
	peer                 string // a host that the session itself may have told
	method, app, session string
}

func (f pgFacts) set(l *line) {
	if f.user != "" {
		l.e.SetCore(event.FieldUser, f.user)
	}
	for _, a := range [...]struct{ key, value string }{
		{"database", f.database}, {"method", f.method}, {"application_name", f.app}, {"session_time", f.session}, {"session_peer", f.peer},
	} {
		if a.value != "" {
			l.text(a.key, a.value)
		}
	}
	if f.host != "" && f.host != "[local]" {
		l.remote(f.host, f.port)
	}
	l.is(f.category, f.outcome, l.e.Severity)
}

// pgMessage reads the messages that tell of log-ins, rights and the server itself
// (PostgreSQL's src/backend/libpq/auth.c, utils/init/postinit.c, postmaster). A message
// counts only when the whole of it has the form.
func pgMessage(level, m string) pgFacts {
	f := pgFacts{category: categoryLine}
	switch level {
	case "FATAL":
		if f.refused(m) || f.hba(m) {
			return f
		}
		return pgFacts{category: categoryLine, outcome: event.Failure}
	case "ERROR":
		f.outcome = event.Failure
		if strings.HasPrefix(m, "permission denied for ") || strings.HasPrefix(m, "must be owner of ") || strings.HasPrefix(m, "must be superuser ") {
			f.category = "permission_denied"
		}
		return f
	case "PANIC":
		f.outcome = event.Failure
		return f
	case "LOG":
		if f.log(m) {
			return f
		}
	}
	return pgFacts{category: categoryLine}
}

// refused reads `METHOD authentication failed for user "U"`, and that there is no such
// role, or none that may log in.
func (f *pgFacts) refused(m string) bool {
	f.category, f.outcome, f.login = "login_failed", event.Failure, true
	method, rest, ok := strings.Cut(m, ` authentication failed for user "`)
	if ok && len(method) < 32 && strings.IndexByte(method, ':') < 0 {
		f.method = method
		f.user, ok = strings.CutSuffix(rest, `"`)
		return ok
	}
	if rest, ok = strings.CutPrefix(m, `role "`); !ok {
		return false
	}
	if f.user, ok = strings.CutSuffix(rest, `" does not exist`); !ok {
		f.user, ok = strings.CutSuffix(rest, `" is not permitted to log in`)
	}
	return ok
}

// hba reads that pg_hba.conf lets nobody in who comes so.
func (f *pgFacts) hba(m string) bool {
	*f = pgFacts{category: "permission_denied", outcome: event.Failure, login: true}
	rest, ok := "", false
	for _, head := range [...]string{
		`no pg_hba.conf entry for host "`, `pg_hba.conf rejects connection for host "`,
		`no pg_hba.conf entry for replication connection from host "`, `pg_hba.conf rejects replication connection for host "`,
	} {
		if rest, ok = strings.CutPrefix(m, head); ok {
			break
		}
	}
	if !ok {
		return false
	}
	if f.host, rest, ok = strings.Cut(rest, `", user "`); !ok {
		return false
	}
	if i := strings.LastIndex(rest, `", database "`); i >= 0 {
		f.user = rest[:i]
		rest = rest[i+len(`", database "`):]
		if i = strings.LastIndexByte(rest, '"'); i < 0 {
			return false
		}
		f.database = rest[:i]
		return true
	}
	i := strings.LastIndexByte(rest, '"')
	if i >= 0 {
		f.user = rest[:i]
	}
	return i >= 0
}

// log reads the messages of level LOG.
func (f *pgFacts) log(m string) bool {
	switch head, rest, _ := strings.Cut(m, ": "); head {
	case "connection received":
		f.category = categoryConnection
		return f.from(rest)
	case "connection authenticated":
		f.category, f.outcome = categoryDetail, event.Success
		return f.authenticated(rest)
	case "connection authorized", "replication connection authorized":
		f.category, f.outcome, f.login = "login_success", event.Success, true
		return f.authorized(rest)
	case "disconnection":
		f.category, f.login = "logout", true
		return f.disconnected(rest)
	}
	switch {
	case m == "database system is ready to accept connections", m == "database system is ready to accept read-only connections":
		f.category = "service_started"
	case m == "database system is shut down":
		f.category = "service_stopped"
	case m == "received SIGHUP, reloading configuration files", strings.HasPrefix(m, `parameter "`) && strings.Contains(m, `" changed to "`):
		f.category = "config_changed"
	default:
		return false
	}
	return true
}

// from reads `host=H[ port=P]`.
func (f *pgFacts) from(s string) bool {
	s, ok := strings.CutPrefix(s, "host=")
	f.host, f.port, _ = strings.Cut(s, " port=")
	return ok && strings.IndexByte(f.host, ' ') < 0 && (f.port == "" || isDigits(f.port))
}

// authenticated reads `identity="I" method=M (FILE:LINE)`.
func (f *pgFacts) authenticated(s string) bool {
	i := strings.LastIndex(s, `" method=`)
	if i < 0 || !strings.HasPrefix(s, `identity="`) {
		return false
	}
	f.method, _, _ = strings.Cut(s[i+len(`" method=`):], " ")
	return true
}

// authorized reads `user=U[ database=D][ application_name=A][ SSL enabled (…)]`.
func (f *pgFacts) authorized(s string) bool {
	s, ok := strings.CutPrefix(s, "user=")
	if !ok {
		return false
	}
	if strings.HasSuffix(s, ")") {
		if i := strings.LastIndex(s, " SSL enabled ("); i >= 0 {
			s = s[:i]
		}
	}
	s, f.app, _ = strings.Cut(s, " application_name=")
	f.user, f.database, ok = strings.Cut(s, " database=")
	return f.user != "" && strings.IndexByte(f.database, ' ') < 0 && (ok || strings.IndexByte(f.user, ' ') < 0)
}

// disconnected reads `session time: T user=U database=D host=H[ port=P]`.
func (f *pgFacts) disconnected(s string) bool {
	s, ok := strings.CutPrefix(s, "session time: ")
	i := strings.LastIndex(s, " host=")
	if !ok || i < 0 || !f.from(s[i+1:]) {
		return false
	}
	if f.session, s, ok = strings.Cut(s[:i], " user="); !ok {
		return false
	}
	f.user, f.database, ok = strings.Cut(s, " database=")
	return ok
}
