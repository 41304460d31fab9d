// SPDX-License-Identifier: Apache-2.0

package enrich

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// database is one file in MMDB form.
type database struct{ reader *maxminddb.Reader }

// finding gathers what several databases say of one address; the first that says
// something counts.
type finding struct {
	geo          event.Geo
	asName, city string
	accuracy     uint32 // km
}

// openDatabase opens a database by its head.
func openDatabase(name string, content []byte) (database, error) {
	r, err := maxminddb.OpenBytes(content)
	if err != nil {
		return database{}, fmt.Errorf("%s: %w", name, err)
	}
	return database{r}, nil
}

// verify reads the whole database, so that a damaged file is refused here and not found
// out while events come in. That a database does not describe itself is no damage.
func (d database) verify() error {
	if m := &d.reader.Metadata; len(m.Description) == 0 {
		m.Description = map[string]string{"en": m.DatabaseType}
	}
	return d.reader.Verify()
}

// look adds what the database says of an address. What it does not know, or says in
// a way that is not known here, it leaves.
func (d database) look(addr netip.Addr, f *finding) {
	result := d.reader.Lookup(addr)
	if !result.Found() {
		return
	}
	text := func(into *string, paths ...[]any) {
		for _, path := range paths {
			var s string
			if *into != "" {
				return
			}
			if result.DecodePath(&s, path...) == nil && len(s) <= maxWord {
				*into = strings.ToValidUTF8(s, "\ufffd")
			}
		}
	}
	text(&f.geo.Country, []any{"country", "iso_code"}, []any{"country_code"}, []any{"country"}, []any{"registered_country", "iso_code"})
	if len(f.geo.Country) != 2 {
		f.geo.Country = ""
	}
	text(&f.city, []any{"city", "names", "en"}, []any{"city"})
	text(&f.asName, []any{"autonomous_system_organization"}, []any{"as_name"}, []any{"name"})
	d.coordinates(result, f)
	if f.geo.AS == "" {
		f.geo.AS = number(result)
	}
}

// maxWord bounds a name, in bytes.
const maxWord = 256

// coordinates reads latitude, longitude and how exact they are. They count only
// together.
func (d database) coordinates(result maxminddb.Result, f *finding) {
	if f.geo.Lat != "" {
		return
	}
	var lat, lon float64
	if result.DecodePath(&lat, "location", "latitude") != nil || result.DecodePath(&lon, "location", "longitude") != nil {
		return
	}
	if lat == 0 && lon == 0 || lat < -90 || lat > 90 || lon < -180 || lon > 180 {
		return
	}
	f.geo.Lat = strconv.FormatFloat(lat, 'f', -1, 64)
	f.geo.Lon = strconv.FormatFloat(lon, 'f', -1, 64)
	var radius uint32
	if result.DecodePath(&radius, "location", "accuracy_radius") == nil && radius <= 20_100 {
		f.accuracy = radius
	}
}

// number reads the number of the autonomous system: a number, or AS15169.
func number(result maxminddb.Result) string {
	var n uint64
	if result.DecodePath(&n, "autonomous_system_number") == nil && n > 0 && n < 1<<32 {
		return strconv.FormatUint(n, 10)
	}
	var s string
	if result.DecodePath(&s, "asn") != nil {
		return ""
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "AS"), 10, 32)
	if err != nil || n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
