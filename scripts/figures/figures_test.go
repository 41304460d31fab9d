// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const output = `goos: linux
cpu: Some CPU
BenchmarkB3/hot/source-2   	    1234	    987654 ns/op	   12 B/op	       3 allocs/op
BenchmarkB3/file/none-2    	     100	  12345678 ns/op	   12 B/op	    4321 allocs/op
PASS
`

func TestFromBenchmarkToTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	doc, kept := filepath.Join(dir, "p.md"), filepath.Join(dir, "search.json")
	var echo strings.Builder
	if err := run([]string{"keep", "-command", "go test -bench B3", kept}, strings.NewReader(output), &echo); err != nil {
		t.Fatal(err)
	}
	if echo.String() != output {
		t.Error("the output of the benchmarks was swallowed")
	}
	if err := os.WriteFile(doc, []byte("before\n<!-- figures search -->\nold\n<!-- end -->\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"check", "-results", dir, doc}, nil, nil); err == nil {
		t.Error("check passed a document with an old table")
	}
	if err := run([]string{"write", "-results", dir, doc}, nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"check", "-results", dir, doc}, nil, nil); err != nil {
		t.Error(err)
	}
	b, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"before\n", "| B3/hot/source | 987.7 µs | 3 |", "| B3/file/none | 12.3 ms | 4,321 |", "Some CPU", "\nafter\n"} {
		if !strings.Contains(string(b), want) {
			t.Errorf("%q is not in\n%s", want, b)
		}
	}
}

func TestIngestTable(t *testing.T) {
	t.Parallel()
	in := ingest{Events: 1, Micros: 20, PerSecond2: 100000, PeakRSS: 2.5e8}
	in.Stages = append(in.Stages, struct {
		Name   string  `json:"name"`
		Micros float64 `json:"micros_per_event"`
	}{"redact", 5})
	for _, want := range []string{"| 20.0 µs |", "| 100,000 |", "| 250 MB |", "| redact | 5.00 | 25 % |"} {
		if !strings.Contains(in.table(), want) {
			t.Errorf("%q is not in\n%s", want, in.table())
		}
	}
}

func TestWrongUse(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{}, {"keep"}, {"burn", "x"}, {"write", "-results", "nowhere", "nowhere.md"}} {
		if run(args, strings.NewReader(""), &strings.Builder{}) == nil {
			t.Errorf("%q: no error", args)
		}
	}
	if _, err := parse(strings.NewReader("PASS\n"), "x"); err == nil {
		t.Error("output without a benchmark was kept")
	}
}

// The tables of the project's own document are what the results say.
func TestDocumentIsFresh(t *testing.T) {
	t.Parallel()
	if err := run([]string{"check", "-results", "../../bench/results", "../../docs/performance.md"}, nil, nil); err != nil {
		t.Error(err)
	}
}

func TestJournalTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	raw := `{"journal_events":1000000,"bytes_per_event":632,"events_per_second_wall":210000,"cpu_micros_per_event_on":8,"cpu_micros_per_event_off":0.5,
		"fewer_callers":[{"clients":16,"events_per_second_wall":201000,"ack_p50_ms":5.5,"ack_p99_ms":40}],
		"integrity":[{"name":"leaf","micros_per_event":1.5},{"name":"tree","micros_per_event":0.25}],"recovery_log_bytes":1073741824,"recovery_seconds_per_gib":4.5}`
	if err := os.WriteFile(filepath.Join(dir, "journal.json"), []byte(raw), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := tableOf(filepath.Join(dir, "journal.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"| 210,000/s |", "| 250,000/s |", "| 0.50 µs; 16.0 |", "| ≤ 2.0 µs | 1.75 µs |", "| – tree |  | 0.25 µs |", "recovery, 1.00 GiB of log", "| with 16 clients: by the clock; acknowledgement, p50 and p99 |  | 201,000/s; 5.5 ms, 40.0 ms |"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}
