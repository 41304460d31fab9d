// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseSudo reads sudo's log lines (sudo, lib/eventlog): `USER : [REASON ; ]TTY=… ;
// PWD=… ; USER=… ; COMMAND=…`. A command that ran is a sudo_command, a wrong
// password a login_failed (repeated as often as it was tried), a refusal a
// permission_denied.
func parseSudo(l *line, body string) bool {
	user, rest, ok := strings.Cut(strings.TrimLeft(body, " "), " : ")
	if !ok || user == "" {
		return false
	}
	if more, ok := strings.CutPrefix(rest, "(command continued) "); ok {
		l.e.SetCore(event.FieldUser, user)
		l.text("command_continued", more)
		l.is("sudo_command", event.OutcomeAbsent, event.Info)
		return true
	}
	reason, command, fields := "", "", false
	for rest != "" {
		if found, ok := strings.CutPrefix(rest, "COMMAND="); ok {
			command, fields = found, true // the last one; it may hold anything
			break
		}
		part, after, _ := strings.Cut(rest, " ; ")
		rest = after
		switch key, value, ok := strings.Cut(part, "="); {
		case ok && key == "TTY":
			l.text("tty", value)
		case ok && key == "PWD":
			l.text("cwd", value)
		case ok && key == "USER":
			l.text("run_as", value)
		case ok && key == "GROUP":
			l.text("run_as_group", value)
		case ok && key == "HOST":
			l.text("sudo_host", value)
		case ok && key == "ENV":
			l.text("env", value)
		case reason == "" && !fields:
			reason = part
			continue
		}
		fields = true
	}
	if !fields {
		return false
	}
	l.e.SetCore(event.FieldUser, user)
	if command != "" {
		l.text("command", command)
	}
	sudoVerdict(l, reason)
	return true
}

// sudoVerdict sets the category by the reason that stands before the fields.
func sudoVerdict(l *line, reason string) {
	if reason == "" {
		l.is("sudo_command", event.Success, event.Info)
		return
	}
	l.text("reason", reason)
	if n, rest, ok := strings.Cut(reason, " incorrect password attempt"); ok && (rest == "" || rest == "s") {
		if isDigits(n) && len(n) < 10 && n != "0" && n != "1" {
			l.number("repeat", n)
		}
		l.is("login_failed", event.Failure, event.Low)
		return
	}
	l.is("permission_denied", event.Failure, event.Medium)
}

// parseSu reads the lines of su of util-linux and of shadow:
//
//	(to root) alice on pts/0            FAILED SU (to root) alice on pts/0
//	Successful su for root by alice     FAILED su for root by alice
func parseSu(l *line, body string) bool {
	failed := false
	rest := body
	for _, p := range [...]struct {
		prefix string
		failed bool
	}{{"FAILED SU ", true}, {"FAILED su ", true}, {"Successful su ", false}} {
		if after, ok := strings.CutPrefix(body, p.prefix); ok {
			rest, failed = after, p.failed
			break
		}
	}
	var target, user string
	switch {
	case strings.HasPrefix(rest, "(to "):
		var who string
		var ok bool
		if target, who, ok = strings.Cut(rest[len("(to "):], ") "); !ok {
			return false
		}
		user = who
		if i := strings.LastIndex(who, " on "); i >= 0 {
			user = who[:i]
			l.text("tty", who[i+len(" on "):])
		}
	case strings.HasPrefix(rest, "for ") && len(rest) < len(body):
		var ok bool
		if target, user, ok = strings.Cut(rest[len("for "):], " by "); !ok {
			return false
		}
	default:
		return false
	}
	l.e.SetCore(event.FieldUser, user)
	l.text("run_as", target)
	if failed {
		l.is("login_failed", event.Failure, event.Low)
	} else {
		l.detail(event.Success)
	}
	return true
}
