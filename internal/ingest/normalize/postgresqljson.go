// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillPostgreSQL fills the fields of a line of PostgreSQL's log in its JSON form
// (log_destination = jsonlog, PostgreSQL 15; the documentation's table "Keys and Values
// of JSON Log Entries"). Messages mean what they mean in its other forms (pgMessage). The
// state (SQLSTATE, appendix A) tells refused log-ins in other languages, too. What a user
// can raise by himself is no log-in: no statement raises FATAL, and the message of a
// function has a context.
func fillPostgreSQL(d *document) bool {
	level := d.text("error_severity")
	if !isPgLevel(level) || !d.has("message") || !d.has("pid") && !d.has("timestamp") {
		return false
	}
	postgresTime(d)
	d.take(event.FieldUser, "user")
	d.take(event.FieldSession, "session_id")
	d.take(event.FieldMessage, "message")
	d.e.SetCore(event.FieldService, "postgres")
	d.address("remote_host")
	d.also("source.port", "remote_port")
	d.also("database", "dbname")
	d.also("level", "error_severity")
	d.e.Severity, d.stated = pgSeverity(level), true
	facts, raised := pgFacts{category: categoryLine}, level == "LOG" && d.has("context")
	if !raised {
		facts = pgMessage(level, d.e.Message)
	}
	switch state := d.text("state_code"); {
	case facts.category != categoryLine:
	case level == "FATAL" && strings.HasPrefix(state, "28"): // invalid authorization
		facts = pgFacts{category: "login_failed", outcome: event.Failure}
	case level == "ERROR" && state == "42501": // insufficient privilege
		facts = pgFacts{category: "permission_denied", outcome: event.Failure}
	}
	d.is(facts.category, facts.outcome, event.Info)
	d.postgresSays(facts)
	if rest, ok := strings.CutPrefix(d.e.Message, "AUDIT: "); ok && level == "LOG" && !raised {
		postgresAudit(d, rest)
	}
	return true
}

// postgresSays keeps what a message alone tells.
func (d *document) postgresSays(f pgFacts) {
	if d.e.User == "" && f.user != "" {
		d.e.SetCore(event.FieldUser, f.user)
	}
	for _, a := range [...]struct{ key, value string }{{"method", f.method}, {"application_name", f.app}, {"session_time", f.session}} {
		if a.value != "" && !d.has(a.key) {
			d.e.SetAttr(a.key, event.Text(a.value))
		}
	}
}

// postgresTime reads the time, whose zone is a short name.
func postgresTime(d *document) {
	ns, zone, rest, ok := pgTime(d.text("timestamp"), d.h.Zone)
	if !ok || rest != "" {
		d.time("timestamp")
		return
	}
	d.e.Time = ns
	d.drop("timestamp")
	if zone != "" {
		d.e.SetAttr("time_zone", event.Text(zone))
	}
}

// postgresAudit reads what pgAudit writes: type, statement, substatement, class, command.
func postgresAudit(d *document, rest string) {
	var field [5]string
	for i := range field {
		field[i], rest, _ = strings.Cut(rest, ",")
	}
	d.e.SetCore(event.FieldAction, field[4])
	switch class, command := field[3], field[4]; {
	case command == "GRANT", command == "GRANT ROLE":
		d.is("privilege_granted", event.OutcomeAbsent, event.Medium)
	case command == "CREATE ROLE", command == "CREATE USER":
		d.is("account_created", event.OutcomeAbsent, event.Low)
	case command == "DROP ROLE", command == "DROP USER":
		d.is("account_deleted", event.OutcomeAbsent, event.Low)
	case class == "ROLE":
		d.is("role_changed", event.OutcomeAbsent, event.Low)
	case class == "READ", class == "WRITE":
		d.is("data_access", event.OutcomeAbsent, event.Info)
	case class == "DDL", class == "MISC_SET":
		d.is("config_changed", event.OutcomeAbsent, event.Info)
	}
}
