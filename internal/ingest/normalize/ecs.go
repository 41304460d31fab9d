// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillECS fills the fields of a document of the Elastic Common Schema (elastic.co/docs/
// reference/ecs), as Filebeat, Elastic Agent, Logstash and the ECS loggers write it. Our
// own names and aliases come first, then the schema's. Elasticsearch takes a list in the
// place of any value, and so does this.
//
// A document without a category of its own often is a line that Filebeat has read and
// not parsed: such a message is read as the line that it is.
func fillECS(d *document) bool {
	if d.text("ecs.version") == "" {
		return false
	}
	if d.has("winlog.event_id") {
		return fillWindowsJSON(d)
	}
	d.ours()
	d.time("event.created", "event.start")
	d.origin("event.id")
	d.set(event.FieldAction, "event.action")
	d.set(event.FieldUser, "user.id", "user.email", "user.full_name", "client.user.name", "source.user.name")
	d.address("client.ip", "source.address", "client.address")
	d.set(event.FieldHost, "host.name", "host.hostname", "observer.hostname", "agent.hostname")
	d.set(event.FieldService, "service.name", "process.name", "event.module")
	d.set(event.FieldSession, "user.session.id", "session.id", "process.entry_leader.entity_id")
	d.levelIs("log.level", "log.syslog.severity.name", "log.syslog.severity.code")
	ecsSeverity(d)
	ecsPlace(d)
	if !d.has("event.category") && d.e.Category == "" && ecsLine(d) {
		return true
	}
	if d.e.Category == "" {
		ecsVerdict(d)
	}
	d.set(event.FieldMessage, "error.message", "event.reason", "rule.name")
	if d.e.Message == "" {
		ecsMessage(d)
	}
	return true
}

// ecsLine reads the message as a line.
func ecsLine(d *document) bool {
	text := d.e.Message
	if text == "" {
		return false
	}
	d.e.SetCore(event.FieldMessage, "")
	program := d.text("process.name", "log.syslog.appname")
	if d.inner(text, "", asLine) || program != "" && d.inner(text, "", asBody(program)) {
		return true
	}
	d.e.SetCore(event.FieldMessage, text)
	return false
}

// ecsMessage makes a message where there is none: the line as it was, or what happened.
func ecsMessage(d *document) {
	if original := d.text("event.original"); original != "" && original[0] != '{' && original[0] != '<' {
		d.e.SetCore(event.FieldMessage, original)
		return
	}
	what := d.text("event.action", "event.dataset", "event.category")
	if method := d.text("http.request.method"); method != "" {
		what = strings.TrimSpace(method + " " + d.text("url.original", "url.path", "url.full"))
	}
	if outcome := d.e.Outcome.String(); what != "" && outcome != "" {
		what += ": " + outcome
	}
	if what != "" {
		d.e.SetCore(event.FieldMessage, what)
	}
}

// ecsSeverity reads the figures that Elastic's own alerts have (21, 47, 73, 99). The
// schema leaves the scale of event.severity to each source: other figures say nothing.
func ecsSeverity(d *document) {
	if d.stated {
		return
	}
	switch d.text("kibana.alert.severity", "event.severity", "signal.rule.severity") {
	case "21", "low":
		d.e.Severity = event.Low
	case "47", "medium":
		d.e.Severity = event.Medium
	case "73", "high":
		d.e.Severity = event.High
	case "99", "critical":
		d.e.Severity = event.Critical
	default:
		return
	}
	d.stated = true
}

// ecsPlace fills where the client is.
func ecsPlace(d *document) {
	for _, of := range [...]string{"source.", "client."} {
		if d.e.Geo.Country == "" {
			d.e.Geo.Country = d.text(of + "geo.country_iso_code")
		}
		lat, _ := d.e.Attr(of + "geo.location.lat")
		lon, _ := d.e.Attr(of + "geo.location.lon")
		if d.e.Geo.Lat == "" && lat.Kind == event.KindNumber && lon.Kind == event.KindNumber {
			d.e.Geo.Lat, d.e.Geo.Lon = lat.Text, lon.Text
		}
		if as, _ := d.e.Attr(of + "as.number"); d.e.Geo.AS == "" && as.Kind == event.KindNumber {
			d.e.Geo.AS = as.Text
		}
	}
}
