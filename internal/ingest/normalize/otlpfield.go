// SPDX-License-Identifier: Apache-2.0

package normalize

import "github.com/tocsin-siem/tocsin/internal/core/event"

// How well a name fits a field, beside the names that fit on every input. Of two
// names the better one fills the field, the other stays an attribute.
const (
	otlpAliasFit = 20
	otlpOwnFit   = 30
)

// otlpSlot returns the field that an attribute of a record can fill, and how well its
// name fits: our names and aliases, then the semantic conventions of OpenTelemetry in
// their present form, then in earlier ones. stays says that the attribute is kept too,
// for its name means a little more than the field.
func otlpSlot(key string) (s slot, fit uint8, stays bool) {
	switch key {
	case "enduser.id":
		return slotUser, 9, true
	case "user.id":
		return slotUser, 8, true
	case "user.email":
		return slotUser, 7, true
	case "client.address":
		return slotIP, 9, true
	case "source.address":
		return slotIP, 8, true
	case "net.peer.ip":
		return slotIP, 7, true
	case "http.client_ip":
		return slotIP, 6, true
	case "session.id":
		return slotSession, 9, false
	case "event.name":
		return slotCategory, 9, false
	case "event.action":
		return slotAction, 9, false
	case "event.outcome":
		return slotOutcome, 9, false
	case "service.name":
		return slotService, 9, false
	case "host.name":
		return slotHost, 9, false
	case "log.record.uid":
		return slotOriginID, 9, false
	}
	s, rank := slotOf(key)
	switch s {
	case slotSource, slotCategory, slotAction, slotOutcome, slotUser, slotIP, slotSession, slotUserAgent, slotHost, slotService:
		if rank == rankOwn {
			return s, otlpOwnFit, false
		}
		return s, otlpAliasFit, false
	case slotSeverity, slotLevel:
		return s, otlpOwnFit, false
	default: // an id or a time is not surely the record's
		return slotNone, 0, false
	}
}

// fill fills fields from the attributes of the record and the members of its body, and
// finds what the resource has.
func (o *otlp) fill() {
	var best [slots]int // place + 1
	var fits [slots]uint8
	for i := range o.attrs {
		a := &o.attrs[i]
		switch {
		case a.from == otlpResource && a.Value.Kind == event.KindText && a.Value.Text != "":
			switch a.Key {
			case "resource.service.name":
				o.service = i + 1
			case "resource.host.name":
				o.host = i + 1
			}
		case a.from == otlpAttribute || a.from == otlpInBody:
			s, fit, _ := otlpSlot(a.Key)
			if s == slotNone || !o.fitting(s, a) {
				continue
			}
			if fit *= 2; a.from == otlpAttribute {
				fit++
			}
			if fit > fits[s] {
				best[s], fits[s] = i+1, fit
			}
		}
	}
	for s, at := range best {
		if at > 0 {
			o.set(slot(s), at-1)
		}
	}
}

// fitting tells whether an attribute's value can be that of the field.
func (o *otlp) fitting(s slot, a *otlpAttr) bool {
	text := a.Value.Text
	if text == "" || a.Value.Kind != event.KindText && (a.Value.Kind != event.KindNumber || !s.takesNumber()) {
		return false
	}
	switch s {
	case slotIP:
		_, _, ok := parseAddress(text)
		return ok
	case slotOutcome:
		_, exact := outcomeOf(text)
		return exact
	case slotCategory:
		return a.Key != "event.name" || sourceOf(text) != ""
	case slotSeverity, slotLevel: // the record's own severity comes first
		_, known := event.SeverityOfLevel(text)
		return known && o.number == 0 && o.level == ""
	default:
		return true
	}
}

// set fills a field from the attribute at that place.
func (o *otlp) set(s slot, at int) {
	a := &o.attrs[at]
	text := a.Value.Text
	switch s {
	case slotIP:
		ip, port, _ := parseAddress(text)
		o.e.SetCore(event.FieldIP, ip)
		if port != "" {
			o.add("port", event.Number(port), otlpOwn)
		}
		if zone := zoneOf(text); zone != "" {
			o.add("ip_zone", event.Text(zone), otlpOwn)
		}
	case slotOutcome:
		o.e.Outcome, _ = outcomeOf(text)
	case slotSeverity, slotLevel:
		if o.level != "" {
			return // the other of the two has said it
		}
		o.level = text
	default:
		o.e.SetCore(s.field(), text)
	}
	switch s {
	case slotHost, slotService, slotSeverity, slotLevel, slotOriginID:
	default:
		o.own = true
	}
	if _, _, stays := otlpSlot(o.attrs[at].Key); !stays {
		o.take(at)
	}
}
