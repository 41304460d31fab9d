// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fortinet fills the fields of a line of Fortinet's devices (FortiOS Log Message
// Reference 7.6). Their names mean other things than ours (service is that of a
// connection), so that none fills a field by its name alone. False leaves the line as
// it was.
func fortinet(l *line) bool {
	id := l.told("logid", "log_id")
	if len(id) != 10 || l.find("type") < 0 || l.find("date") < 0 && l.find("eventtime") < 0 && l.e.Time == 0 {
		return false
	}
	if ns, ok := parseEpoch(l.told("eventtime")); ok {
		l.e.Time = ns
	} else if l.find("date") >= 0 {
		l.dateAndTime()
	}
	l.device("devname", "devid", "device_id")
	l.address("srcip", "remip", "clientip")
	l.fill(event.FieldUser, "user", "unauthuser")
	l.fill(event.FieldAction, "action")
	l.fill(event.FieldUserAgent, "agent")
	if name := l.told("logdesc"); name != "" {
		l.message(name)
	} else if kind := l.told("type"); kind != "" {
		l.message(strings.Join([]string{kind, l.told("subtype"), l.told("action")}, " "))
	}
	l.fill(event.FieldMessage, "msg")
	if word := l.told("level", "pri"); word != "" {
		if s, ok := event.SeverityOfLevel(word); ok {
			l.states(s, word)
		}
	}
	v := fortinetVerdict(l, id[4:])
	l.is(v.category, v.outcome, v.severity)
	return true
}

// fortinetVerdict says what the number of the message means, whose last six digits id
// is; else what its description says.
func fortinetVerdict(l *line, id string) verdict {
	o := outcomeWord(l.told("status"))
	isEvent := strings.HasPrefix(l.told("type"), "event")
	switch {
	case !isEvent:
	case id == "032001", id == "043008":
		// The word beside the number wins.
		if o == event.Failure {
			return verdict{"login_failed", o, event.Low}
		}
		return verdict{"login_success", event.Success, event.Info}
	case id == "032002", id == "043009", id == "039426":
		if o == event.Success {
			return verdict{"login_success", o, event.Info}
		}
		return verdict{"login_failed", event.Failure, event.Low}
	case id == "032003":
		return verdict{"logout", o, event.Info}
	case id == "032021", id == "043010":
		return verdict{"account_locked", event.Failure, event.Low}
	case id == "039424":
		return verdict{"session_started", event.Success, event.Info}
	case id == "039425":
		return verdict{"session_closed", event.Success, event.Info}
	case id >= "044544" && id <= "044547":
		return verdict{"config_changed", o, event.Info}
	}
	if v, ok := verdictOf(l.told("logdesc"), o); ok && isEvent {
		return v
	}
	action := l.told("action")
	if l.told("type") == "traffic" {
		switch action {
		case "deny", "blocked", "block", "drop", "dropped":
			return verdict{"firewall_blocked", event.Failure, event.Info}
		case "":
			return verdict{"firewall_event", o, event.Info}
		default: // accept, close, timeout, client-rst, start …
			return verdict{"firewall_allowed", event.Success, event.Info}
		}
	}
	if o == event.OutcomeAbsent && blocksOrLets(action) < 0 {
		o = event.Failure
	}
	return verdict{categoryProduct, o, event.Info}
}
