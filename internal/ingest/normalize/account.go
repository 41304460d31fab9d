// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// parseAccount reads what the programs that manage accounts log (shadow, src/useradd.c,
// userdel.c, usermod.c, groupadd.c, gpasswd.c, passwd.c, chage.c). One command leaves
// several lines: the one of the account or of its group counts, that of the shadow entry
// is a detail.
func parseAccount(l *line, body string) bool {
	switch {
	case strings.HasPrefix(body, "new user: name="), strings.HasPrefix(body, "new account"):
		return newUser(l, body)
	case strings.HasPrefix(body, "new group: name="), strings.HasPrefix(body, "group changed in /etc/group "), strings.HasPrefix(body, "group ") && strings.HasSuffix(body, " removed"):
		l.is("config_changed", event.Success, event.Info)
		return true
	case strings.HasPrefix(body, "failed adding user '"):
		return l.account(body[len("failed adding user "):], verdict{categoryDetail, event.Failure, event.Info})
	case strings.HasPrefix(body, "delete user '"):
		return l.account(body[len("delete user "):], verdict{"account_deleted", event.Success, event.Low})
	case strings.HasPrefix(body, "add '"):
		return membership(l, body[len("add "):], " to ")
	case strings.HasPrefix(body, "delete '"):
		return membership(l, body[len("delete "):], " from ")
	case strings.HasPrefix(body, "user "):
		return groupPassword(l, body[len("user "):])
	case strings.HasPrefix(body, "lock user '"):
		return l.account(body[len("lock user "):], verdict{"account_locked", event.Success, event.Low})
	case strings.HasPrefix(body, "unlock user '"):
		return l.account(body[len("unlock user "):], verdict{"config_changed", event.Success, event.Low})
	case strings.HasPrefix(body, "change user '"):
		return changedUser(l, body[len("change user "):])
	case strings.HasPrefix(body, "changed user '"):
		return l.account(body[len("changed user "):], verdict{"config_changed", event.Success, event.Info})
	case strings.HasPrefix(body, "password for '"):
		return changedPassword(l, body[len("password for "):])
	case strings.HasPrefix(body, "changed password expiry for "):
		l.e.SetCore(event.FieldUser, body[len("changed password expiry for "):])
		l.is("config_changed", event.Success, event.Info)
		return true
	default:
		return false
	}
}

// cutQuoted cuts a name between single quotes from the start of a text.
func cutQuoted(s string) (name, rest string, ok bool) {
	if !strings.HasPrefix(s, "'") {
		return "", s, false
	}
	name, rest, ok = strings.Cut(s[1:], "'")
	return name, rest, ok && name != ""
}

// account sets the user whose name a text begins with.
func (l *line) account(s string, v verdict) bool {
	name, _, ok := cutQuoted(s)
	if !ok {
		return false
	}
	l.e.SetCore(event.FieldUser, name)
	l.is(v.category, v.outcome, v.severity)
	return true
}

// newUser reads `new user: name=ana, UID=1001, GID=1001, home=/home/ana, shell=/bin/sh, from=/dev/pts/0`.
func newUser(l *line, body string) bool {
	_, rest, _ := strings.Cut(body, ": ")
	first, _, _ := strings.Cut(rest, ", ")
	_, name, _ := strings.Cut(first, "=") // name, or account in old versions
	if name == "" {
		return false
	}
	for part := range strings.SplitSeq(rest, ", ") {
		key, value, ok := strings.Cut(part, "=")
		switch {
		case !ok:
		case key == "UID" || key == "GID" || key == "uid" || key == "gid":
			l.pair(strings.ToLower(key), value)
		case key == "home" || key == "shell" || key == "from" || key == "by":
			l.pair(key, value)
		}
	}
	l.e.SetCore(event.FieldUser, name)
	l.is("account_created", event.Success, event.Low)
	return true
}

// membership reads `'ana' to group 'sudo'` and `'ana' from shadow group 'sudo'`.
func membership(l *line, s, way string) bool {
	user, rest, ok := cutQuoted(s)
	rest, cut := strings.CutPrefix(rest, way)
	rest, shadow := strings.CutPrefix(rest, "shadow ")
	rest, group := strings.CutPrefix(rest, "group ")
	name, _, named := cutQuoted(rest)
	if !ok || !cut || !group || !named {
		return false
	}
	if l.inGroup(user, name, way == " to "); shadow {
		l.detail(event.Success)
	}
	return true
}

// inGroup sets what a change of a group means for a user.
func (l *line) inGroup(user, group string, added bool) {
	l.e.SetCore(event.FieldUser, user)
	l.text("group", group)
	if added {
		switch group {
		case "root", "sudo", "wheel", "admin", "docker", "lxd", "disk", "shadow":
			l.is("privilege_granted", event.Success, event.Medium)
			return
		}
	}
	l.is("role_changed", event.Success, event.Low)
}

// groupPassword reads gpasswd's `ana added by root to group sudo`.
func groupPassword(l *line, s string) bool {
	for _, p := range [...][2]string{{" added by ", " to group "}, {" removed by ", " from group "}} {
		user, rest, ok := strings.Cut(s, p[0])
		by, group, found := strings.Cut(rest, p[1])
		if ok && found && user != "" && group != "" {
			l.text("by", by)
			l.inGroup(user, group, p[1] == " to group ")
			return true
		}
	}
	return false
}

// changedUser reads `'ana' password` and `'ana' UID from '1001' to '0'`.
func changedUser(l *line, s string) bool {
	name, what, ok := cutQuoted(s)
	if !ok {
		return false
	}
	l.e.SetCore(event.FieldUser, name)
	what = strings.TrimPrefix(what, " ")
	l.text("change", what)
	switch {
	case what == "password":
		l.is("password_changed", event.Success, event.Info)
	case strings.HasPrefix(what, "UID ") && strings.HasSuffix(what, " to '0'"):
		l.is("privilege_granted", event.Success, event.High)
	case strings.HasPrefix(what, "UID "), strings.HasPrefix(what, "GID "):
		l.is("role_changed", event.Success, event.Low)
	default:
		l.is("config_changed", event.Success, event.Info)
	}
	return true
}

// changedPassword reads passwd's `'ana' changed by 'root'`.
func changedPassword(l *line, s string) bool {
	user, rest, ok := cutQuoted(s)
	rest, cut := strings.CutPrefix(rest, " changed by ")
	by, _, named := cutQuoted(rest)
	if !ok || !cut || !named {
		return false
	}
	l.e.SetCore(event.FieldUser, user)
	l.text("by", by)
	l.is("password_changed", event.Success, event.Info)
	return true
}
