// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseCron reads the lines of Vixie cron, cronie and crontab, `(USER) CMD (COMMAND)`,
// and busybox's `USER root pid 7 cmd COMMAND`.
func parseCron(l *line, body string) bool {
	if rest, ok := strings.CutPrefix(body, "USER "); ok {
		user, rest, _ := strings.Cut(rest, " pid ")
		_, command, ok := strings.Cut(rest, " cmd ")
		return ok && l.cron(user, command, "cron_command", event.OutcomeAbsent, event.Info)
	}
	rest, ok := strings.CutPrefix(body, "(")
	user, rest, cut := strings.Cut(rest, ") ")
	what, rest, open := strings.Cut(rest, " (")
	detail, closed := strings.CutSuffix(strings.TrimRight(rest, " "), ")")
	if !ok || !cut || !open || !closed || user == "" || strings.ContainsAny(user, " (") {
		return false
	}
	switch what {
	case "CMD":
		return l.cron(user, detail, "cron_command", event.OutcomeAbsent, event.Info)
	case "REPLACE", "DELETE": // of a user's table, by crontab
		return l.cron(user, detail, "config_changed", event.Success, event.Info)
	case "AUTH":
		return l.cron(user, detail, "permission_denied", event.Failure, event.Medium)
	case "STARTUP":
		l.is("service_started", event.OutcomeAbsent, event.Info)
		return true
	default:
		return false
	}
}

func (l *line) cron(user, detail, category string, o event.Outcome, s event.Severity) bool {
	l.e.SetCore(event.FieldUser, user)
	if category == "cron_command" {
		l.text("command", strings.TrimSpace(detail))
	} else {
		l.text("reason", detail)
	}
	l.is(category, o, s)
	return true
}

// parseLogind reads the sessions of systemd-logind. PAM tells of the same session in a
// line that counts, so that these are details.
//
//	New session 5 of user ana.      New session '5' of user 'ana' with class 'user' and type 'tty'.
//	Session 5 logged out. Waiting for processes to exit.      Removed session 5.
func parseLogind(l *line, body string) bool {
	if rest, ok := strings.CutPrefix(body, "New session "); ok {
		id, rest, ok := strings.Cut(rest, " of user ")
		user := strings.TrimSuffix(rest, ".")
		if name, _, quoted := cutQuoted(rest); quoted {
			user = name
		}
		if !ok || user == "" || !l.logindSession(id, event.Success) {
			return false
		}
		l.e.SetCore(event.FieldUser, user)
		return true
	}
	if id, ok := strings.CutPrefix(body, "Removed session "); ok {
		return l.logindSession(strings.TrimSuffix(id, "."), event.OutcomeAbsent)
	}
	if rest, ok := strings.CutPrefix(body, "Session "); ok {
		id, _, ok := strings.Cut(rest, " logged out.")
		return ok && l.logindSession(id, event.OutcomeAbsent)
	}
	switch body {
	case "System is powering down.", "System is rebooting.", "System is halting.", "System is powering down", "System is rebooting":
		l.is("service_stopped", event.OutcomeAbsent, event.Info)
		return true
	default:
		return false
	}
}

func (l *line) logindSession(id string, o event.Outcome) bool {
	if id = strings.Trim(id, "'"); id == "" || strings.IndexByte(id, ' ') >= 0 {
		return false
	}
	l.e.SetCore(event.FieldSession, id)
	return l.detail(o)
}
