// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"bufio"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const loghub = "../../../../shared/data/loghub/OpenSSH_2k.log"

// attempt is one line of the log that reports refused logins.
type attempt struct {
	at    time.Time
	user  string
	ip    string
	times int
}

// readAttempts is a reader of its own: no code of the product.
func readAttempts(t *testing.T) []attempt {
	t.Helper()
	f, err := os.Open(loghub)
	if err != nil {
		t.Skip("needs ../shared/data/loghub/OpenSSH_2k.log")
	}
	defer f.Close()
	shape := regexp.MustCompile(`^(\w{3} +\d+ [\d:]{8}) \S+ sshd\[\d+\]: (?:message repeated (\d+) times: \[ )?Failed \S+ for (?:invalid user )?(.*?) from (\S+) port \d+`)
	var list []attempt
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		m := shape.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		at, err := time.Parse("2006 Jan _2 15:04:05", "2025 "+m[1])
		if err != nil {
			t.Fatal(err)
		}
		a := attempt{at: at, user: m[3], ip: m[4], times: 1}
		if m[2] != "" {
			if a.times, err = strconv.Atoi(m[2]); err != nil {
				t.Fatal(err)
			}
		}
		list = append(list, a)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// most is the greatest number of failures, or of different user names, that an
// address has in any closed window, by looking at each window from scratch.
func most(list []attempt, span time.Duration, names bool) map[string]int {
	best := map[string]int{}
	for _, first := range list {
		sum, seen := 0, map[string]bool{}
		for _, a := range list {
			if a.ip == first.ip && !a.at.Before(first.at) && a.at.Sub(first.at) <= span {
				sum += a.times
				seen[a.user] = true
			}
		}
		if names {
			sum = len(seen)
		}
		best[first.ip] = max(best[first.ip], sum)
	}
	return best
}

func atLeast(n int, counts map[string]int) []string {
	var list []string
	for ip, have := range counts {
		if have >= n {
			list = append(list, fmt.Sprint(ip, " ", have))
		}
	}
	slices.Sort(list)
	return list
}

// The truth about the log, as the independent count gives it: each address with
// the most failures in any ten minutes, or names in any five.
func bruteForcers() []string {
	return []string{"103.99.0.122 30", "112.95.230.3 26", "183.62.140.253 279", "185.190.58.151 18", "187.141.143.180 80", "5.188.10.180 20"}
}

func enumerators() []string {
	return []string{"103.99.0.122 19", "183.62.140.253 10", "187.141.143.180 28", "5.188.10.180 7"}
}

// TestRealLog: OpenSSH_2k.log by an independent count, and by the rules.
func TestRealLog(t *testing.T) {
	t.Parallel()
	list := readAttempts(t)
	if got := len(atLeast(5, most(list, 365*24*time.Hour, false))); got != 12 {
		t.Errorf("%d addresses with five failures, want 12", got)
	}
	if got := len(atLeast(5, most(list, 10*time.Minute, false))); got != 11 {
		t.Errorf("%d addresses with five failures in ten minutes, want 11", got)
	}
	if diff := cmp.Diff(bruteForcers(), atLeast(10, most(list, 10*time.Minute, false))); diff != "" {
		t.Errorf("ten failures in ten minutes (-want +counted):\n%s", diff)
	}
	if diff := cmp.Diff(enumerators(), atLeast(5, most(list, 5*time.Minute, true))); diff != "" {
		t.Errorf("five names in five minutes (-want +counted):\n%s", diff)
	}

	n := engine(t)
	raised := map[string]map[string]int{}
	for i, a := range list {
		e := &event.Event{
			ID: idOf(i + 1), Time: a.at.UnixNano(), Received: 1 << 61, Input: "http", Source: "authentication", Host: "LabSZ",
			Category: "login_failed", User: a.user, IP: a.ip, Place: event.Place{Ord: uint64(i + 1)},
		}
		if a.times > 1 {
			e.SetAttr("repeat", event.Int(int64(a.times)))
		}
		found := n.Observe(e)
		for _, f := range n.Grown(found) {
			if raised[f.Type] == nil {
				raised[f.Type] = map[string]int{}
			}
			raised[f.Type][f.EntityValue] = max(raised[f.Type][f.EntityValue], int(f.Value))
		}
	}
	if diff := cmp.Diff(bruteForcers(), atLeast(0, raised["brute_force_attack"])); diff != "" {
		t.Errorf("brute_force_attack (-want +raised):\n%s", diff)
	}
	if diff := cmp.Diff(enumerators(), atLeast(0, raised["account_enumeration"])); diff != "" {
		t.Errorf("account_enumeration (-want +raised):\n%s", diff)
	}
	if types := slices.Sorted(maps.Keys(raised)); len(types) != 2 {
		t.Errorf("types %v", types)
	}
}
