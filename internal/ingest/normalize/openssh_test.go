// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// outside reads a file that does not belong to the repository, or skips.
func outside(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", path))
	if err != nil {
		t.Skipf("needs ../shared/%s", path)
	}
	return b
}

// TestOpenSSH reads 2,000 lines of a real server. What must come out was counted
// by hand and by three other tools; naiveFailures counts it once more.
func TestOpenSSH(t *testing.T) {
	t.Parallel()
	text := string(outside(t, "data/loghub/OpenSSH_2k.log"))
	zone := time.UTC
	h := &normalize.Hint{Received: time.Date(2017, 1, 5, 0, 0, 0, 0, zone).UnixNano(), Zone: zone}
	format, _ := normalize.Lookup("syslog")
	var events []*event.Event
	for line := range strings.Lines(text) {
		var err error
		if events, err = format.Normalize([]byte(strings.TrimSuffix(line, "\n")), h, events); err != nil {
			t.Fatalf("refused %q: %v", line, err)
		}
	}
	if len(events) != 2000 {
		t.Fatalf("%d events, want 2000", len(events))
	}
	got, times, unread := map[string]int{}, map[string][]int64{}, 0
	for _, e := range events {
		check(t, e)
		if e.Host != "LabSZ" || e.Service != "sshd" || time.Unix(0, e.Time).UTC().Format("2006-01-02") != "2016-12-10" {
			t.Errorf("wrong head: %s", native(e))
		}
		if e.Category == "log_line" {
			unread++
		}
		if e.Category != "login_failed" {
			continue
		}
		got[e.IP] += weight(t, e)
		for range weight(t, e) {
			times[e.IP] = append(times[e.IP], e.Time)
		}
	}
	if diff := cmp.Diff(naiveFailures(text), got); diff != "" {
		t.Errorf("failures by address, -want +got:\n%s", diff)
	}
	if unread > 1 { // fatal: Write failed
		t.Errorf("%d lines were not understood, want 1", unread)
	}
	five, ten := 0, 0
	for _, n := range got {
		if n >= 5 {
			five++
		}
		if n >= 10 {
			ten++
		}
	}
	if five != 12 || ten != 6 {
		t.Errorf("%d addresses with five failures, %d with ten; want 12, 6", five, ten)
	}
	if n, m := within(times, 5), within(times, 10); n != 11 || m != 6 {
		t.Errorf("in ten minutes %d addresses have five failures, %d have ten; want 11, 6", n, m)
	}
	if n := accountsWithin(events, 5, 5*time.Minute); n != 4 {
		t.Errorf("%d addresses try five names in five minutes, want 4", n)
	}
}

func weight(t *testing.T, e *event.Event) int {
	t.Helper()
	v, ok := e.Attr("repeat")
	if !ok {
		return 1
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil || n < 1 {
		t.Errorf("repeat is %q", v.Text)
	}
	return n
}

// naiveFailures counts by words alone.
func naiveFailures(text string) map[string]int {
	count := map[string]int{}
	for line := range strings.Lines(text) {
		n := 1
		if _, after, ok := strings.Cut(line, "message repeated "); ok {
			times, _, _ := strings.Cut(after, " ")
			n, _ = strconv.Atoi(times)
		}
		words := strings.Fields(line)
		at := slices.Index(words, "Failed")
		if at < 0 || at+2 >= len(words) || words[at+2] != "for" {
			continue
		}
		for i := len(words) - 1; i > at; i-- {
			if words[i] == "from" {
				count[words[i+1]] += n
				break
			}
		}
	}
	return count
}

// within counts the addresses with n failures in some ten minutes.
func within(times map[string][]int64, n int) int {
	count := 0
	for at := range maps.Values(times) {
		slices.Sort(at)
		for i := n - 1; i < len(at); i++ {
			if at[i]-at[i-n+1] <= int64(10*time.Minute) {
				count++
				break
			}
		}
	}
	return count
}

// accountsWithin counts the addresses that tried n names in some window.
func accountsWithin(events []*event.Event, n int, window time.Duration) int {
	found := map[string]bool{}
	for i, first := range events {
		names := map[string]bool{}
		for _, e := range events[i:] {
			if e.Time-first.Time > int64(window) {
				break
			}
			if e.Category == "login_failed" && e.IP == first.IP && e.IP != "" {
				names[e.User] = true
			}
		}
		if len(names) >= n {
			found[first.IP] = true
		}
	}
	return len(found)
}
