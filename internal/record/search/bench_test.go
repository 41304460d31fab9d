// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

const benchStart = int64(1_790_000_000e9)

// typical returns event i of n over seven days, of about 630 bytes of JSON.
func typical(i, n int) *event.Event {
	r := rand.New(rand.NewPCG(uint64(i), 9))
	hex := func() string { return strconv.FormatUint(r.Uint64(), 16) }
	zipf := func(n int) int { return int(float64(n) * r.Float64() * r.Float64() * r.Float64()) }
	at := benchStart + int64(float64(i)/float64(n)*7*24*3600e9)
	user, ip := fmt.Sprintf("user%04d@example.com", zipf(5000)), fmt.Sprintf("198.51.%d.%d", zipf(100), r.IntN(200))
	message := ""
	switch r.IntN(4) {
	case 0:
		message = "User " + user + " failed to authenticate via password after " + strconv.Itoa(r.IntN(9)) + " attempts; policy=default trace=" + hex()
	case 1:
		message = "Connection from " + ip + " port " + strconv.Itoa(1024+r.IntN(60000)) + " accepted for service sshd on interface eth0 flow " + hex()
	case 2:
		message = "Process /usr/bin/python3 pid " + strconv.Itoa(r.IntN(65000)) + " opened file /var/lib/data/" + hex() + ".db with flags O_RDWR|O_CREAT"
	default:
		message = "Role binding changed by " + user + " resource=arn:aws:iam::1234:role/admin" + strconv.Itoa(r.IntN(300)) + " request " + hex()
	}
	if i%1000 == 77 {
		message += " mimikatz detected"
	}
	e := &event.Event{
		Time: at, Received: at + 3e6, Severity: []event.Severity{0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4}[r.IntN(11)], Outcome: event.Outcome(1 + r.IntN(2)),
		Source:   []string{"authentication", "access", "application", "llm", "system", "security_audit"}[r.IntN(6)],
		Category: fmt.Sprintf("category_%02d", r.IntN(40)), Action: []string{"create", "read", "login", "deny"}[r.IntN(4)],
		Message: message, User: user, IP: ip, Session: hex(), OriginID: hex(), Input: "http", Sender: "token-1",
		UserAgent: fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 80+i%50, 80+i%50),
		Host:      fmt.Sprintf("srv-%02d.eu-west.example.com", r.IntN(50)),
		Attrs: []event.Attr{
			{Key: "app_version", Value: event.Text("1.2." + strconv.Itoa(r.IntN(12)))},
			{Key: "country", Value: event.Text("RO")},
			{Key: "endpoint", Value: event.Text(fmt.Sprintf("/api/v1/resource%d/item", r.IntN(200)))},
			{Key: "request_id", Value: event.Text(hex())},
			{Key: "risk_score", Value: event.Int(int64(r.IntN(101)))},
		},
		Place: event.Place{Origin: "bench.example/1", Stream: "366d", Seq: uint64(i + 1), Ord: uint64(i + 1)},
	}
	binary.BigEndian.PutUint64(e.ID[8:], r.Uint64())
	binary.BigEndian.PutUint64(e.ID[:], uint64(e.Received/1e6)<<16)
	return e
}

// fixture is n events in memory and the same in files.
type fixture struct {
	n          int
	hot, files *search.Searcher
	cache      *segment.Cache
}

func newFixture(b *testing.B, n int, budget int64) *fixture {
	b.Helper()
	cache, err := segment.NewCache(budget)
	if err != nil {
		b.Fatal(err)
	}
	var hot, files []segment.Reader
	for from := 0; from < n; from += segment.MaxRows {
		bl := segment.NewBlock()
		for i := from; i < min(n, from+segment.MaxRows); i++ {
			if err := bl.Append(typical(i, n), [8]byte{}, [16]byte{}); err != nil {
				b.Fatal(err)
			}
		}
		hot = append(hot, bl.Reader())
		files = append(files, sealed(b, bl, cache))
	}
	return &fixture{n: n, hot: searcher(b, search.Options{}, hot...), files: searcher(b, search.Options{}, files...), cache: cache}
}

