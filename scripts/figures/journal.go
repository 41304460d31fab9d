// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// journalReport is a file of `tocsin bench journal --json`, as far as the table goes.
type journalReport struct {
	Command   string  `json:"command"`
	Version   string  `json:"version"`
	Date      string  `json:"date"`
	Cores     int     `json:"cores"`
	Load      float64 `json:"load_before"`
	Events    int     `json:"journal_events"`
	Bytes     float64 `json:"bytes_per_event"`
	WallRate  float64 `json:"events_per_second_wall"`
	On        float64 `json:"cpu_micros_per_event_on"`
	Off       float64 `json:"cpu_micros_per_event_off"`
	AckP50    float64 `json:"ack_p50_ms"`
	AckP99    float64 `json:"ack_p99_ms"`
	IdleP50   float64 `json:"idle_ack_p50_ms"`
	PacedRate float64 `json:"paced_events_per_second"`
	PacedP50  float64 `json:"paced_ack_p50_ms"`
	PacedP99  float64 `json:"paced_ack_p99_ms"`
	Fewer     []struct {
		Clients  int     `json:"clients"`
		WallRate float64 `json:"events_per_second_wall"`
		P50      float64 `json:"ack_p50_ms"`
		P99      float64 `json:"ack_p99_ms"`
	} `json:"fewer_callers"`
	WriterRSS float64 `json:"writer_peak_rss_bytes"`
	Integrity []struct {
		Name   string  `json:"name"`
		Micros float64 `json:"micros_per_event"`
	} `json:"integrity"`
	Disk            float64 `json:"disk_bytes_per_event"`
	Segments        int     `json:"segment_files"`
	Open            float64 `json:"open_seconds"`
	VerifyRate      float64 `json:"verify_entries_per_second"`
	VerifyMicros    float64 `json:"verify_cpu_micros_per_entry"`
	VerifyRSS       float64 `json:"verify_peak_rss_bytes"`
	Prove           float64 `json:"prove_one_ms"`
	Offline         float64 `json:"verify_one_ms"`
	RecoveryBytes   float64 `json:"recovery_log_bytes"`
	RecoverySeconds float64 `json:"recovery_seconds_per_gib"`
}

// table has the goals of the design beside what was measured.
func (r *journalReport) table() string {
	total := 0.0
	for _, s := range r.Integrity {
		total += s.Micros
	}
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`, %s, %s, %d cores, load before %.2f\n\n", r.Command, r.Version, day(r.Date), r.Cores, r.Load)
	b.WriteString("| what | goal | figure |\n|---|---:|---:|\n")
	row := func(what, goal, figure string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", what, goal, fmt.Sprintf(figure, args...))
	}
	row(fmt.Sprintf("accepted and durable, events of %.0f bytes as JSON, by the clock", r.Bytes), "≥ 200,000/s", "%s/s", thousands(r.WallRate))
	row("the same on two cores, by CPU time", "≥ 200,000/s", "%s/s", thousands(2e6/r.On))
	row("CPU per event, journal on", "", "%.2f µs", r.On)
	row("CPU per event, journal off (the producers alone); ratio on : off", "", "%.2f µs; %.1f", r.Off, r.On/r.Off)
	row("CPU of integrity per event", "≤ 2.0 µs", "%.2f µs", total)
	for _, s := range r.Integrity {
		row("– "+s.Name, "", "%.2f µs", s.Micros)
	}
	row("acknowledgement under that load, p50 and p99", "≤ 8 ms, ≤ 250 ms", "%.1f ms, %.1f ms", r.AckP50, r.AckP99)
	for _, c := range r.Fewer {
		row(fmt.Sprintf("with %d clients: by the clock; acknowledgement, p50 and p99", c.Clients), "", "%s/s; %.1f ms, %.1f ms", thousands(c.WallRate), c.P50, c.P99)
	}
	if r.PacedRate > 0 {
		row(fmt.Sprintf("acknowledgement at %s events/s, p50 and p99", thousands(r.PacedRate)), "", "%.1f ms, %.1f ms", r.PacedP50, r.PacedP99)
	}
	row("acknowledgement, one idle client, p50", "≤ 2 ms", "%.2f ms", r.IdleP50)
	row("disk per event, evidence included", "≤ 110 bytes", "%.1f bytes", r.Disk)
	row(fmt.Sprintf("open, %s events in %d files", thousands(float64(r.Events)), r.Segments), "≤ 1 s at 10 M", "%.3f s", r.Open)
	row("verify, by the clock", "≥ 1,000,000/s", "%s/s", thousands(r.VerifyRate))
	row("verify, CPU per entry, and peak memory", "", "%.2f µs, %.0f MB", r.VerifyMicros, r.VerifyRSS/1e6)
	row("one event: proof made; checked offline", "< 50 ms", "%.2f ms; %.2f ms", r.Prove, r.Offline)
	if r.RecoveryBytes > 0 {
		row(fmt.Sprintf("recovery, %.2f GiB of log", r.RecoveryBytes/(1<<30)), "≤ 10 s a GiB", "%.1f s a GiB", r.RecoverySeconds)
	}
	row("peak memory of the writer, producers included", "", "%.0f MB", r.WriterRSS/1e6)
	return b.String()
}
