// SPDX-License-Identifier: Apache-2.0

package enrich_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/enrich"
)

// database makes a database of networks.
func database(t testing.TB, records map[string]mmdbtype.DataType) []byte {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "test", RecordSize: 24})
	if err != nil {
		t.Fatal(err)
	}
	for network, record := range records {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func country(code string) mmdbtype.DataType {
	return mmdbtype.Map{"country_code": mmdbtype.String(code)}
}

// city is a record as MaxMind and DB-IP write them.
func city(code, name string, lat, lon float64, km uint16) mmdbtype.DataType {
	return mmdbtype.Map{
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String(code)},
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(name)}},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(lat), "longitude": mmdbtype.Float64(lon), "accuracy_radius": mmdbtype.Uint16(km)},
	}
}

func system(n uint32, name string) mmdbtype.DataType {
	return mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(n), "autonomous_system_organization": mmdbtype.String(name)}
}

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const list = `match, name, owner, tags
# the shop
web-1, Shop front, ana, pci;internet
198.18.0.0/16, Lab,,
10.1.0.0/16, Office, it, office
10.1.2.3, Printer, it,
2a02:2f00::/32, Home workers, ion, vpn home
`

func open(t testing.TB, change func(*enrich.Options)) *enrich.Enricher {
	t.Helper()
	opt := enrich.Options{
		Country: database(t, map[string]mmdbtype.DataType{"8.8.8.0/24": country("US"), "2a02:2f00::/32": country("RO"), "81.2.69.0/24": country("GB")}),
		AS:      database(t, map[string]mmdbtype.DataType{"8.8.8.0/24": system(15169, "Google LLC"), "81.2.69.0/24": system(20712, "Andrews & Arnold Ltd")}),
		Files: []string{
			write(t, "city.mmdb", database(t, map[string]mmdbtype.DataType{"81.2.69.0/24": city("GB", "Boxford", 51.75, -1.25, 100)})),
			write(t, "info.mmdb", database(t, map[string]mmdbtype.DataType{"1.1.1.0/24": mmdbtype.Map{
				"country": mmdbtype.String("AU"), "asn": mmdbtype.String("AS13335"), "as_name": mmdbtype.String("Cloudflare, Inc."),
			}})),
		},
		Assets: write(t, "assets.csv", []byte(list)), UserAgent: true, Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&opt)
	}
	en, err := enrich.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return en
}

