// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillJournald fills the fields of an entry of systemd's journal in its JSON form
// (systemd.io, Journal Export Formats; systemd.journal-fields(7)), as `journalctl -o json`
// prints it. A field that is there several times is a list, one that is no text is a list
// of its bytes, one that is too long is null.
//
// The message is read as the body of a line of the program that SYSLOG_IDENTIFIER names.
// Whoever logs chooses that name, but not the fields that begin with one underscore: what
// a process of a user claims to be from another program's name is not read as that.
func fillJournald(d *document) bool {
	if !d.has("__REALTIME_TIMESTAMP") && !d.has("__CURSOR") {
		return false
	}
	d.time("__REALTIME_TIMESTAMP", "_SOURCE_REALTIME_TIMESTAMP")
	d.origin("__CURSOR")
	d.set(event.FieldHost, "_HOSTNAME")
	identifier := d.text("SYSLOG_IDENTIFIER")
	d.set(event.FieldService, "SYSLOG_IDENTIFIER", "_COMM", "_SYSTEMD_UNIT")
	journaldLevel(d)
	message := journaldMessage(d)
	if message != "" {
		d.drop("MESSAGE")
	}
	honest := journaldHonest(d, identifier)
	read := asBody(identifier)
	if !honest {
		read = asBody("")
		if bodyOf(identifier) != nil {
			d.e.Marks = append(d.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "service", Detail: "not the program that wrote it"})
		}
	}
	if d.inner(message, "", read) {
		return true
	}
	d.e.Category = categoryLine
	if message != "" {
		d.e.SetCore(event.FieldMessage, message)
	}
	if uid := d.text("_UID"); uid == "" || uid == "0" {
		journaldUnit(d)
	}
	if d.e.Source == "" && d.h.Source == "" {
		if d.e.Source = sourceOf(d.e.Category); d.e.Source == "" {
			d.e.Source = "system"
		}
	}
	return true
}

// journaldHonest tells whether the process may call itself so: it is root's, or nothing
// is known of it, or it runs the system's program of that name.
func journaldHonest(d *document, identifier string) bool {
	uid, exe := d.text("_UID"), d.text("_EXE")
	if uid == "" || uid == "0" {
		return true
	}
	dir, name := exe[:strings.LastIndexByte(exe, '/')+1], exe[strings.LastIndexByte(exe, '/')+1:]
	for _, of := range [...]string{"/usr/", "/bin/", "/sbin/", "/lib/", "/lib64/", "/nix/store/"} {
		if strings.HasPrefix(dir, of) && !strings.HasPrefix(dir, "/usr/local/") {
			return name == identifier
		}
	}
	return false
}

// journaldLevel reads PRIORITY and SYSLOG_FACILITY, both figures of RFC 5424.
func journaldLevel(d *document) {
	if p := d.text("PRIORITY"); len(p) == 1 && p[0] >= '0' && p[0] <= '7' {
		word := syslogLevel(p[0] - '0')
		d.stated = true
		d.e.Severity, _ = event.SeverityOfLevel(word)
		d.e.SetAttr("level", event.Text(word))
	}
	if n, err := strconv.ParseUint(d.text("SYSLOG_FACILITY"), 10, 5); err == nil {
		if word := syslogFacility(byte(n)); word != "" {
			d.e.SetAttr("facility", event.Text(word))
		}
	}
}

// journaldMessage returns the message. Bytes that are no text go to raw.
func journaldMessage(d *document) string {
	v, _ := d.e.Attr("MESSAGE")
	if v.Kind != event.KindList {
		return v.Text
	}
	raw := make([]byte, 0, len(v.List))
	for _, m := range v.List {
		switch n, err := strconv.ParseUint(m.Text, 10, 8); {
		case m.Kind == event.KindNumber && err == nil:
			raw = append(raw, byte(n))
		case m.Kind == event.KindText: // several messages
			if len(raw) > 0 {
				raw = append(raw, '\n')
			}
			raw = append(raw, m.Text...)
		default: // no bytes: as the list reads
			return v.String()
		}
	}
	if utf8.Valid(raw) {
		return string(raw)
	}
	d.e.Raw = string(raw)
	d.e.Marks = append(d.e.Marks, event.Mark{Kind: event.MarkInvalidUTF8, Field: "message", Length: int64(len(raw))})
	return strings.ToValidUTF8(d.e.Raw, "\ufffd")
}

// journaldUnit gives what systemd says of units and of the clock its category, by the ids
// of its messages (systemd's sd-messages.h).
func journaldUnit(d *document) {
	switch d.text("MESSAGE_ID") {
	case "39f53479d3a045ac8e11786248231fbf": // a unit has started
		outcome := event.Success
		if result := d.text("JOB_RESULT"); result != "" && result != "done" {
			outcome = event.Failure
		}
		d.is("service_started", outcome, event.Info)
	case "9d1aaa27d60140bd96365438aad20286": // a unit has stopped
		d.is("service_stopped", event.Success, event.Low)
	case "be02cf6855d2428ba40df7e9d022f03d", // a job failed
		"d9b373ed55a64feb8242e02dbe79a49c": // a unit failed
		d.is("service_stopped", event.Failure, event.Medium)
	case "c7a787079b354eaaa9e77b371893cd27": // the clock was set
		d.is("time_changed", event.Success, event.Low)
	default:
		return
	}
	d.set(event.FieldAction, "JOB_TYPE")
}
