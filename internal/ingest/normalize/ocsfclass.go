// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// ocsfVerdict sets the category by class and activity. A class that this does not know
// leaves it empty.
func ocsfVerdict(d *document, class, activity string) {
	o := d.e.Outcome
	switch class {
	case "3001":
		ocsfAccount(d, activity)
	case "3002":
		ocsfLogin(d, activity)
	case "3003", "3005", "3006":
		ocsfPrivilege(d, class, activity)
	case "3004":
		if activity == "2" {
			d.is("data_access", o, event.Info)
		} else {
			d.is("config_changed", o, event.Info)
		}
	case "4002":
		d.web()
	case "4003":
		d.is("dns_query", o, event.Info)
	case "1001", "1010":
		d.is("file_activity", o, event.Info)
	case "1006":
		d.is("config_changed", o, event.Low)
	case "1007":
		switch activity {
		case "1":
			d.is("process_started", o, event.Info)
		case "2":
			d.is("process_ended", o, event.Info)
		}
	case "6001", "6005", "6006":
		ocsfData(d, class, activity)
	case "6002":
		switch activity {
		case "3":
			d.is("service_started", o, event.Info)
		case "4":
			d.is("service_stopped", o, event.Low)
		default:
			d.is("config_changed", o, event.Low)
		}
	case "6003":
		if ocsfDenied(d) {
			d.is("permission_denied", event.Failure, event.Medium)
		} else {
			d.is("api_call", o, event.Info)
		}
	default:
		ocsfRange(d, class, activity)
	}
}

// ocsfRange is for classes of a kind: findings (2001 to 2007), network (4001 to 4014).
func ocsfRange(d *document, class, activity string) {
	switch {
	case len(class) != 4:
	case class[:2] == "20":
		d.is("security_event", d.e.Outcome, event.Medium)
	case class[:2] != "40":
	case d.text("disposition_id") == "2", d.text("action_id") == "2", class == "4001" && activity == "5":
		d.is("firewall_blocked", event.Failure, event.Low)
	default:
		d.is("network_connection", d.e.Outcome, event.Info)
	}
}

// ocsfLogin: class 3002, authentication.
func ocsfLogin(d *document, activity string) {
	o := d.e.Outcome
	ticket := activity == "3" || activity == "4" || activity == "5"
	switch {
	case activity == "2":
		d.is("logout", o, event.Info)
	case activity == "4" || activity == "5", o != event.Failure && o != event.Success:
		if ticket && o == event.Success {
			d.is("token_issued", o, event.Info)
		} else {
			d.is(categoryDetail, o, event.Info)
		}
	case o == event.Failure:
		d.is("login_failed", o, event.Low)
	case ticket:
		d.is("token_issued", o, event.Info)
	case activity == "1":
		d.is("login_success", o, event.Info)
	default:
		d.is(categoryDetail, o, event.Info)
	}
}

// ocsfAccount: class 3001, account change.
func ocsfAccount(d *document, activity string) {
	category, severity := "account_changed", event.Low
	switch activity {
	case "1":
		category = "account_created"
	case "3":
		category = "password_changed"
	case "4":
		category = "password_reset"
	case "6":
		category = "account_deleted"
	case "7":
		category, severity = "privilege_granted", event.Medium
	case "8":
		category = "role_changed"
	case "9":
		category, severity = "account_locked", event.Medium
	case "10":
		category = "mfa_enabled"
	case "11":
		category, severity = "mfa_disabled", event.Medium
	}
	if d.e.Outcome == event.Failure && ocsfDenied(d) {
		category, severity = "permission_denied", event.Medium
	}
	d.is(category, d.e.Outcome, severity)
}

// ocsfPrivilege: classes 3003 (authorize session), 3005 (user access management) and
// 3006 (group management).
func ocsfPrivilege(d *document, class, activity string) {
	switch {
	case d.e.Outcome == event.Failure:
		d.is("permission_denied", event.Failure, event.Medium)
	case activity == "1", class == "3003":
		d.is("privilege_granted", d.e.Outcome, event.Medium)
	default:
		d.is("role_changed", d.e.Outcome, event.Low)
	}
}

// ocsfData: classes 6001 (web resources), 6005 (data store) and 6006 (file hosting).
func ocsfData(d *document, class, activity string) {
	category := "data_access"
	switch {
	case class == "6001" && activity == "7":
		category = "data_export"
	case class == "6006" && activity == "2":
		category = "data_download"
	}
	if d.e.Outcome == event.Failure && ocsfDenied(d) {
		d.is("permission_denied", event.Failure, event.Medium)
		return
	}
	d.is(category, d.e.Outcome, event.Info)
}
