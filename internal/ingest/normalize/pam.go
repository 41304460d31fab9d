// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parsePAM reads what PAM modules write under any program's name (Linux-PAM,
// modules/pam_unix/support.c and pam_unix_sess.c, and others of the same form):
//
//	pam_unix(sshd:auth): authentication failure; … rhost=HOST  user=U
//	sshd(pam_unix)[PID]: authentication failure; … rhost=HOST  user=U   (until 2005)
//	PAM 5 more authentication failures; … rhost=HOST  user=U
//	pam_unix(sshd:session): session opened for user U by (uid=0)
//
// Where the program itself reports the same attempt (sshd, sudo, su), a failure is
// auth_detail; else it is a login_failed of its own. The old form is always one:
// in those logs nothing else reports the attempt.
func parsePAM(l *line, body string) bool {
	if program, old := strings.CutSuffix(l.program, "(pam_unix)"); old {
		l.e.Service = program
		l.text("pam", "pam_unix")
		return pamBody(l, body, program, true)
	}
	if rest, ok := strings.CutPrefix(body, "PAM "); ok {
		if strings.HasPrefix(rest, "service(") { // PAM service(sshd) ignoring max retries; 6 > 3
			return l.detail(event.Failure)
		}
		return pamMore(l, rest)
	}
	if !strings.HasPrefix(body, "pam_") {
		return false
	}
	head, rest, ok := strings.Cut(body, ": ")
	module, where, open := strings.Cut(head, "(")
	where, closed := strings.CutSuffix(where, ")")
	if !ok || !open || !closed {
		return false
	}
	service, phase, _ := strings.Cut(where, ":")
	if strings.Contains(service, " ") {
		return false
	}
	l.text("pam", module)
	l.text("pam_service", service)
	if phase != "" {
		l.text("pam_phase", phase)
	}
	return pamBody(l, rest, service, false)
}

func pamBody(l *line, body, service string, counts bool) bool {
	switch {
	case strings.HasPrefix(body, "authentication failure;"):
		pamFields(l, body)
		if counts || !reportsItself(service) {
			l.is("login_failed", event.Failure, event.Low)
		} else {
			l.detail(event.Failure)
		}
		return true
	case strings.HasPrefix(body, "check pass; "), strings.HasPrefix(body, "bad username ["):
		return l.detail(event.Failure)
	case strings.HasPrefix(body, "session opened for user "):
		return pamSession(l, body[len("session opened for user "):], "session_started", event.Success)
	case strings.HasPrefix(body, "session closed for user "):
		category := "session_closed"
		if isLogin(service) {
			category = "logout"
		}
		return pamSession(l, body[len("session closed for user "):], category, event.Success)
	case strings.HasPrefix(body, "password changed for "):
		l.e.SetCore(event.FieldUser, body[len("password changed for "):])
		l.is("password_changed", event.Success, event.Info)
		return true
	case strings.HasPrefix(body, "account ") && strings.Contains(body, " has expired"):
		user, _, _ := strings.Cut(body[len("account "):], " has expired")
		l.e.SetCore(event.FieldUser, user)
		return l.detail(event.Failure)
	default:
		return false
	}
}

// reportsItself tells whether the programs of a PAM service log each refused
// attempt themselves, in a line that is counted.
func reportsItself(service string) bool {
	switch service {
	case "sshd", "sudo", "sudo-i", "su", "su-l", "runuser":
		return true
	default:
		return false
	}
}

// isLogin tells whether a session of the service is a person's log-in.
func isLogin(service string) bool {
	switch service {
	case "sshd", "login", "remote", "gdm", "gdm-password", "gdm-fingerprint", "lightdm", "sddm", "kdm", "xdm", "xrdp-sesman", "cockpit", "vsftpd", "ftpd":
		return true
	default:
		return false
	}
}

// pamMore reads `N more authentication failure[s]; …`, which repeats what the
// Failed lines of the same process have said.
func pamMore(l *line, rest string) bool {
	n, rest, ok := strings.Cut(rest, " more authentication failure")
	if !ok || !isDigits(n) {
		return false
	}
	l.number("more", n)
	pamFields(l, rest)
	return l.detail(event.Failure)
}

// pamFields reads `logname= uid=0 euid=0 tty=ssh ruser= rhost=HOST  user=NAME`.
// The name comes last and is the client's own text: everything behind user= is it.
func pamFields(l *line, s string) {
	if _, user, ok := strings.Cut(s, "  user="); ok {
		l.e.SetCore(event.FieldUser, user)
		s = s[:len(s)-len(user)-len("  user=")]
	}
	for _, key := range [...]string{"tty", "ruser", "rhost"} {
		i := strings.LastIndex(s, " "+key+"=")
		if i < 0 {
			continue
		}
		value, _, _ := strings.Cut(s[i+len(key)+2:], " ")
		switch {
		case value == "":
		case key == "rhost":
			l.remote(value, "")
		default:
			l.text(key, value)
		}
	}
}

// pamSession reads `U[(uid=N)] by [W](uid=M)` or `U`.
func pamSession(l *line, rest, category string, o event.Outcome) bool {
	user, by, _ := strings.Cut(rest, " by ")
	if name, uid, ok := strings.Cut(user, "(uid="); ok {
		user = name
		if uid = strings.TrimSuffix(uid, ")"); isDigits(uid) {
			l.number("uid", uid)
		}
	}
	l.e.SetCore(event.FieldUser, user)
	if by, _, _ = strings.Cut(by, "(uid="); by != "" {
		l.text("by", by)
	}
	l.is(category, o, event.Info)
	return true
}
