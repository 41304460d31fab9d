// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// windowsLogon tells what the events about log-ons mean (Microsoft's documentation of
// the audit categories Logon/Logoff and Account Logon); category is "" for others.
//
// Exactly one event of an attempt counts: 4625 where it was tried, 4768 and 4771 at a
// domain controller, which are all that is left of an attempt by Kerberos alone. 4776,
// a domain controller's word to the machine that then writes 4625, does not.
func windowsLogon(d *document, id string) windowsVerdict {
	status := windowsText(d, "Status")
	refused := status != "" && strings.Trim(status, "0x") != ""
	switch id {
	case "4624":
		switch kind := d.text("LogonType"); {
		case kind == "0", kind == "4", kind == "5", windowsMachine(d.text("TargetUserName")):
			return windowsVerdict{"Log-on of a service or machine", "auth_detail", event.Success, event.Info, whoTarget}
		default:
			return windowsVerdict{"Log-on", "login_success", event.Success, event.Info, whoTarget}
		}
	case "4625":
		return windowsVerdict{"Log-on refused", "login_failed", event.Failure, event.Low, whoTarget}
	case "4634", "4647":
		if windowsMachine(d.text("TargetUserName")) {
			return windowsVerdict{"Log-off of a machine", "session_closed", event.Success, event.Info, whoTarget}
		}
		return windowsVerdict{"Log-off", "logout", event.Success, event.Info, whoTarget}
	case "4648":
		return windowsVerdict{"Log-on with explicit credentials", "auth_detail", event.Unknown, event.Low, whoSubject}
	case "4672":
		return windowsVerdict{"Special privileges of a new log-on", "auth_detail", event.Success, event.Info, whoSubject}
	case "4627", "4675", "4964":
		return windowsVerdict{"", "auth_detail", event.OutcomeAbsent, event.Info, whoTarget}
	case "4768", "4771":
		if refused || id == "4771" {
			return windowsVerdict{"Kerberos log-on refused", "login_failed", event.Failure, event.Low, whoTarget}
		}
		return windowsVerdict{"Kerberos ticket for a log-on", "auth_detail", event.Success, event.Info, whoTarget}
	case "4769", "4770":
		if refused {
			return windowsVerdict{"Kerberos ticket for a service refused", "auth_detail", event.Failure, event.Info, whoTarget}
		}
		return windowsVerdict{"Kerberos ticket for a service", "auth_detail", event.Success, event.Info, whoTarget}
	case "4776":
		if refused {
			return windowsVerdict{"Credentials refused", "auth_detail", event.Failure, event.Info, whoTarget}
		}
		return windowsVerdict{"Credentials checked", "auth_detail", event.Success, event.Info, whoTarget}
	case "4778":
		return windowsVerdict{"Session connected again", "session_started", event.Success, event.Info, whoSubject}
	case "4779":
		return windowsVerdict{"Session disconnected", "session_closed", event.Success, event.Info, whoSubject}
	case "4800", "4801":
		return windowsVerdict{"Workstation locked or unlocked", "auth_detail", event.Success, event.Info, whoTarget}
	case "4740":
		return windowsVerdict{"Account locked", "account_locked", event.Success, event.Medium, whoTarget}
	case "4767":
		return windowsVerdict{"Account unlocked", "account_changed", event.Success, event.Low, whoSubject}
	case "4723":
		if windowsOutcome(d) == event.Failure {
			return windowsVerdict{"Password not changed", "account_changed", event.Failure, event.Low, whoSubject}
		}
		return windowsVerdict{"Password changed", "password_changed", event.Success, event.Info, whoSubject}
	case "4724":
		if windowsOutcome(d) == event.Failure {
			return windowsVerdict{"Password not reset", "account_changed", event.Failure, event.Low, whoSubject}
		}
		return windowsVerdict{"Password reset", "password_reset", event.Success, event.Low, whoSubject}
	default:
		return windowsVerdict{}
	}
}

// windowsMachine tells accounts that are no person's: of machines, and the ones that
// Windows makes for its own sessions.
func windowsMachine(user string) bool {
	return strings.HasSuffix(user, "$") || strings.HasPrefix(user, "DWM-") || strings.HasPrefix(user, "UMFD-") || user == "ANONYMOUS LOGON"
}
