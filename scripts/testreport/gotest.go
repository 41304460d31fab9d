// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
)

// modulePrefix is cut from package names: the rest is a folder of the repository.
const modulePrefix = "github.com/tocsin-siem/tocsin/"

// event is one line of `go test -json` (cmd/test2json).
type event struct {
	Action, Package, Test, Output, ImportPath string
}

// goRun follows one `go test -json` stream.
type goRun struct {
	out      io.Writer
	output   map[string][]string // of tests that have not ended, by package and test
	outcomes []outcome
	broken   map[string]bool // packages with a failed test
}

// readGo follows the stream: it prints what a person needs (failed tests with their
// output, closing lines, build errors) and returns how each test ended.
func readGo(in io.Reader, out io.Writer) ([]outcome, error) {
	r := &goRun{out: out, output: map[string][]string{}, broken: map[string]bool{}}
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return r.outcomes, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read test output: %w", err)
		}
	}
}

func (r *goRun) line(line string) {
	var e event
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil {
		fmt.Fprint(r.out, line) // not of the protocol: a compiler or the go command speaks
		return
	}
	key := e.Package + "\x00" + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case passed, failed, skipped:
		if e.Test == "" {
			r.endPackage(e)
		} else {
			r.endTest(e, key)
		}
	}
}

func (r *goRun) endTest(e event, key string) {
	o := outcome{Suite: strings.TrimPrefix(e.Package, modulePrefix), Test: e.Test, Status: e.Action}
	switch e.Action {
	case failed:
		r.broken[e.Package] = true
		r.print(r.output[key])
	case skipped:
		o.Reason = skipReason(r.output[key])
	}
	r.outcomes = append(r.outcomes, o)
	delete(r.output, key)
}

func (r *goRun) endPackage(e event) {
	if e.Action == failed { // a panic leaves tests without an end: their output is the only trace
		var open []string
		for key := range r.output {
			if strings.HasPrefix(key, e.Package+"\x00") && key != e.Package+"\x00" {
				open = append(open, key)
			}
		}
		slices.Sort(open)
		for _, key := range open {
			r.print(r.output[key])
		}
		if !r.broken[e.Package] {
			r.outcomes = append(r.outcomes, outcome{Suite: strings.TrimPrefix(e.Package, modulePrefix), Test: "(package)", Status: failed})
		}
	}
	for _, line := range r.output[e.Package+"\x00"] {
		quiet := line == "PASS\n" || strings.HasPrefix(line, "?   ") || strings.HasPrefix(line, "-test.shuffle ") && e.Action != failed
		if !quiet {
			fmt.Fprint(r.out, line)
		}
	}
	delete(r.output, e.Package+"\x00")
}

func (r *goRun) print(lines []string) {
	for _, line := range lines {
		if !strings.HasPrefix(line, "=== ") {
			fmt.Fprint(r.out, line)
		}
	}
}

// skipReason finds the words a test gave to t.Skip in its output.
func skipReason(lines []string) string {
	place := regexp.MustCompile(`^\s*\S+\.go:\d+: (.*)$`)
	for _, line := range slices.Backward(lines) {
		if m := place.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			return m[1]
		}
	}
	return ""
}
