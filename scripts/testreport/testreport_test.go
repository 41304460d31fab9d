// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const stream = `{"Action":"start","Package":"github.com/tocsin-siem/tocsin/internal/a"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestGood","Output":"chatter\n"}
{"Action":"pass","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestGood"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestSkip","Output":"    a_test.go:7: needs rsyslog\n"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestSkip","Output":"--- SKIP: TestSkip (0.00s)\n"}
{"Action":"skip","Package":"github.com/tocsin-siem/tocsin/internal/a","Test":"TestSkip"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Output":"PASS\n"}
{"Action":"output","Package":"github.com/tocsin-siem/tocsin/internal/a","Output":"ok  \tgithub.com/tocsin-siem/tocsin/internal/a\t0.2s\n"}
{"Action":"pass","Package":"github.com/tocsin-siem/tocsin/internal/a"}
`

const broken = `# some compiler line
{"ImportPath":"x","Action":"build-output","Output":"x.go:1:1: syntax error\n"}
{"Action":"output","Package":"p","Test":"TestBad","Output":"    p_test.go:3: wrong sum\n"}
{"Action":"fail","Package":"p","Test":"TestBad"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
{"Action":"output","Package":"q","Test":"TestPanics","Output":"panic: boom\n"}
{"Action":"fail","Package":"q"}
`

func TestGoStream(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	outcomes, err := readGo(strings.NewReader(stream), &out)
	if err != nil {
		t.Fatal(err)
	}
	if got := count(outcomes); got != (tally{passed: 1, skipped: 1}) {
		t.Errorf("tally = %+v", got)
	}
	if got := outcomes[1]; got != (outcome{"internal/a", "TestSkip", skipped, "needs rsyslog"}) {
		t.Errorf("skip = %+v", got)
	}
	if got, want := out.String(), "ok  \tgithub.com/tocsin-siem/tocsin/internal/a\t0.2s\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

func TestGoStreamFailures(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	outcomes, err := readGo(strings.NewReader(broken), &out)
	if err != nil {
		t.Fatal(err)
	}
	if got := count(outcomes); got != (tally{failed: 2}) {
		t.Errorf("tally = %+v of %+v", got, outcomes)
	}
	for _, want := range []string{"# some compiler line", "syntax error", "wrong sum", "panic: boom", "FAIL\tp"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestVitestReport(t *testing.T) {
	t.Parallel()
	outcomes, err := parseVitest([]byte(`{"testResults":[
		{"name":"/x/src/a.test.ts","status":"failed","assertionResults":[
			{"fullName":"a adds","status":"passed"},{"fullName":"a waits","status":"pending"},{"fullName":"a breaks","status":"failed"}]},
		{"name":"/x/src/b.test.ts","status":"failed","message":"cannot load","assertionResults":[]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := count(outcomes); got != (tally{passed: 1, failed: 2, skipped: 1}) {
		t.Errorf("tally = %+v", got)
	}
	if got := outcomes[1].name(); got != "web/a.test.ts.a waits" {
		t.Errorf("name = %q", got)
	}
}

func TestSummary(t *testing.T) {
	t.Parallel()
	good := outcome{Suite: "a", Test: "TestGood", Status: passed}
	skip := outcome{Suite: "a", Test: "TestSkip", Status: skipped, Reason: "needs a disk"}
	syslog := outcome{Suite: "a", Test: "TestReal", Status: skipped, Reason: "needs rsyslogd"}
	bad := outcome{Suite: "a", Test: "TestBad", Status: failed}
	allowed := map[string]string{"a.TestSkip": "x", "a.TestReal": "x"}
	tests := []struct {
		name     string
		outcomes []outcome
		allowed  map[string]string
		strict   bool
		well     bool
		last     string
	}{
		{"all good", []outcome{good}, nil, true, true, "1 passed, 0 failed, 0 skipped"},
		{"failure", []outcome{good, bad}, nil, false, false, "1 passed, 1 failed, 0 skipped"},
		{"skip is allowed", []outcome{good, skip}, allowed, true, true, "1 passed, 0 failed, 1 skipped"},
		{"skip is not listed", []outcome{good, skip}, nil, true, false, "1 passed, 0 failed, 1 skipped"},
		{"not strict", []outcome{good, skip}, nil, false, true, "1 passed, 0 failed, 1 skipped"},
		{"no list excuses rsyslog", []outcome{good, syslog}, allowed, true, false, "1 passed, 0 failed, 1 skipped"},
		{"nothing ran", nil, nil, false, false, "0 passed, 0 failed, 0 skipped"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var out strings.Builder
			if got := summarize(&out, tt.outcomes, tt.allowed, tt.strict); got != tt.well {
				t.Errorf("well = %v, want %v:\n%s", got, tt.well, out.String())
			}
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if got := lines[len(lines)-1]; got != tt.last {
				t.Errorf("closing line %q, want %q", got, tt.last)
			}
		})
	}
}

func TestAllowedNeedsReasons(t *testing.T) {
	t.Parallel()
	got, err := parseAllowed("# comment\n\na.TestX # no disk there\n")
	if err != nil || got["a.TestX"] != "no disk there" {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := parseAllowed("\na.TestX\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("err = %v, want line 2", err)
	}
}

func TestRunBothForms(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	results := filepath.Join(dir, "new", "go.jsonl")
	var out strings.Builder
	if ok, err := run([]string{"go", "-o", results}, strings.NewReader(stream), &out); !ok || err != nil {
		t.Fatalf("go: %v, %v", ok, err)
	}
	if ok, err := run([]string{"sum", results}, nil, &out); !ok || err != nil {
		t.Errorf("sum: %v, %v\n%s", ok, err, out.String())
	}
	if ok, _ := run([]string{"sum", results, filepath.Join(dir, "none.json")}, nil, &out); ok {
		t.Error("a suite without a result passed")
	}
	empty := filepath.Join(dir, "empty.jsonl")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, _ := run([]string{"sum", results, empty}, nil, &out); ok {
		t.Error("a suite that ran no test passed")
	}
	if _, err := run([]string{"other"}, nil, &out); err == nil {
		t.Error("an unknown form was accepted")
	}
}
