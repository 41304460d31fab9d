// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// categoryAudit is the category of audit records that are parts of an event or that
// have no other.
const categoryAudit = "audit_record"

// fields fills the event's fields. The names in capitals are those that auditd adds to
// numbers (log_format = ENRICHED).
func (r *auditRecord) fields() {
	l := r.l
	l.address("addr", "hostname")
	if l.e.IP == "" {
		if name := l.told("hostname"); name != "" && name != "?" {
			l.text("remote_host", name)
		}
	}
	l.fill(event.FieldAction, "op")
	if ses := l.told("ses"); ses != "" && ses != unsetID && ses != "unset" {
		l.e.SetCore(event.FieldSession, ses)
	}
	if user := r.user(); user != "" {
		l.e.SetCore(event.FieldUser, user)
	}
	v := r.verdict(r.outcome())
	if r.copied && (v.category == "login_failed" || v.category == "login_success" || v.category == "session_started" || v.category == "session_closed") {
		v.category = categoryDetail // the program's own line is in the same log
	}
	l.is(v.category, v.outcome, v.severity)
}

// unsetID is the id of nobody, -1 in 32 bits.
const unsetID = "4294967295"

// user is the account that the record is about, else the one that acted.
func (r *auditRecord) user() string {
	keys := []string{"acct", "ID", "AUID", "UID"}
	if r.interpreted {
		keys = []string{"acct", "id", "auid", "uid"}
	}
	for _, key := range keys {
		switch s := r.l.told(key); {
		case s == "", s == "?", s == "unset", strings.HasPrefix(s, "unknown"), strings.HasPrefix(s, "(unknown"), s == "(invalid user)":
		default:
			return s
		}
		if key == "ID" && r.l.told("id") == "0" {
			return "root"
		}
	}
	return ""
}

func (r *auditRecord) outcome() event.Outcome {
	word := r.l.told("res", "result", "success")
	if i := r.l.find("res"); i >= 0 && r.interpreted && r.l.attrs[i].Value.Kind == event.KindList {
		list := r.l.attrs[i].Value.List
		word = list[len(list)-1].Text
	}
	switch word {
	case "success", "yes", "1":
		return event.Success
	case "failed", "no", "0", "fail":
		return event.Failure
	default:
		return event.OutcomeAbsent
	}
}

// verdict says what happened by the type of the record.
func (r *auditRecord) verdict(o event.Outcome) verdict {
	op := strings.ReplaceAll(r.l.told("op"), "-", " ")
	detail := verdict{categoryDetail, o, event.Info}
	done := func(category string, s event.Severity) verdict {
		if o != event.Success {
			return detail // only tried, or cut off before its result
		}
		return verdict{category, o, s}
	}
	switch r.kind {
	case "USER_LOGIN":
		if o == event.Failure {
			return verdict{"login_failed", o, event.Low}
		}
		return done("login_success", event.Info)
	case "USER_LOGOUT":
		return done("logout", event.Info)
	case "USER_START":
		return done("session_started", event.Info)
	case "USER_END":
		return done("session_closed", event.Info)
	case "USER_AUTH", "USER_ACCT", "USER_ERR", "CRED_ACQ", "CRED_DISP", "CRED_REFR", "LOGIN", "GRP_AUTH", "ACCT_UNLOCK":
		return detail
	case "ANOM_LOGIN_FAILURES", "RESP_ACCT_LOCK", "RESP_ACCT_LOCK_TIMED", "ACCT_LOCK":
		return verdict{"account_locked", o, event.Low}
	case "ADD_USER", "DEL_USER", "ADD_GROUP", "DEL_GROUP", "USER_MGMT", "GRP_MGMT", "USER_CHAUTHTOK", "GRP_CHAUTHTOK", "CHGRP_ID", "ACCT_MGMT":
		return auditAccount(r.kind, op, done, detail)
	case "ROLE_ASSIGN", "ROLE_REMOVE", "USER_ROLE_CHANGE", "ROLE_MODIFY":
		return done("role_changed", event.Low)
	case "USER_CMD":
		if o == event.Failure {
			return verdict{"permission_denied", o, event.Medium}
		}
		return verdict{"sudo_command", o, event.Info}
	case "CONFIG_CHANGE", "DAEMON_CONFIG", "USYS_CONFIG", "MAC_CONFIG_CHANGE", "MAC_STATUS":
		switch {
		case o != event.Failure && r.l.told("audit_enabled") == "0":
			return verdict{"log_paused", o, event.High}
		case o != event.Failure && (op == "remove_rule" || op == "remove rule"):
			return verdict{"config_changed", o, event.Medium}
		}
		return verdict{"config_changed", o, event.Info}
	case "DAEMON_END", "DAEMON_ABORT":
		return verdict{"service_stopped", o, event.Medium}
	case "SERVICE_STOP", "SYSTEM_SHUTDOWN":
		return verdict{"service_stopped", o, event.Info}
	case "DAEMON_START", "DAEMON_RESUME", "SERVICE_START", "SYSTEM_BOOT":
		return verdict{"service_started", o, event.Info}
	default:
		return verdict{categoryAudit, o, event.Info}
	}
}

