// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"net/netip"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The attributes that tell of an address.
const (
	keyASName   = "as.name"
	keyCity     = "geo.city"
	keyAccuracy = "geo.accuracy_km"
	keyScope    = "ip_scope"
)

// place is what is known of an address.
type place struct {
	geo   event.Geo
	attrs []event.Attr
}

// address adds what is known of an event's address.
func (k *knowledge) address(e *event.Event, more []event.Attr) []event.Attr {
	p := k.places.of(e.IP, k.find)
	if p.geo != (event.Geo{}) {
		if e.Geo.Country == "" && e.Geo.Lat == "" && e.Geo.Lon == "" {
			e.Geo.Country, e.Geo.Lat, e.Geo.Lon = p.geo.Country, p.geo.Lat, p.geo.Lon
		}
		if e.Geo.AS == "" {
			e.Geo.AS = p.geo.AS
		}
	}
	return append(more, p.attrs...)
}

// find looks an address up in all that is known.
func (k *knowledge) find(ip string) (p place) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return place{}
	}
	addr = addr.Unmap().WithZone("")
	if scope := scopeOf(addr); scope != "" {
		p.attrs = append(p.attrs, event.Attr{Key: keyScope, Value: event.Text(scope)})
	} else {
		var f finding
		for i := range k.databases {
			k.databases[i].look(addr, &f)
		}
		p.geo = f.geo
		if f.asName != "" {
			p.attrs = append(p.attrs, event.Attr{Key: keyASName, Value: event.Text(f.asName)})
		}
		if f.city != "" {
			p.attrs = append(p.attrs, event.Attr{Key: keyCity, Value: event.Text(f.city)})
		}
		if f.accuracy > 0 {
			p.attrs = append(p.attrs, event.Attr{Key: keyAccuracy, Value: event.Int(int64(f.accuracy))})
		}
	}
	if k.assets != nil {
		p.attrs = k.assets.ofAddress(addr, p.attrs)
	}
	return p
}
