// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillWindows fills the fields of an event of the Windows event log from its
// attributes, which have the event's own names.
func fillWindows(d *document) {
	d.time("TimeCreated_SystemTime", "TimeCreated", "@timestamp", "EventTime", "TimeGenerated")
	if d.e.Time == 0 { // Sysmon's, which says no zone
		if ns, ok := parseTime(d.text("UtcTime"), time.UTC); ok {
			d.e.Time = ns
		}
	}
	windowsSet(d, event.FieldHost, "Computer")
	windowsSet(d, event.FieldService, "Provider_Name")
	windowsSet(d, event.FieldAction, "EventID")
	computer, channel := d.text("Computer"), d.text("Channel")
	if record := d.text("EventRecordID", "RecordNumber"); record != "" && computer != "" && channel != "" && d.e.OriginID == "" {
		d.e.SetCore(event.FieldOriginID, computer+"/"+channel+"/"+record)
	}
	v := windowsVerdictOf(d)
	switch v.who {
	case whoTarget:
		windowsSet(d, event.FieldUser, "TargetUserName", "TargetUser", "SubjectUserName")
		windowsSet(d, event.FieldSession, "TargetLogonId")
	case whoNobody:
	default:
		windowsSet(d, event.FieldUser, "SubjectUserName", "User", "AccountName", "winlog.user.name", "user.name", "TargetUserName")
		windowsSet(d, event.FieldSession, "SubjectLogonId", "LogonId")
	}
	d.address("IpAddress", "SourceIp", "SourceAddress", "ClientAddress", "SourceNetworkAddress")
	if d.e.IP == "" && v.category == "login_failed" && !d.has("remote_host") {
		if host := windowsText(d, "WorkstationName", "Workstation"); host != "" {
			d.e.SetAttr("remote_host", event.Text(host))
		}
	}
	if reason := windowsReason(windowsText(d, "SubStatus"), windowsText(d, "Status")); v.outcome == event.Failure && reason != "" && !d.has("reason") {
		d.e.SetAttr("reason", event.Text(reason))
	}
	d.is(v.category, v.outcome, max(v.severity, windowsLevel(d)))
	d.e.SetCore(event.FieldMessage, windowsMessage(d, v))
}

// windowsSet fills a field like set, but a dash is nothing.
func windowsSet(d *document, f event.Field, names ...string) {
	if d.e.Core(f).Text == "" {
		if s := windowsText(d, names...); s != "" {
			d.e.SetCore(f, s)
		}
	}
}

// windowsText is the first of the attributes that says something: Windows writes a
// dash, or the id of nobody, where it has nothing to say.
func windowsText(d *document, names ...string) string {
	for _, name := range names {
		switch s := d.text(name); s {
		case "", "-", "N/A", "0x0", "S-1-0-0":
		default:
			return s
		}
	}
	return ""
}

// windowsLevel is the severity that an event states: critical, error and warning.
// All others are informational, which is no judgement.
func windowsLevel(d *document) event.Severity {
	switch strings.ToLower(d.text("Level", "level", "log.level", "winlog.level", "EventType")) {
	case "1", "critical":
		return event.High
	case "2", "error":
		return event.Medium
	case "3", "warning":
		return event.Low
	default:
		return event.Info
	}
}

// windowsMessage is one line: what the event is, and of whom and whence. Events that
// are not known have the first line of their own message.
func windowsMessage(d *document, v windowsVerdict) string {
	id := d.text("EventID")
	if v.title == "" {
		first, _, _ := strings.Cut(d.text("Message", "message", "winlog.message"), "\n")
		if first = strings.TrimRight(first, "\r :"); first != "" {
			return first
		}
		return strings.TrimSpace(windowsText(d, "Provider_Name", "Channel") + " " + id)
	}
	m := v.title
	if d.e.User != "" {
		m += ": " + d.e.User
	}
	if target := windowsText(d, "TargetUserName", "MemberName"); v.who != whoTarget && target != "" && target != d.e.User {
		m += ", " + target
	}
	if what := windowsText(d, "Image", "NewProcessName", "ServiceName", "TaskName", "ThreatName"); v.who != whoTarget && what != "" {
		m += " " + what
	}
	if d.e.IP != "" && v.who == whoTarget {
		m += " from " + d.e.IP
	}
	if reason := windowsText(d, "reason"); v.outcome == event.Failure && reason != "" {
		m += ": " + reason
	}
	return m
}
