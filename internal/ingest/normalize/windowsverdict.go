// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// windowsWho says whose name an event's user is.
type windowsWho uint8

const (
	whoSubject windowsWho = iota // who did it
	whoTarget                    // who is logged in, or is not
	whoNobody                    // the event does not say
)

// windowsVerdict is what an event means.
type windowsVerdict struct {
	title    string
	category string
	outcome  event.Outcome
	severity event.Severity
	who      windowsWho
}

// windowsVerdictOf tells what an event means by the log that it stands in and its
// number: numbers are each provider's own.
func windowsVerdictOf(d *document) windowsVerdict {
	id, channel, provider := d.text("EventID"), strings.ToLower(d.text("Channel")), d.text("Provider_Name")
	has := func(part string) bool { return strings.Contains(channel, part) }
	v := windowsVerdict{}
	switch {
	case channel == "security", channel == "" && provider == "Microsoft-Windows-Security-Auditing":
		if v = windowsLogon(d, id); v.category == "" {
			v = windowsSecurity(d, id)
		}
	case has("sysmon"), channel == "" && strings.HasSuffix(provider, "Sysmon"):
		v = windowsSysmon(d, id)
	case channel == "system":
		v = windowsSystem(id, provider)
	case has("powershell"):
		v = windowsPowerShell(id)
	case has("taskscheduler"):
		v = windowsTask(id)
	case has("windows defender"):
		v = windowsDefender(id)
	}
	if v.category == "" {
		v.category = "system_event"
	}
	if v.outcome == event.OutcomeAbsent {
		v.outcome = windowsOutcome(d)
	}
	return v
}

// windowsOutcome reads the two bits of an audit's keywords, or the word that a
// collector made of them.
func windowsOutcome(d *document) event.Outcome {
	const failure, success = "audit failure", "audit success"
	v, _ := d.e.Attr("keywords")
	if v.Kind == event.KindAbsent {
		v, _ = d.e.Attr("winlog.keywords")
	}
	words := strings.ToLower(v.String())
	bits := strings.ToLower(d.text("Keywords"))
	switch kind := d.text("EventType"); {
	case kind == "AUDIT_FAILURE", strings.Contains(words, failure), strings.Contains(bits, failure), strings.HasPrefix(bits, "0x801"):
		return event.Failure
	case kind == "AUDIT_SUCCESS", strings.Contains(words, success), strings.Contains(bits, success), strings.HasPrefix(bits, "0x802"):
		return event.Success
	case bits == "-9218868437227405312": // 0x8010000000000000 as NXLog writes it
		return event.Failure
	case bits == "-9214364837600034816":
		return event.Success
	default:
		return event.OutcomeAbsent
	}
}

// windowsReason is what a status of a refused log-in means in words (NTSTATUS, and
// the result codes of Kerberos), "" of one that is not known.
func windowsReason(codes ...string) string {
	for _, code := range codes {
		switch strings.ToLower(code) {
		case "0xc0000064", "0x6":
			return "no such user"
		case "0xc000006a", "0x18":
			return "wrong password"
		case "0xc000006d":
			return "wrong name or password"
		case "0xc000006e":
			return "account restriction"
		case "0xc000006f":
			return "outside of hours"
		case "0xc0000070":
			return "not from this workstation"
		case "0xc0000071", "0x17":
			return "password expired"
		case "0xc0000072":
			return "account disabled"
		case "0xc0000133", "0x25":
			return "clocks differ"
		case "0xc000015b":
			return "kind of log-on not granted"
		case "0xc0000193":
			return "account expired"
		case "0xc0000224":
			return "password must change"
		case "0xc0000234":
			return "account locked"
		case "0x12":
			return "account disabled, expired or locked"
		}
	}
	return ""
}
