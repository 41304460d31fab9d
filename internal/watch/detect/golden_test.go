// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

var update = flag.Bool("update", false, "write what the rules report into the golden files")

const rulesDir = "../../../rules"

// shipped reads the rules of the repository, file by file.
func shipped(tb testing.TB) []*rule.Rule {
	tb.Helper()
	all, err := detect.Load(os.DirFS(rulesDir))
	if err != nil || len(all) == 0 {
		tb.Fatalf("%d rules in %s: %v", len(all), rulesDir, err)
	}
	return all
}

func engine(tb testing.TB) *detect.Engine {
	tb.Helper()
	n, err := detect.New(shipped(tb), detect.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// line is one line of a test's events. N events follow each other Every; users
// and addresses with %d get the number of the event.
type line struct {
	Time     time.Time      `json:"time"`
	Received time.Time      `json:"received"`
	Input    string         `json:"input"`
	Source   string         `json:"source"`
	Category string         `json:"category"`
	User     string         `json:"user"`
	IP       string         `json:"ip"`
	Host     string         `json:"host"`
	Severity string         `json:"severity"`
	Attrs    map[string]any `json:"attrs"`
	Marks    []string       `json:"marks"`
	N        int            `json:"n"`
	Every    string         `json:"every"`
}

// idOf numbers a test's events from 1.
func idOf(n int) (id event.ID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func numberOf(id event.ID) int { return int(binary.BigEndian.Uint64(id[8:])) }

func parseEvents(tb testing.TB, text []byte) []*event.Event {
	tb.Helper()
	var events []*event.Event
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	for decoder.More() {
		var l line
		if err := decoder.Decode(&l); err != nil {
			tb.Fatalf("events: %v", err)
		}
		every := time.Duration(0)
		if l.Every != "" {
			var err error
			if every, err = time.ParseDuration(l.Every); err != nil {
				tb.Fatal(err)
			}
		}
		for i := range max(l.N, 1) {
			events = append(events, l.event(tb, len(events)+1, i, every))
		}
	}
	return events
}

func (l *line) event(tb testing.TB, number, i int, every time.Duration) *event.Event {
	tb.Helper()
	severity, ok := event.ParseSeverity(l.Severity)
	if l.Severity != "" && !ok {
		tb.Fatalf("severity %q", l.Severity)
	}
	at := l.Time.Add(time.Duration(i) * every).UnixNano()
	e := &event.Event{
		ID: idOf(number), Time: at, Received: at, Input: l.Input, Source: l.Source, Category: l.Category,
		User: strings.ReplaceAll(l.User, "%d", strconv.Itoa(i)), IP: strings.ReplaceAll(l.IP, "%d", strconv.Itoa(i)),
		Host: l.Host, Severity: severity, Place: event.Place{Ord: uint64(number)},
	}
	if !l.Received.IsZero() {
		e.Received = l.Received.UnixNano()
	}
	for key, v := range l.Attrs {
		switch v := v.(type) {
		case float64:
			e.SetAttr(key, event.Float(v))
		case string:
			e.SetAttr(key, event.Text(v))
		default:
			tb.Fatalf("attribute %s: %T", key, v)
		}
	}
	for _, kind := range l.Marks {
		e.Marks = append(e.Marks, event.Mark{Kind: kind})
	}
	return e
}

// report is a finding as the goldens show it: evidence as numbers of events.
func report(f *rule.Finding) string {
	var ids []string
	for i, id := range f.Evidence {
		n := numberOf(id)
		if i > 0 && n == numberOf(f.Evidence[i-1])+1 {
			if k := len(ids) - 1; strings.Contains(ids[k], "-") {
				ids[k] = ids[k][:strings.Index(ids[k], "-")+1] + strconv.Itoa(n)
			} else {
				ids[k] += "-" + strconv.Itoa(n)
			}
			continue
		}
		ids = append(ids, strconv.Itoa(n))
	}
	word := "finding"
	if f.Grown {
		word = "growth "
	}
	at := func(ns int64) string { return time.Unix(0, ns).UTC().Format("2006-01-02T15:04:05Z") }
	return fmt.Sprintf("%s %s %s %.3f %s:%s value=%d events=%d first=%s last=%s by=%d evidence=%s",
		word, f.Type, f.Severity, f.Confidence, f.EntityType, f.EntityValue, f.Value, f.Events, at(f.First), at(f.Last), f.Ord, strings.Join(ids, ","))
}

// observe runs events through an engine; cut stops after that many, goes on with
// a new engine from the snapshot, and 0 does not stop.
func observe(tb testing.TB, events []*event.Event, cut int) (lines []string, findings []rule.Finding) {
	tb.Helper()
	n := engine(tb)
	var grown []rule.Finding
	for i, e := range events {
		if cut > 0 && i == cut {
			grown = n.Grown(grown) // as a commit would
			restarted := engine(tb)
			if _, err := restarted.Restore(n.Snapshot()); err != nil {
				tb.Fatal(err)
			}
			n = restarted
		}
		for _, f := range n.Observe(e) {
			if f.Grown {
				grown = append(grown, f)
				continue
			}
			findings = append(findings, f)
			lines = append(lines, report(&f))
		}
	}
	// Of the growth only the last of each run counts, and none that a later
	// finding covers.
	last := map[string]rule.Finding{}
	for _, f := range n.Grown(grown) {
		last[f.Run] = f
	}
	covered := map[string]int64{}
	for _, f := range findings {
		covered[f.Run] = f.Events
	}
	for _, f := range findings {
		if g, ok := last[f.Run]; ok && f.ID == f.Run && g.Events > covered[f.Run] {
			lines = append(lines, report(&g))
		}
	}
	return lines, findings
}

// TestRules runs the tests that lie beside the rules: each in one go, and with a
// restart after every event.
func TestRules(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(rulesDir, "testdata", "*", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests of rules: %v", err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil || len(archive.Files) != 2 || archive.Files[0].Name != "events" || archive.Files[1].Name != "findings" {
				t.Fatalf("%s: needs the files events and findings: %v", file, err)
			}
			events := parseEvents(t, archive.Files[0].Data)
			lines, _ := observe(t, events, 0)
			got := ""
			if len(lines) > 0 {
				got = strings.Join(lines, "\n") + "\n"
			}
			if *update {
				archive.Files[1].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[1].Data), got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			for cut := 1; cut < len(events); cut++ {
				again, _ := observe(t, events, cut)
				if diff := cmp.Diff(lines, again); diff != "" {
					t.Fatalf("restart after event %d (-straight +restarted):\n%s", cut, diff)
				}
			}
		})
	}
}

