// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// ingest is a file of `tocsin bench ingest --json`, as far as the table goes.
type ingest struct {
	Command     string  `json:"command"`
	Version     string  `json:"version"`
	Date        string  `json:"date"`
	Cores       int     `json:"cores"`
	Load        float64 `json:"load_before"`
	Events      int     `json:"events"`
	Bytes       float64 `json:"bytes_per_event"`
	WallSeconds float64 `json:"wall_seconds"`
	Micros      float64 `json:"server_cpu_micros_per_event"`
	PerSecond2  float64 `json:"events_per_second_on_two_cores"`
	WallRate    float64 `json:"events_per_second_wall"`
	PeakRSS     float64 `json:"peak_rss_bytes"`
	Disk        float64 `json:"disk_bytes_per_event"`
	AckP50      float64 `json:"ack_p50_ms"`
	AckP99      float64 `json:"ack_p99_ms"`
	Stages      []struct {
		Name   string  `json:"name"`
		Micros float64 `json:"micros_per_event"`
	} `json:"stages"`
}

// fill replaces each marked part of a document by the table of its result.
func fill(document []byte, results string) ([]byte, error) {
	marked := regexp.MustCompile(`(?s)(<!-- figures ([a-z0-9-]+) -->\n).*?(<!-- end -->)`)
	var failed error
	out := marked.ReplaceAllFunc(document, func(part []byte) []byte {
		m := marked.FindSubmatch(part)
		table, err := tableOf(filepath.Join(results, string(m[2])+".json"))
		if err != nil {
			failed = err
			return part
		}
		return append(append(append([]byte{}, m[1]...), table...), m[3]...)
	})
	return out, failed
}

func tableOf(file string) (string, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	var in ingest
	var r result
	if err := json.Unmarshal(b, &in); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if in.Events > 0 {
		return in.table(), nil
	}
	var j journalReport
	if err := json.Unmarshal(b, &j); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if j.Events > 0 {
		return j.table(), nil
	}
	var sr searchReport
	if err := json.Unmarshal(b, &sr); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	if sr.Events > 0 {
		return sr.table(), nil
	}
	if err := json.Unmarshal(b, &r); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	return r.table(), nil
}

func (in *ingest) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`, %s, %s, %d cores, load before %.2f\n\n", in.Command, in.Version, day(in.Date), in.Cores, in.Load)
	b.WriteString("| what | figure |\n|---|---:|\n")
	fmt.Fprintf(&b, "| server CPU per event of %.0f bytes | %.1f µs |\n", in.Bytes, in.Micros)
	fmt.Fprintf(&b, "| events a second on two cores, by that CPU time | %s |\n", thousands(in.PerSecond2))
	fmt.Fprintf(&b, "| events a second acknowledged, by the clock | %s |\n", thousands(in.WallRate))
	fmt.Fprintf(&b, "| acknowledgement, p50 and p99 | %.1f ms, %.1f ms |\n", in.AckP50, in.AckP99)
	fmt.Fprintf(&b, "| peak memory of the server | %.0f MB |\n", in.PeakRSS/1e6)
	fmt.Fprintf(&b, "| disk per event, log files not yet dropped included | %.0f bytes |\n", in.Disk)
	b.WriteString("\n| stage | µs per event | share |\n|---|---:|---:|\n")
	for _, s := range in.Stages {
		fmt.Fprintf(&b, "| %s | %.2f | %.0f %% |\n", s.Name, s.Micros, 100*s.Micros/in.Micros)
	}
	return b.String()
}

func (r *result) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`, %s, %s, %s, %d cores, load %.2f\n\n", r.Command, r.Commit, day(r.Date), r.CPU, r.Cores, r.Load)
	b.WriteString("| benchmark | time | allocations |\n|---|---:|---:|\n")
	for _, w := range r.Rows {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", strings.ReplaceAll(w.Name, "_", " "), duration(w.Values["ns/op"]), thousands(w.Values["allocs/op"]))
	}
	return b.String()
}

func day(date string) string {
	d, _, _ := strings.Cut(date, "T")
	return d
}

func duration(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.0f ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.1f µs", ns/1e3)
	default:
		return fmt.Sprintf("%.1f ms", ns/1e6)
	}
}

// thousands writes a whole number with commas.
func thousands(f float64) string {
	s := fmt.Sprintf("%.0f", f)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
