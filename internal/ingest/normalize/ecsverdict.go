// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ecsVerdict sets category and outcome by the schema's four words for what happened:
// event.kind, event.category, event.type and event.outcome. A word that this does not
// know leaves the category empty.
func ecsVerdict(d *document) {
	outcome, _ := event.ParseOutcome(d.text("event.outcome"))
	if d.says("event.type", "denied") {
		outcome = event.Failure
	}
	d.e.Outcome = outcome
	is := func(words ...string) bool { return d.says("event.category", words...) }
	has := func(words ...string) bool { return d.says("event.type", words...) }
	switch {
	case is("intrusion_detection"):
		d.is("ids_alert", outcome, event.Medium)
	case is("malware", "threat", "vulnerability"), d.says("event.kind", "alert", "signal"):
		d.is("security_event", outcome, event.Medium)
	case is("authentication"):
		ecsLogin(d, outcome)
	case is("iam"):
		ecsAccount(d, outcome)
	case is("session") && has("start"):
		d.is("session_started", outcome, event.Info)
	case is("session") && has("end"):
		d.is("logout", outcome, event.Info)
	case is("web"):
		d.web()
		if outcome != event.OutcomeAbsent {
			d.e.Outcome = outcome
		}
	case is("configuration", "driver", "registry", "package") && has("change", "creation", "deletion", "installation"):
		d.is("config_changed", outcome, event.Info)
	case is("database", "file") && has("access"):
		d.is("data_access", outcome, event.Info)
	case is("file"):
		d.is("file_activity", outcome, event.Info)
	case is("process") && has("start"):
		d.is("process_started", outcome, event.Info)
	case is("process") && has("end"):
		d.is("process_ended", outcome, event.Info)
	case is("network") && has("denied"):
		d.is("firewall_blocked", event.Failure, event.Low)
	case is("network") && d.has("dns.question.name"):
		d.is("dns_query", outcome, event.Info)
	case is("network"):
		d.is("network_connection", outcome, event.Info)
	case is("api"):
		d.is("api_call", outcome, event.Info)
	}
}

// ecsLogin: the line of sshd that says "invalid user" stands beside the one that says
// that the attempt failed, which alone counts. An event that is none of a start and an
// end, and has no outcome, tells more about an attempt.
func ecsLogin(d *document, outcome event.Outcome) {
	action := d.text("event.action")
	switch {
	case d.says("system.auth.ssh.event", "Invalid"):
		d.is(categoryDetail, outcome, event.Info)
	case strings.Contains(action, "password") && d.says("event.type", "change"):
		d.is("password_changed", outcome, event.Low)
	case d.says("event.type", "end"):
		d.is("logout", outcome, event.Info)
	case outcome == event.Failure:
		d.is("login_failed", outcome, event.Low)
	case outcome == event.Success:
		d.is("login_success", outcome, event.Info)
	default:
		d.is(categoryDetail, outcome, event.Info)
	}
}

// ecsAccount: what became of an account, a group or a right.
func ecsAccount(d *document, outcome event.Outcome) {
	action := d.text("event.action")
	group := d.says("event.type", "group") && !d.says("event.type", "user")
	switch {
	case outcome == event.Failure:
		d.is("permission_denied", outcome, event.Medium)
	case strings.Contains(action, "password"):
		d.is("password_changed", outcome, event.Low)
	case strings.Contains(action, "locked-out"), strings.Contains(action, "lockout"):
		d.is("account_locked", outcome, event.Medium)
	case d.says("event.type", "group") && d.says("event.type", "change"):
		d.is("role_changed", outcome, event.Low)
	case group, d.says("event.type", "admin"):
		d.is("config_changed", outcome, event.Low)
	case d.says("event.type", "creation"):
		d.is("account_created", outcome, event.Low)
	case d.says("event.type", "deletion"):
		d.is("account_deleted", outcome, event.Low)
	case d.says("event.type", "change"):
		d.is("account_changed", outcome, event.Low)
	}
}
