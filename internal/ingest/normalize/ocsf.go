// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillOCSF fills the fields of an event of the Open Cybersecurity Schema Framework
// (schema.ocsf.io), versions 0.31 to 1.7: its numbers decide (class_uid, activity_id,
// status_id, severity_id), not the words beside them.
func fillOCSF(d *document) bool {
	class := d.text("class_uid")
	if !isDigits(class) || !d.has("activity_id") && !d.has("type_uid") {
		return false
	}
	d.time("time", "time_dt")
	d.origin("metadata.uid")
	ocsfSeverity(d)
	switch d.text("status_id") {
	case "1":
		d.e.Outcome = event.Success
	case "2":
		d.e.Outcome = event.Failure
	}
	if class == "3002" { // whoever logs in is the user; the actor is the program that asked
		ocsfUser(d, "user.", "actor.user.")
	} else {
		ocsfUser(d, "actor.user.", "user.")
		if d.e.User != d.text("user.name", "user.uid") {
			d.also("user.target.name", "user.name", "user.uid")
		}
	}
	d.address("src_endpoint.ip")
	d.set(event.FieldHost, "device.hostname", "device.name", "dst_endpoint.hostname", "device.ip")
	d.set(event.FieldService, "metadata.product.name", "api.service.name", "app_name")
	d.set(event.FieldSession, "session.uid", "actor.session.uid")
	d.set(event.FieldUserAgent, "http_request.user_agent")
	d.set(event.FieldAction, "api.operation", "activity_name", "type_name", "unmapped.EventCode")
	d.take(event.FieldMessage, "message")
	d.set(event.FieldMessage, "finding_info.title", "finding.title", "status_detail", "type_name", "class_name")
	ocsfShared(d)
	ocsfVerdict(d, class, d.text("activity_id"))
	d.bare()
	return true
}

// ocsfUser takes the first of the users that has a name. Windows writes a dash for none.
func ocsfUser(d *document, of ...string) {
	for _, user := range of {
		for _, member := range [...]string{"name", "email_addr", "uid"} {
			if name := d.text(user + member); name != "" && name != "-" {
				d.e.SetCore(event.FieldUser, name)
				return
			}
		}
	}
}

// ocsfSeverity reads severity_id; 0 and 99 say nothing. The word is kept where it is none
// of ours.
func ocsfSeverity(d *document) {
	switch d.text("severity_id") {
	case "1":
		d.e.Severity = event.Info
	case "2":
		d.e.Severity = event.Low
	case "3":
		d.e.Severity = event.Medium
	case "4":
		d.e.Severity = event.High
	case "5", "6":
		d.e.Severity = event.Critical
	default:
		return
	}
	d.stated = true
	word := d.text("severity")
	if _, exact := event.ParseSeverity(word); word != "" && !exact {
		d.also("level", "severity")
	}
}

// ocsfShared gives what others have too the names that they share.
func ocsfShared(d *document) {
	d.also("source.port", "src_endpoint.port")
	d.also("destination.ip", "dst_endpoint.ip")
	d.also("destination.port", "dst_endpoint.port")
	d.also("network.transport", "connection_info.protocol_name")
	d.also("http.request.method", "http_request.http_method")
	d.also("url.path", "http_request.url.path")
	d.also("url.query", "http_request.url.query_string")
	d.also("http.response.status_code", "http_response.code", "http_status")
	d.also("http.response.bytes", "http_response.length")
	d.also("http.referrer", "http_request.referrer")
	const place = "src_endpoint.location."
	d.e.Geo.Country = d.text(place + "country")
	lat, _ := d.e.Attr(place + "lat")
	lon, _ := d.e.Attr(place + "long")
	if list, _ := d.e.Attr(place + "coordinates"); len(list.List) == 2 {
		lon, lat = list.List[0], list.List[1]
	}
	if lat.Kind == event.KindNumber && lon.Kind == event.KindNumber {
		d.e.Geo.Lat, d.e.Geo.Lon = lat.Text, lon.Text
	}
	if as, _ := d.e.Attr("src_endpoint.autonomous_system.number"); as.Kind == event.KindNumber {
		d.e.Geo.AS = as.Text
	}
}

// ocsfDenied tells whether an API refused the caller.
func ocsfDenied(d *document) bool {
	code := d.text("api.response.code")
	failure := d.text("api.response.error", "status_code")
	return code == "401" || code == "403" || strings.Contains(failure, "AccessDenied") ||
		strings.Contains(failure, "Unauthorized") || strings.Contains(failure, "Forbidden")
}
