// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// fillCrowdSec fills the fields of an alert of CrowdSec (models.Alert of its local API),
// as `cscli alerts list -o json` and the http notification plugin write it.
func fillCrowdSec(d *document) bool {
	scenario, scope := d.text("scenario"), d.text("source.scope")
	if scenario == "" || scope == "" || !d.has("events_count") {
		return false
	}
	d.time("stop_at", "created_at", "start_at")
	d.origin("uuid", "id")
	d.e.SetCore(event.FieldService, "crowdsec")
	d.e.SetCore(event.FieldAction, scenario)
	d.take(event.FieldMessage, "message")
	d.set(event.FieldMessage, "scenario")
	d.takeAddress("source.ip")
	d.address("source.value")
	severity := event.Medium
	switch scope {
	case "Ip", "ip", "Range", "range":
	case "username", "user", "Username":
		d.set(event.FieldUser, "source.value")
	default: // a list that was fetched: nobody has attacked
		severity = event.Info
	}
	if d.text("simulated") == "true" {
		severity = event.Low
	}
	crowdsecPlace(d)
	d.is("ids_alert", event.OutcomeAbsent, severity)
	return true
}

// crowdsecPlace fills where the address lies. CrowdSec writes an empty country and
// 0 and 0 where it does not know.
func crowdsecPlace(d *document) {
	g := &d.e.Geo
	if g.Country = d.text("source.cn"); g.Country != "" {
		lat, _ := d.e.Attr("source.latitude")
		lon, _ := d.e.Attr("source.longitude")
		if lat.Kind == event.KindNumber && lon.Kind == event.KindNumber {
			g.Lat, g.Lon = lat.Text, lon.Text
		}
	}
	if as := d.text("source.as_number"); isDigits(as) && as != "0" {
		g.AS = as
	}
}