// b3 are the questions of the log page: one by each filter, words that are
// frequent, rare and absent, pages near the begin and at the end, statistics.
func b3(f *fixture) (names []string, filters []query.Filter) {
	mid := typical(f.n/2, f.n)
	day := int64(24 * 3600e9)
	deep := query.Key{Time: typical(f.n/50, f.n).Time, ID: mid.ID}.Cursor()
	add := func(name string, filter query.Filter) {
		names, filters = append(names, name), append(filters, filter)
	}
	add("newest", query.Filter{})
	add("limit1000", query.Filter{Limit: 1000})
	add("source", query.Filter{Sources: []string{"authentication"}})
	add("level", query.Filter{MinLevel: event.High})
	add("category", query.Filter{Categories: []string{"category_07"}})
	add("user", query.Filter{Users: []string{mid.User}})
	add("userwild", query.Filter{Users: []string{"user42*"}})
	add("address", query.Filter{IPs: []string{mid.IP}})
	add("network", query.Filter{IPs: []string{"198.51.99.0/24"}})
	add("absentaddress", query.Filter{IPs: []string{"192.0.2.1"}})
	add("time", query.Filter{From: mid.Time, To: mid.Time + day})
	add("combined", query.Filter{Sources: []string{"authentication"}, MinLevel: event.High, From: mid.Time, Text: "failed"})
	add("word", query.Filter{Text: "failed password"})
	add("rareword", query.Filter{Text: "mimikatz"})
	add("phrase", query.Filter{Text: `"mimikatz detected"`})
	add("attribute", query.Filter{Text: mid.Attrs[3].Value.Text})
	add("noword", query.Filter{Text: "kerberoast"})
	add("nohexword", query.Filter{Text: "deadbeef0123"})
	add("nowords", query.Filter{Text: "failed kerberoast"})
	add("partword", query.Filter{Text: "*imikat*"})
	add("deepcursor", query.Filter{Cursor: deep})
	add("deepcursoruser", query.Filter{Cursor: deep, Users: []string{mid.User}})
	add("deepoffset", query.Filter{Offset: f.n - 200})
	return names, filters
}

func BenchmarkB3(b *testing.B) {
	for _, size := range []struct {
		name string
		n    int
	}{{"100k", 100_000}, {"1M", 1_000_000}} {
		b.Run(size.name, func(b *testing.B) {
			f := newFixture(b, size.n, 64<<20)
			names, filters := b3(f)
			for form, s := range map[string]*search.Searcher{"hot": f.hot, "file": f.files} {
				for i, name := range names {
					b.Run(form+"/"+name, func(b *testing.B) {
						measure(b, func() {
							if _, err := s.Query(b.Context(), filters[i]); err != nil {
								b.Fatal(err)
							}
						})
					})
				}
				for name, filter := range map[string]query.Filter{
					"statistics": {}, "statisticsuser": {Users: []string{"user0001@example.com"}}, "statisticsday": {From: benchStart + 36*hour, To: benchStart + 60*hour + 7},
				} {
					b.Run(form+"/"+name, func(b *testing.B) {
						measure(b, func() {
							if _, err := s.Statistics(b.Context(), filter); err != nil {
								b.Fatal(err)
							}
						})
					})
				}
				b.Run(form+"/id", func(b *testing.B) {
					id := typical(size.n/3, size.n).ID
					measure(b, func() {
						if _, err := s.ByID(b.Context(), id); err != nil {
							b.Fatal(err)
						}
					})
				})
			}
		})
	}
}

// measure runs ask and reports the median and the 95th percentile.
func measure(b *testing.B, ask func()) {
	b.ReportAllocs()
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		ask()
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