// TestEachRuleIsTested refuses a rule without its four tests, and tests that do
// not test it: fires must report it, quiet must not.
func TestEachRuleIsTested(t *testing.T) {
	t.Parallel()
	for _, r := range shipped(t) {
		if !r.Fires() {
			continue
		}
		for _, kind := range []string{"fires", "quiet", "late", "replay"} {
			file := filepath.Join(rulesDir, "testdata", r.Name, kind+".txtar")
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Errorf("rule %s has no test: %v", r.Name, err)
				continue
			}
			reported := strings.Contains(string(archive.Files[1].Data), "finding "+r.Native.Type+" ")
			if reported != (kind == "fires") && (kind == "fires" || kind == "quiet") {
				t.Errorf("%s: reports %s: %v", file, r.Native.Type, reported)
			}
		}
		if want := r.Name + ".yml"; r.File != want {
			t.Errorf("rule %s is in %s, not in %s", r.Name, r.File, want)
		}
	}
}

func TestShippedRules(t *testing.T) {
	t.Parallel()
	var types []string
	for _, r := range shipped(t) {
		if r.Fires() {
			types = append(types, r.Native.Type)
			if len(r.Techniques()) == 0 || r.Description == "" || r.Categories() == nil {
				t.Errorf("%s: techniques %v, description %q, categories %v", r.Name, r.Techniques(), r.Description, r.Categories())
			}
		}
	}
	slices.Sort(types)
	want := []string{"account_enumeration", "brute_force_attack", "llm_injection", "llm_repeated_violation"}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}
