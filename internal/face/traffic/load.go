// SPDX-License-Identifier: Apache-2.0

package traffic

import (
	"math"
	"math/rand/v2"
	"strconv"
	"time"
)

// Load makes events for measurements: about 632 bytes of JSON each, 5,000 users
// and 20,000 addresses drawn by Zipf's law, 13 core fields and five attributes.
// Event number i is the same for the same seed and start, whoever asks and in
// whatever order, so that clients in several processes share one series.
type Load struct {
	seed         uint64
	start        time.Time
	step         time.Duration
	users, addrs []float64
	agents       []string
}

// NewLoad returns the series that begins at start and has one event per step.
func NewLoad(seed uint64, start time.Time, step time.Duration) *Load {
	l := &Load{seed: seed, start: start, step: step, users: zipf(5000), addrs: zipf(20_000)}
	for i := range 50 {
		v := strconv.Itoa(96 + i)
		l.agents = append(l.agents, "Mozilla/5.0 (X11; Linux x86_64; rv:"+v+".0) Gecko/20100101 Firefox/"+v+".0")
	}
	return l
}

// Append appends event number i as one JSON object without a line end.
func (l *Load) Append(dst []byte, i uint64) []byte {
	r := rand.New(rand.NewPCG(l.seed, i))
	all := kinds()
	k := all[r.IntN(len(all))]
	user := "user" + strconv.Itoa(draw(l.users, r.Float64())) + "@example.com"
	a := draw(l.addrs, r.Float64())
	ip := "10." + strconv.Itoa(a>>8) + "." + strconv.Itoa(a&255) + "." + strconv.Itoa(1+a%250)
	trace := strconv.FormatUint(r.Uint64(), 16)
	text := func(key, value string) { dst = append(appendPair(dst, key, value), ',') }

	dst = append(dst, '{')
	text("timestamp", l.start.Add(time.Duration(i)*l.step).UTC().Format("2006-01-02T15:04:05.000000Z")) //nolint:gosec // counts stay far below 2^63
	text("id", "ld-"+strconv.FormatUint(l.seed, 36)+"-"+strconv.FormatUint(i, 36))
	text("source", k.source)
	text("category", k.category)
	text("severity", k.severity)
	switch r.IntN(4) {
	case 0:
		text("message", "User "+user+" "+k.verb+" after "+strconv.Itoa(r.IntN(9))+" attempts; policy=default trace="+trace)
	case 1:
		text("message", "Connection from "+ip+" port "+strconv.Itoa(1024+r.IntN(60_000))+" "+k.verb+" for service shop on interface eth0 flow "+trace)
	case 2:
		text("message", "Worker pid "+strconv.Itoa(r.IntN(65_000))+" "+k.verb+" for file /var/lib/data/"+trace+".db in queue default, flags O_RDWR")
	default:
		text("message", "Request "+trace+" by "+user+" "+k.verb+" on resource orders/"+strconv.Itoa(r.IntN(90_000))+" in region eu-west")
	}
	text("user", user)
	text("ip", ip)
	text("user_agent", l.agents[r.IntN(len(l.agents))])
	text("outcome", k.outcome)
	text("action", k.action)
	text("session_id", strconv.FormatUint(r.Uint64(), 16))
	text("host", "srv-"+strconv.Itoa(r.IntN(50))+".eu-west-1.corp.example.com")
	dst = append(dst, `"attrs":{`...)
	text("app_version", strconv.Itoa(1+r.IntN(3))+"."+strconv.Itoa(r.IntN(4))+"."+strconv.Itoa(r.IntN(20)))
	text("country", "RO")
	text("endpoint", "/api/v"+strconv.Itoa(r.IntN(3))+"/resource"+strconv.Itoa(r.IntN(200))+"/item")
	text("request_id", trace+strconv.FormatUint(r.Uint64(), 16))
	dst = append(append(dst, `"risk_score":`...), strconv.Itoa(r.IntN(101))...)
	return append(dst, '}', '}')
}

type kind struct{ source, category, severity, outcome, action, verb string }

func kinds() [10]kind {
	return [10]kind{
		{"access", "http_request", "info", "success", "read", "was served"},
		{"access", "http_request", "info", "success", "create", "was accepted"},
		{"access", "http_error", "low", "failure", "read", "was not found"},
		{"application", "data_access", "info", "success", "read", "opened a record"},
		{"application", "data_access", "low", "success", "update", "changed a record"},
		{"authentication", "login_success", "info", "success", "login", "logged in"},
		{"authentication", "login_failed", "low", "failure", "login", "failed to authenticate"},
		{"authentication", "logout", "info", "success", "logout", "logged out"},
		{"system", "service_started", "info", "success", "start", "was started"},
		{"security_audit", "permission_denied", "medium", "failure", "deny", "was denied"},
	}
}

// zipf returns the cumulative shares of n ranks under Zipf's law.
func zipf(n int) []float64 {
	c, sum := make([]float64, n), 0.0
	for i := range c {
		sum += 1 / float64(i+1)
		c[i] = sum
	}
	for i := range c {
		c[i] /= sum
	}
	return c
}

// draw returns the rank at share f.
func draw(c []float64, f float64) int {
	lo, hi := 0, len(c)-1
	for lo < hi {
		if m := (lo + hi) / 2; c[m] < math.Min(f, 1) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}