// auditAccount says what was done to an account. One command leaves several records: the
// one of the account itself counts, those of its home, its shadow entry and its mail
// spool are details.
func auditAccount(kind, op string, done func(string, event.Severity) verdict, detail verdict) verdict {
	switch {
	case kind == "ADD_USER" && (op == "" || op == "add user" || op == "adding user"):
		return done("account_created", event.Low)
	case kind == "DEL_USER" && (op == "" || op == "delete user" || op == "deleting user" || op == "deleting user entries"):
		return done("account_deleted", event.Low)
	case op == "adding user to group" || op == "add user to group" || op == "deleting user from group" || op == "delete user from group":
		return done("role_changed", event.Low)
	case kind == "USER_CHAUTHTOK" && (op == "" || op == "PAM:chauthtok" || op == "change password" || op == "changing password" || op == "updating password"):
		return done("password_changed", event.Info)
	case kind == "ADD_GROUP" || kind == "DEL_GROUP":
		return done("config_changed", event.Info)
	default:
		return detail
	}
}

// auditKind is the name of a type that the kernel gives by its number (linux/audit.h and
// libaudit.h), "" for those that have no category of their own.
func auditKind(number string) string {
	switch number {
	case "1006":
		return "LOGIN"
	case "1100":
		return "USER_AUTH"
	case "1101":
		return "USER_ACCT"
	case "1102":
		return "USER_MGMT"
	case "1103":
		return "CRED_ACQ"
	case "1104":
		return "CRED_DISP"
	case "1105":
		return "USER_START"
	case "1106":
		return "USER_END"
	case "1108":
		return "USER_CHAUTHTOK"
	case "1109":
		return "USER_ERR"
	case "1110":
		return "CRED_REFR"
	case "1112":
		return "USER_LOGIN"
	case "1113":
		return "USER_LOGOUT"
	case "1114":
		return "ADD_USER"
	case "1115":
		return "DEL_USER"
	case "1116":
		return "ADD_GROUP"
	case "1117":
		return "DEL_GROUP"
	case "1123":
		return "USER_CMD"
	case "1127":
		return "SYSTEM_BOOT"
	case "1128":
		return "SYSTEM_SHUTDOWN"
	case "1130":
		return "SERVICE_START"
	case "1131":
		return "SERVICE_STOP"
	case "1300":
		return "SYSCALL"
	case "1305":
		return "CONFIG_CHANGE"
	case "1309":
		return "EXECVE"
	case "1327":
		return "PROCTITLE"
	case "1400":
		return "AVC"
	case "2100":
		return "ANOM_LOGIN_FAILURES"
	default:
		return ""
	}
}
