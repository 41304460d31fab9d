// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// maxActivityEvents bounds the events of one activity whose names are looked at.
const maxActivityEvents = 16

// fillGoogleWorkspace fills the fields of an activity of the Reports API of Google
// Workspace. Its parameters, a list of names and values, become attributes by their
// names: events.0.parameters.login_type. Of several events the most severe counts.
func fillGoogleWorkspace(d *document) bool {
	app := d.text("id.applicationName")
	if app == "" || d.text("events.0.name", "events.name") == "" {
		return false
	}
	d.rename(func(key string) string { return googleParameter(d, key) })
	d.time("id.time")
	if q := d.text("id.uniqueQualifier"); q != "" {
		d.e.SetCore(event.FieldOriginID, app+":"+q)
	}
	d.e.SetCore(event.FieldService, "google_workspace")
	d.address("ipAddress")
	names, found := make([]string, 1, 4), false
	names[0] = app
	for n := range maxActivityEvents {
		p := "events." + strconv.Itoa(n) + "."
		if n == 0 && d.has("events.name") {
			p = "events." // one event, without a list
		}
		name := d.text(p + "name")
		if name == "" {
			break
		}
		names = append(names, name)
		category, outcome, severity := googleEvent(d, app, p, name)
		if !found || severity > d.e.Severity {
			found = true
			d.e.SetCore(event.FieldAction, name)
			d.is(category, outcome, severity)
			if category == "account_locked" {
				d.set(event.FieldUser, p+"parameters.affected_email_address")
			}
		}
	}
	d.set(event.FieldUser, "actor.email", "events.0.parameters.affected_email_address", "events.parameters.affected_email_address",
		"actor.key", "actor.profileId")
	d.e.SetCore(event.FieldMessage, strings.Join(names, " "))
	return true
}

// googleParameter is the name of a parameter's value: events.0.parameters.3.boolValue
// becomes events.0.parameters.<its name>. "" is another attribute.
func googleParameter(d *document, key string) string {
	const parameters = ".parameters."
	at := strings.Index(key, parameters)
	if at < 0 || !strings.HasPrefix(key, "events") {
		return ""
	}
	at += len(parameters)
	n, rest, ok := strings.Cut(key[at:], ".")
	if !ok || !isDigits(n) || rest == "name" {
		return ""
	}
	name := d.text(key[:at+len(n)] + ".name")
	if name == "" || len(name) > 64 || isDigits(name) || strings.ContainsAny(name, ". \t\r\n\"") {
		return ""
	}
	switch rest {
	case "value", "intValue", "boolValue", "multiValue", "multiIntValue", "multiBoolValue":
		return key[:at] + name
	default:
		return key[:at] + name + "." + rest
	}
}
