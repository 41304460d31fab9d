// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// campaign is one attacker's records, in batches that are sent one after another.
// Each campaign has a host of its own, so that what another one sends at the same
// time changes nothing for it.
type campaign [][]byte

// campaigns make the same records each time they are called with the same begin:
// brute force and enumeration from several addresses in waves that are one
// anomaly or several, and a user of an LLM who does not give up.
func campaigns(begin time.Time) []campaign {
	const waves, perWave = 6, 40
	var all []campaign
	for a := range 3 {
		var c campaign
		for w := range waves {
			var batch bytes.Buffer
			for i := range perWave {
				at := begin.Add(time.Duration(w)*9*time.Minute + time.Duration(i)*700*time.Millisecond)
				user := "root"
				if a > 0 && i%4 == 0 {
					user = fmt.Sprintf("name-%d-%d", w, i)
				}
				fmt.Fprintf(&batch, `{"id":"b%d-%d-%d","time":%q,"host":"gate-%d","source":"authentication","category":"login_failed","outcome":"failure","severity":"low","message":"Wrong password","user":%q,"ip":"203.0.113.%d"}`+"\n",
					a, w, i, at.UTC().Format(time.RFC3339Nano), a, user, 100+a*10+w/4)
				if i%5 == 4 {
					c = append(c, bytes.Clone(batch.Bytes()))
					batch.Reset()
				}
			}
		}
		all = append(all, c)
	}
	var llm campaign
	for i := range 150 {
		at := begin.Add(time.Duration(i) * 20 * time.Second)
		category, severity, attrs := "content_blocked", "medium", `{"categories":["illegal"],"confidence":0.7}`
		if i%10 == 7 {
			category, severity, attrs = "injection_detected", []string{"high", "critical"}[i/10%2], fmt.Sprintf(`{"confidence":0.%d,"techniques":["direct_override"]}`, 81+i%15)
		}
		llm = append(llm, fmt.Appendf(nil, `{"id":"l-%d","time":%q,"host":"assistant","source":"llm","category":%q,"severity":%q,"message":"Guard","user":"guest-%d","ip":"198.51.100.77","attrs":%s}`+"\n",
			i, at.UTC().Format(time.RFC3339Nano), category, severity, i/60, attrs))
	}
	return append(all, llm)
}

func sum(progress []atomic.Int64) (n int64) {
	for i := range progress {
		n += progress[i].Load()
	}
	return n
}

// raised is what detection made of everything, without what differs between two
// servers: ids and the time of the work.
func raised(s *server) []string {
	s.t.Helper()
	var out []string
	for _, a := range all[anomaly](s, "/api/siem/anomalies") {
		out = append(out, fmt.Sprintf("anomaly %s %s=%s %s count %d confidence %.4f %s – %s", a.Type, a.Entity.Type, a.Entity.Value, a.Severity,
			a.Count, a.Confidence, a.FirstSeen.Format(time.RFC3339Nano), a.LastSeen.Format(time.RFC3339Nano)))
	}
	for _, a := range all[alert](s, "/api/siem/alerts") {
		out = append(out, fmt.Sprintf("alert %s %s=%s %s count %d", a.RuleID, a.Entity.Type, a.Entity.Value, a.Severity, a.Count))
	}
	slices.Sort(out)
	return out
}

// settled waits until detection has seen all of the journal and what it raised no
// longer changes.
func settled(s *server) []string {
	s.t.Helper()
	var last []string
	same := 0
	eventually(s.t, "detection at rest", func() bool {
		now := raised(s)
		if same++; !slices.Equal(now, last) {
			last, same = now, 0
		}
		return same >= 5 && s.metric("tocsin_detect_lag_entries") == 0
	})
	return last
}

// metric reads one figure without labels.
func (s *server) metric(name string) float64 {
	s.t.Helper()
	_, _, b, err := s.do(request{method: "GET", path: "/metrics"})
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		var v float64
		if rest, found := strings.CutPrefix(line, name+" "); found {
			if _, err := fmt.Sscan(rest, &v); err == nil {
				return v
			}
		}
	}
	s.t.Fatalf("no metric %s", name)
	return 0
}