// told is what an event says beside its address, host and client.
func told(e *event.Event) string {
	var b strings.Builder
	if e.Geo != (event.Geo{}) {
		fmt.Fprintf(&b, "%s %s %s AS%s", e.Geo.Country, e.Geo.Lat, e.Geo.Lon, e.Geo.AS)
	}
	for _, a := range e.Attrs {
		fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	en := open(t, nil)
	for name, c := range map[string]struct {
		e    event.Event
		want string
	}{
		"nothing to go by":     {event.Event{Message: "x"}, ""},
		"a country and system": {event.Event{IP: "8.8.8.8"}, "US AS15169 as.name=Google LLC"},
		"of a file of the user's, then of the program": {
			event.Event{IP: "81.2.69.142"},
			"GB 51.75 -1.25 AS20712 as.name=Andrews & Arnold Ltd geo.accuracy_km=100 geo.city=Boxford",
		},
		"in the manner of another maker": {event.Event{IP: "1.1.1.1"}, "AU AS13335 as.name=Cloudflare, Inc."},
		"IPv6":                           {event.Event{IP: "2a02:2f00::1"}, "RO AS ip_asset.name=Home workers ip_asset.owner=ion ip_asset.tags=vpn,home"},
		"an unknown address":             {event.Event{IP: "9.9.9.9"}, ""},
		"no address":                     {event.Event{IP: "nonsense"}, ""},
		"a private one, by its network":  {event.Event{IP: "10.1.9.9"}, "ip_asset.name=Office ip_asset.owner=it ip_asset.tags=office ip_scope=private"},
		"a private one, by itself":       {event.Event{IP: "10.1.2.3"}, "ip_asset.name=Printer ip_asset.owner=it ip_scope=private"},
		"a documentation address":        {event.Event{IP: "203.0.113.7"}, "ip_scope=documentation"},
		"shared":                         {event.Event{IP: "100.64.1.1"}, "ip_scope=shared"},
		"loopback":                       {event.Event{IP: "::1"}, "ip_scope=loopback"},
		"link-local":                     {event.Event{IP: "fe80::1"}, "ip_scope=link_local"},
		"multicast":                      {event.Event{IP: "224.0.0.1"}, "ip_scope=multicast"},
		"in two ranges":                  {event.Event{IP: "198.18.0.1"}, "ip_asset.name=Lab ip_scope=benchmarking"},
		"a host":                         {event.Event{Host: "WEB-1"}, "asset.name=Shop front asset.owner=ana asset.tags=pci,internet"},
		"a host with its domain":         {event.Event{Host: "web-1.example.com"}, "asset.name=Shop front asset.owner=ana asset.tags=pci,internet"},
		"a host by its address":          {event.Event{Host: "10.1.2.3"}, "asset.name=Printer asset.owner=it"},
		"an unknown host":                {event.Event{Host: "web-2"}, ""},
		"a browser": {
			event.Event{UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:104.0) Gecko/20100101 Firefox/104.3"},
			"user_agent.device.type=desktop user_agent.name=Firefox user_agent.os.name=Linux",
		},
		"a tool": {event.Event{UserAgent: "curl/8.5.0"}, "user_agent.name=curl"},
		"a bot":  {event.Event{UserAgent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, "user_agent.device.type=bot user_agent.name=Googlebot"},
		"what it said stays": {
			event.Event{
				IP: "8.8.8.8", Geo: event.Geo{Country: "FR"},
				Attrs: []event.Attr{{Key: "a", Value: event.Text("b")}, {Key: "as.name", Value: event.Text("mine")}, {Key: "z", Value: event.Null()}},
			},
			"FR AS15169 a=b as.name=mine z=null",
		},
	} {
		for _, round := range []string{"found", "kept"} {
			e := c.e
			e.Attrs = append([]event.Attr(nil), c.e.Attrs...)
			en.Events([]*event.Event{&e})
			if got := told(&e); got != c.want {
				t.Errorf("%s, %s:\n got %s\nwant %s", name, round, got, c.want)
			}
			for _, a := range e.Attrs {
				if given := len(a.Key) == 1 || a.Value.Text == "mine"; !given && !enrich.Adds(a.Key) {
					t.Errorf("%s: %s was added, and Adds does not say so", name, a.Key)
				}
			}
		}
	}
	if enrich.Adds("message") || enrich.Adds("attrs") {
		t.Error("Adds claims what others say")
	}
}

func TestNothingWanted(t *testing.T) {
	t.Parallel()
	en, err := enrich.New(enrich.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	e := &event.Event{IP: "8.8.8.8", Host: "web-1", UserAgent: "curl/8.5.0"}
	en.Events([]*event.Event{e})
	if diff := cmp.Diff("", told(e)); diff != "" {
		t.Error(diff)
	}
}

// TestHostile: what a client says of itself is bounded, and stays text.
func TestHostile(t *testing.T) {
	t.Parallel()
	en := open(t, nil)
	for _, agent := range []string{
		strings.Repeat("A", 64<<10), strings.Repeat("Mozilla/5.0 (", 10_000), strings.Repeat("(;)", 20_000), "\xff\xfe/1 (\xff)", "/", "(((((", ";/;/",
		strings.Repeat("é", 1000), "Mozilla/5.0 (" + strings.Repeat("x;", 500) + ")",
	} {
		e := &event.Event{UserAgent: agent, Source: "access", Message: "m", Time: 1, Received: 1}
		e.ID[0] = 1
		en.Events([]*event.Event{e})
		for _, a := range e.Attrs {
			if len(a.Value.Text) > 200 || a.Value.Text != strings.ToValidUTF8(a.Value.Text, "?") {
				t.Errorf("%.20q: %s of %d bytes", agent, a.Key, len(a.Value.Text))
			}
		}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	path := write(t, "assets.csv", []byte("match,name\nweb-1,first\n"))
	en := open(t, func(o *enrich.Options) { o.Assets = path })
	name := func() string {
		e := &event.Event{Host: "web-1"}
		en.Events([]*event.Event{e})
		return told(e)
	}
	steps := []struct {
		content, want string
		changed, bad  bool
	}{
		{"", "asset.name=first", false, false},
		{"match,name\nweb-1,second one\n", "asset.name=second one", true, false},
		{"match,name\nweb-1,broken,row\n", "asset.name=second one", false, true},
		{"", "asset.name=second one", false, false}, // not complained about again
		{"match,name\nweb-1,the third\n", "asset.name=the third", true, false},
	}
	for i, s := range steps {
		if s.content != "" {
			if err := os.WriteFile(path, []byte(s.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		changed, err := en.Refresh()
		if changed != s.changed || (err != nil) != s.bad {
			t.Errorf("step %d: changed %v, %v", i, changed, err)
		}
		if got := name(); got != s.want {
			t.Errorf("step %d: %s, want %s", i, got, s.want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := en.Refresh(); err == nil || name() != "asset.name=the third" {
		t.Errorf("without the file: %v, %s", err, name())
	}
}

// TestAtOnce: events are added to while the files are read again.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	path := write(t, "assets.csv", []byte("match,name\nweb-1,n0\n"))
	en := open(t, func(o *enrich.Options) { o.Assets = path })
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 2000 {
				e := &event.Event{IP: fmt.Sprintf("8.8.8.%d", (w*7+i)%256), Host: "web-1", UserAgent: fmt.Sprintf("curl/%d", i%50)}
				en.Events([]*event.Event{e})
				if e.Geo.Country != "US" || !strings.Contains(told(e), "user_agent.name=curl") || !strings.Contains(told(e), "asset.name=n") {
					t.Errorf("%s: %s", e.IP, told(e))
					return
				}
			}
		})
	}
	for i := range 20 {
		if err := os.WriteFile(path, fmt.Appendf(nil, "match,name\nweb-1,n%d%s\n", i, strings.Repeat("x", i)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := en.Refresh(); err != nil && !strings.Contains(err.Error(), "line 1") { // read in the middle of being written
			t.Error(err)
		}
	}
	all.Wait()
}
