// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fillSuricata fills the fields of a record of Suricata's EVE log (docs.suricata.io,
// EVE JSON format, of versions 6 to 8). The client is the side that opened the flow.
func fillSuricata(d *document) bool {
	kind := d.text("event_type")
	if kind == "" || !d.has("timestamp") || !d.has("flow_id") && !d.under(kind+".") {
		return false
	}
	d.time("timestamp")
	d.set(event.FieldAction, "event_type")
	d.drop("event_type") // search takes the name for the category's
	d.takeAddress("src_ip")
	d.take(event.FieldHost, "host")
	d.set(event.FieldHost, "sensor_name")
	d.e.SetCore(event.FieldService, "suricata")
	d.also("source.port", "src_port")
	d.also("destination.ip", "dest_ip")
	d.also("destination.port", "dest_port")
	if proto := d.text("proto"); proto != "" && !d.has("network.transport") {
		d.e.SetAttr("network.transport", event.Text(strings.ToLower(proto)))
	}
	suricataHTTP(d)
	message := ""
	switch kind {
	case "alert":
		message = suricataAlert(d)
	case "http":
		d.web()
		message = strings.TrimSpace(d.text("http.http_method") + " " + d.text("http.url"))
	case "dns":
		d.is("dns_query", d.e.Outcome, event.Info)
		message = strings.TrimSpace("DNS " + d.text("dns.type") + " " + d.text("dns.rrname", "dns.queries.0.rrname"))
	case "anomaly":
		d.is("network_anomaly", d.e.Outcome, event.Low)
		message = strings.TrimSpace("anomaly " + d.text("anomaly.event", "anomaly.type"))
	case "drop":
		d.is("firewall_blocked", event.Failure, event.Low)
		message = "packet dropped: " + d.text("drop.reason", "proto")
	case "fileinfo":
		d.is("file_activity", d.e.Outcome, event.Info)
		message = strings.TrimSpace("file " + d.text("fileinfo.filename"))
	case "stats", "engine":
		message = d.text("engine.message")
	default: // flow, netflow, tls, ssh, smtp, smb, krb5 … : one of each flow
		d.is("network_connection", d.e.Outcome, event.Info)
		message = strings.TrimSpace(kind + " " + d.text("tls.sni", "tls.subject", "smtp.helo", "app_proto"))
	}
	if message != "" {
		d.e.SetCore(event.FieldMessage, message)
	} else {
		d.e.SetCore(event.FieldMessage, "suricata "+kind)
	}
	d.bare()
	return true
}

// suricataAlert reads an alert. The priority of the rule's class is 1 to 3 (classification.config);
// others are a rule's own.
func suricataAlert(d *document) string {
	severity := event.Low
	switch d.text("alert.severity") {
	case "1":
		severity = event.High
	case "2":
		severity = event.Medium
	}
	if d.has("alert.severity") {
		d.e.Severity, d.stated = severity, true
	}
	outcome := event.OutcomeAbsent
	if d.text("alert.action") == "blocked" {
		outcome = event.Failure
	}
	d.is("ids_alert", outcome, severity)
	return d.text("alert.signature")
}

// suricataHTTP gives what Suricata says of a request the names that formats share.
func suricataHTTP(d *document) {
	url := d.text("http.url")
	if url == "" && !d.has("http.http_method") {
		return
	}
	d.also("http.request.method", "http.http_method")
	d.also("http.response.status_code", "http.status")
	d.also("http.response.bytes", "http.length")
	d.also("http.referrer", "http.http_refer")
	d.also("url.domain", "http.hostname")
	d.set(event.FieldUserAgent, "http.http_user_agent")
	path, query, has := strings.Cut(url, "?")
	if path != "" && !d.has("url.path") {
		d.e.SetAttr("url.path", event.Text(path))
	}
	if has && !d.has("url.query") {
		d.e.SetAttr("url.query", event.Text(query))
	}
}