// TestAlertsOverKills sends attacks while the server is killed again and again:
// the anomalies and alerts are those of a server that nobody disturbed, and those
// that the journal alone gives when everything else is thrown away.
func TestAlertsOverKills(t *testing.T) {
	t.Parallel()
	kills := 10
	if os.Getenv("TOCSIN_LONG") == "" {
		kills = 5
	}
	bin, data := binary(t), filepath.Join(t.TempDir(), "data")
	begin := time.Now().Add(-2 * time.Hour).Truncate(time.Second)
	attacks := campaigns(begin)
	want := undisturbed(t, bin, attacks)
	for _, kind := range []string{"anomaly brute_force_attack", "anomaly account_enumeration", "anomaly llm_injection", "anomaly llm_repeated_violation", "alert RULE-BRUTE-FORCE", "alert RULE-LLM-REPEATED"} {
		if !slices.ContainsFunc(want, func(s string) bool { return strings.HasPrefix(s, kind) }) {
			t.Errorf("the attacks raise no %s: the test is blind for it", kind)
		}
	}

	r := rand.New(rand.NewPCG(9, 26))
	progress := make([]atomic.Int64, len(attacks)) // batches acknowledged
	var total int64
	for _, c := range attacks {
		total += int64(len(c))
	}
	var token string
	inTheMiddle := 0
	for kill := range kills + 1 {
		s := start(t, bin, data)
		if token == "" {
			token = s.token("ingest")
		}
		var senders sync.WaitGroup
		for i, c := range attacks {
			senders.Go(func() { s.sendCampaign(token, c, &progress[i]) })
		}
		if kill < kills { // somewhere in this life's share of the batches
			upTo := total * int64(kill*100+r.IntN(100)) / int64((kills+1)*100)
			for end := time.Now().Add(30 * time.Second); sum(progress) < upTo && time.Now().Before(end); {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(r.IntN(60)) * time.Millisecond)
			s.kill()
			senders.Wait()
			if sum(progress) < total {
				inTheMiddle++
			}
			continue
		}
		senders.Wait()
		for i, c := range attacks {
			if n := int(progress[i].Load()); n != len(c) {
				t.Fatalf("campaign %d: %d of %d batches acknowledged", i, n, len(c))
			}
		}
		wantSame(t, "after the kills", settled(s), want)
		s.stop()
	}

	if inTheMiddle < kills/2 {
		t.Errorf("only %d of %d kills came while there was something to send", inTheMiddle, kills)
	}
	for _, derived := range []string{"state", "derived"} {
		if err := os.RemoveAll(filepath.Join(data, derived)); err != nil {
			t.Fatal(err)
		}
	}
	wantSame(t, "from the journal alone", settled(start(t, bin, data)), want)
}

// undisturbed is what a server raises that lives through all of it.
func undisturbed(t *testing.T, bin string, attacks []campaign) []string {
	t.Helper()
	s := start(t, bin, t.TempDir())
	token := s.token("ingest")
	var senders sync.WaitGroup
	for _, c := range attacks {
		senders.Go(func() {
			var n atomic.Int64
			s.sendCampaign(token, c, &n)
		})
	}
	senders.Wait()
	want := settled(s)
	s.stop()
	return want
}

// sendCampaign sends the batches that are not acknowledged yet, each until it is,
// or until the server is gone.
func (s *server) sendCampaign(token string, c campaign, done *atomic.Int64) {
	for n := int(done.Load()); n < len(c); n = int(done.Load()) {
		status, _, b, err := s.do(request{method: "POST", path: "/api/siem/events", token: token, contentType: "application/x-ndjson", body: c[n]})
		if err != nil {
			return
		}
		var a ingestAnswer
		if status != 200 || json.Unmarshal(b, &a) != nil || a.Accepted != bytes.Count(c[n], []byte("\n")) {
			s.t.Errorf("batch %d: %d %s", n, status, b)
			return
		}
		done.Add(1)
	}
}

// wantSame compares two lists and names what is only in one of them.
func wantSame(t *testing.T, when string, got, want []string) {
	t.Helper()
	count := map[string]int{}
	for _, s := range got {
		count[s]++
	}
	for _, s := range want {
		count[s]--
	}
	for _, s := range slices.Sorted(maps.Keys(count)) {
		switch n := count[s]; {
		case n > 0:
			t.Errorf("%s: too much (%d): %s", when, n, s)
		case n < 0:
			t.Errorf("%s: missing (%d): %s", when, -n, s)
		}
	}
}

// TestLargeRequests hides attacks in requests of ten thousand events, several at a
// time: detection sees each event once.
func TestLargeRequests(t *testing.T) {
	t.Parallel()
	s := start(t, binary(t), t.TempDir())
	token := s.token("ingest")
	const requests, attackers, each = 4, 40, 10_000
	now := time.Now()
	var senders sync.WaitGroup
	for n := range requests {
		senders.Go(func() {
			r := rand.New(rand.NewPCG(uint64(n), 7))
			var b bytes.Buffer
			left := map[int]int{}
			for i := range each {
				at := now.Add(time.Duration(i-each) * time.Millisecond).UTC().Format(time.RFC3339Nano)
				a := r.IntN(attackers)
				// Each attacker fails 12 times, anywhere in the request.
				if left[a] < 12 && (r.IntN(15) == 0 || i > each*9/10) {
					left[a]++
					fmt.Fprintf(&b, `{"time":%q,"source":"authentication","category":"login_failed","outcome":"failure","message":"Wrong password","user":"root","ip":"203.0.113.%d","host":"h%d"}`+"\n", at, n*50+a, n)
				} else {
					fmt.Fprintf(&b, `{"time":%q,"source":"application","category":"data_access","message":"ordinary","host":"h%d"}`+"\n", at, n)
				}
			}
			for a := range attackers {
				if left[a] != 12 {
					t.Errorf("attacker %d of request %d fails %d times: choose another seed", a, n, left[a])
				}
			}
			if a := s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes()); a.Accepted != each {
				t.Errorf("%+v", a)
			}
		})
	}
	senders.Wait()
	eventually(t, "all attackers found", func() bool {
		return len(all[anomaly](s, "/api/siem/anomalies?type=brute_force_attack")) >= requests*attackers
	})
	eventually(t, "detection at the head", func() bool { return s.metric("tocsin_detect_lag_entries") == 0 })
	for _, a := range all[anomaly](s, "/api/siem/anomalies?type=brute_force_attack") {
		if a.Count != 12 {
			t.Errorf("%s: %d failures counted, want 12", a.Entity.Value, a.Count)
		}
	}
	if seen, head := s.metric("tocsin_detect_observed_total"), s.metric("tocsin_journal_head"); seen < requests*each || seen > head {
		t.Errorf("detection has seen %v events, the journal has %v", seen, head)
	}
	s.stop()
}
