// SPDX-License-Identifier: Apache-2.0

package traffic_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/traffic"
)

var start = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func TestSameSeedSameTraffic(t *testing.T) {
	t.Parallel()
	o := traffic.Options{Seed: 4, Start: start, Length: 2 * time.Minute, Rate: 10, Attacks: traffic.Attacks(), Delay: 5 * time.Second}
	a, b := traffic.Generate(o), traffic.Generate(o)
	if len(a) < 1000 {
		t.Fatalf("%d records in two minutes at 10/s", len(a))
	}
	for i := range a {
		if !bytes.Equal(a[i].Body, b[i].Body) || a[i].At != b[i].At {
			t.Fatalf("record %d differs between two runs", i)
		}
		if i > 0 && a[i].At < a[i-1].At {
			t.Fatalf("record %d comes before the one before it", i)
		}
	}
	o.Seed = 5
	if c := traffic.Generate(o); bytes.Equal(c[0].Body, a[0].Body) {
		t.Fatal("another seed gave the same first record")
	}
}

func TestEachAttackIsThereAndLabelled(t *testing.T) {
	t.Parallel()
	for _, label := range traffic.Attacks() {
		rs := traffic.Generate(traffic.Options{Seed: 1, Start: start, Attacks: []string{label}})
		if len(rs) == 0 {
			t.Errorf("%s: nothing", label)
		}
		for _, r := range rs {
			if r.Label != label {
				t.Errorf("%s: a record is labelled %q", label, r.Label)
			}
		}
	}
	for _, r := range traffic.Generate(traffic.Options{Seed: 1, Start: start, Length: time.Minute, Rate: 20}) {
		if r.Label != "" {
			t.Fatalf("ordinary traffic is labelled %q", r.Label)
		}
	}
}

// The ordinary part must stay below the thresholds by address and by user: this
// counts naively what the rules count.
func TestOrdinaryTrafficStaysQuiet(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		failures, denied := map[string]int{}, 0
		for _, r := range traffic.Generate(traffic.Options{Seed: seed, Start: start, Length: 15 * time.Minute, Rate: 20}) {
			if r.Wire == traffic.Syslog {
				if bytes.Contains(r.Body, []byte("Failed ")) {
					t.Fatalf("an ordinary line reports a failure: %s", r.Body)
				}
				continue
			}
			var e struct{ Category, EventType, IP, Severity string }
			if err := json.Unmarshal(r.Body, &e); err != nil {
				t.Fatalf("%v in %s", err, r.Body)
			}
			if e.Severity == "critical" || e.EventType == "injection_detected" || e.EventType == "content_blocked" {
				t.Fatalf("ordinary traffic has %s", r.Body)
			}
			if e.Category == "login_failed" {
				failures[e.IP]++
			}
			if e.Category == "permission_denied" {
				denied++
			}
		}
		for ip, n := range failures {
			if n >= 10 {
				t.Errorf("seed %d: %d failed log-ins from %s in 15 minutes", seed, n, ip)
			}
		}
		if denied != 0 {
			t.Errorf("seed %d: %d refused permissions", seed, denied)
		}
	}
}

func TestLoadIsOneSeriesOf632Bytes(t *testing.T) {
	t.Parallel()
	l, again := traffic.NewLoad(9, start, time.Millisecond), traffic.NewLoad(9, start, time.Millisecond)
	const n = 5000
	total, ids := 0, map[string]bool{}
	for i := range uint64(n) {
		b := l.Append(nil, i)
		total += len(b)
		var e struct{ ID, Timestamp string }
		if err := json.Unmarshal(b, &e); err != nil {
			t.Fatalf("%v in %s", err, b)
		}
		if ids[e.ID] {
			t.Fatalf("id %s twice", e.ID)
		}
		ids[e.ID] = true
		if i%500 == 0 && !bytes.Equal(b, again.Append(nil, i)) {
			t.Fatalf("event %d is not the same twice", i)
		}
	}
	if mean := total / n; mean < 600 || mean > 664 {
		t.Errorf("mean size %d bytes, want about 632", mean)
	}
}

func BenchmarkLoad(b *testing.B) {
	l := traffic.NewLoad(1, start, time.Millisecond)
	var buf []byte
	b.ReportAllocs()
	for i := range uint64(b.N) {
		buf = l.Append(buf[:0], i)
	}
}
