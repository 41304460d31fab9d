// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// windowsSecurity tells what the other events of the log Security mean; category is ""
// for those that are not known.
func windowsSecurity(d *document, id string) windowsVerdict {
	did := func(title, category string, s event.Severity) windowsVerdict {
		return windowsVerdict{title: title, category: category, outcome: event.Success, severity: s}
	}
	tried := func(title, category string, s event.Severity) windowsVerdict { // the keywords tell how it ended
		return windowsVerdict{title: title, category: category, severity: s}
	}
	switch id {
	case "1102":
		return did("Log cleared", "log_paused", event.High)
	case "1100":
		return did("Event log stopped", "log_paused", event.Medium)
	case "4719":
		return did("Audit policy changed", "config_changed", event.High)
	case "4907", "4912", "4902", "4739", "4713", "4706", "4707":
		return did("Policy changed", "config_changed", event.Low)
	case "4720":
		return did("Account made", "account_created", event.Low)
	case "4741":
		return did("Computer account made", "account_created", event.Info)
	case "4726":
		return did("Account deleted", "account_deleted", event.Low)
	case "4743":
		return did("Computer account deleted", "account_deleted", event.Info)
	case "4722":
		return did("Account enabled", "account_changed", event.Low)
	case "4725":
		return did("Account disabled", "account_changed", event.Low)
	case "4738", "4781", "4742":
		return did("Account changed", "account_changed", event.Info)
	case "4728", "4732", "4756":
		if windowsAdmins(d.text("TargetSid")) {
			return did("Member added to a group of administrators", "privilege_granted", event.High)
		}
		return did("Member added to a group", "role_changed", event.Low)
	case "4729", "4733", "4757":
		return did("Member removed from a group", "role_changed", event.Low)
	case "4727", "4731", "4754", "4730", "4734", "4758", "4735", "4737", "4755":
		return did("Group changed", "role_changed", event.Low)
	case "4704", "4717":
		return did("Right granted", "privilege_granted", event.Medium)
	case "4705", "4718":
		return did("Right taken", "role_changed", event.Low)
	case "4798", "4799":
		return did("Group membership read", "data_access", event.Info)
	case "4697":
		return did("Service installed", "config_changed", event.Medium)
	case "4698":
		return did("Scheduled task made", "config_changed", event.Medium)
	case "4699", "4700", "4701", "4702":
		return did("Scheduled task changed", "config_changed", event.Low)
	case "4616":
		if d.text("SubjectUserSid") == "S-1-5-19" { // the time service
			return did("Time set", "time_changed", event.Info)
		}
		return did("Time changed", "time_changed", event.Medium)
	case "5025", "5034", "4950":
		return did("Firewall stopped or changed", "config_changed", event.Medium)
	case "4688":
		return did("Process started", "process_started", event.Info)
	case "4689":
		return did("Process ended", "process_ended", event.Info)
	case "4656", "4661", "4662", "4663", "5140", "5145":
		return tried("Object opened", "data_access", event.Info)
	case "5154", "5156", "5157", "5158", "5159", "5152", "5155":
		return tried("Network connection", "network_connection", event.Info)
	default:
		return windowsVerdict{}
	}
}

// windowsAdmins tells by a group's SID whether its members may do everything on the
// machine or in the domain (Microsoft, "Well-known SIDs").
func windowsAdmins(sid string) bool {
	switch sid {
	case "S-1-5-32-544", "S-1-5-32-548", "S-1-5-32-549", "S-1-5-32-551":
		return true
	}
	if !strings.HasPrefix(sid, "S-1-5-21-") {
		return false
	}
	switch sid[strings.LastIndexByte(sid, '-')+1:] {
	case "512", "518", "519", "520":
		return true
	default:
		return false
	}
}
