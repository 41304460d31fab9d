// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// result is one file of figures of go test -bench.
type result struct {
	Command string  `json:"command"`
	Commit  string  `json:"commit"`
	Date    string  `json:"date"`
	CPU     string  `json:"cpu"`
	Cores   int     `json:"cores"`
	Load    float64 `json:"load"`
	Rows    []row   `json:"benchmarks"`
}

type row struct {
	Name   string             `json:"name"`
	Runs   int64              `json:"runs"`
	Values map[string]float64 `json:"values"` // by unit: ns/op, B/op, allocs/op …
}

// parse reads the output of go test -bench.
func parse(in io.Reader, command string) (*result, error) {
	r := &result{
		Command: command, Commit: commit(), Date: time.Now().UTC().Format(time.RFC3339),
		Cores: runtime.NumCPU(), Load: load(),
	}
	line := regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+(\d+)\s+(.*)$`)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if cpu, found := strings.CutPrefix(lines.Text(), "cpu: "); found {
			r.CPU = cpu
		}
		m := line.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		runs, err := strconv.ParseInt(m[2], 10, 64)
		if err != nil {
			return nil, err
		}
		values := map[string]float64{}
		fields := strings.Fields(m[3])
		for i := 0; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return nil, fmt.Errorf("%q: %w", lines.Text(), err)
			}
			values[fields[i+1]] = v
		}
		r.Rows = append(r.Rows, row{m[1], runs, values})
	}
	if len(r.Rows) == 0 {
		return nil, errors.New("no benchmark in the input")
	}
	return r, lines.Err()
}

func (r *result) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o600)
}

// commit names the tree that was measured, "" outside of a checkout.
func commit() string {
	out, err := exec.Command("git", "describe", "--always", "--dirty").Output() //nolint:noctx // a moment's work at the command line
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// load is the machine's load over the last minute, 0 where unknown.
func load() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), " ")
	f, err := strconv.ParseFloat(first, 64)
	if err != nil {
		return 0
	}
	return f
}
