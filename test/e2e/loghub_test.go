// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The truth about the 2,000 lines, worked out by counting (failures and
// enumerated below do it again): who fails ten times or more within ten
// minutes, and who tries five names or more within five.
var (
	wantBruteForce = []string{"103.99.0.122", "112.95.230.3", "183.62.140.253", "185.190.58.151", "187.141.143.180", "5.188.10.180"}
	wantEnumerated = []string{"103.99.0.122", "183.62.140.253", "187.141.143.180", "5.188.10.180"}
)

type failure struct {
	at     time.Time
	user   string
	repeat int
}

// failures counts by a pattern of its own, sharing nothing with the product.
func failures(t *testing.T, file string) map[string][]failure {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^(\w{3} +\d+ [\d:]{8}) \S+ sshd\[\d+\]: (?:message repeated (\d+) times: \[ )?Failed \S+ for (?:invalid user )?(.*) from (\S+) port \d+`)
	out := map[string][]failure{}
	for l := range strings.Lines(string(b)) {
		m := line.FindStringSubmatch(strings.TrimSpace(l))
		if m == nil {
			continue
		}
		at, err := time.Parse("2006 Jan _2 15:04:05", "2025 "+m[1])
		if err != nil {
			t.Fatal(err)
		}
		n := 1
		if m[2] != "" {
			n, _ = strconv.Atoi(m[2])
		}
		out[m[4]] = append(out[m[4]], failure{at, m[3], n})
	}
	return out
}

// most returns the largest figure of any window that ends with one of the
// failures.
func most(fs []failure, window time.Duration, figure func([]failure) int) int {
	best := 0
	for i := range fs {
		from := i
		for from > 0 && fs[i].at.Sub(fs[from-1].at) <= window {
			from--
		}
		best = max(best, figure(fs[from:i+1]))
	}
	return best
}

func attempts(fs []failure) (n int) {
	for _, f := range fs {
		n += f.repeat
	}
	return n
}

func names(fs []failure) int {
	seen := map[string]bool{}
	for _, f := range fs {
		seen[f.user] = true
	}
	return len(seen)
}

func TestLoghubFromFileToAlert(t *testing.T) {
	t.Parallel()
	file := shared(t, "data/loghub/OpenSSH_2k.log")
	byAddress := failures(t, file)
	brute, enumerated := map[string]int{}, map[string]int{}
	for ip, fs := range byAddress {
		if n := most(fs, 10*time.Minute, attempts); n >= 10 {
			brute[ip] = n
		}
		if n := most(fs, 5*time.Minute, names); n >= 5 {
			enumerated[ip] = n
		}
	}
	if got := slices.Sorted(maps.Keys(brute)); !slices.Equal(got, wantBruteForce) {
		t.Fatalf("counted brute force by %q, written down is %q", got, wantBruteForce)
	}
	if got := slices.Sorted(maps.Keys(enumerated)); !slices.Equal(got, wantEnumerated) {
		t.Fatalf("counted enumeration by %q, written down is %q", got, wantEnumerated)
	}

	s := start(t, binary(t), t.TempDir())
	out, errOut, code := s.run("ingest", "--url", s.url, "--token", s.token("ingest"), "--format", "syslog", file)
	if code != 0 || !strings.HasPrefix(out, "accepted 2000 rejected 0 in ") {
		t.Fatalf("exit %d, said %q %q", code, out, errOut)
	}
	s.wantEntities("brute_force_attack", wantBruteForce)
	s.wantEntities("account_enumeration", wantEnumerated)

	for ip, n := range brute {
		severity := "high"
		if n >= 30 {
			severity = "critical"
		}
		worst := ""
		for _, a := range all[anomaly](s, "/api/siem/anomalies?type=brute_force_attack") {
			if a.Entity.Value == ip && (worst == "" || a.Severity == "critical") {
				worst = a.Severity
			}
		}
		if worst != severity {
			t.Errorf("%s: %d attempts in ten minutes are %s, want %s", ip, n, worst, severity)
		}
	}
	var alerted []string
	for _, a := range all[alert](s, "/api/siem/alerts?rule=RULE-BRUTE-FORCE") {
		alerted = append(alerted, a.Entity.Value)
	}
	slices.Sort(alerted)
	if !slices.Equal(alerted, wantBruteForce) {
		t.Errorf("alerts about %q, want %q", alerted, wantBruteForce)
	}

	var page list[event]
	s.get("/api/siem/logs?category=login_failed&ip_address=5.36.59.76", &page)
	total := 0.0
	for _, e := range page.Items {
		n, repeated := e.Attrs["repeat"].(float64)
		if !repeated {
			n = 1
		}
		total += n
	}
	if want := attempts(byAddress["5.36.59.76"]); int(total) != want {
		t.Errorf("5.36.59.76: %v attempts recorded, counted %d", total, want)
	}
}

// wantEntities waits until the anomalies of a type are about exactly these.
func (s *server) wantEntities(kind string, want []string) {
	s.t.Helper()
	var got []string
	defer func() {
		if s.t.Failed() {
			s.t.Logf("%s: got %q, want %q", kind, got, want)
		}
	}()
	eventually(s.t, kind, func() bool {
		seen := map[string]bool{}
		for _, a := range all[anomaly](s, "/api/siem/anomalies?type="+kind) {
			seen[a.Entity.Value] = true
		}
		got = slices.Sorted(maps.Keys(seen))
		return slices.Equal(got, want)
	})
}
