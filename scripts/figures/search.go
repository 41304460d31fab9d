// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// searchReport is a file of `tocsin bench search --json`.
type searchReport struct {
	Command    string  `json:"command"`
	Version    string  `json:"version"`
	Date       string  `json:"date"`
	Cores      int     `json:"cores"`
	Load       float64 `json:"load_before"`
	Events     int     `json:"search_events"`
	Files      int     `json:"segment_files"`
	IngestRate float64 `json:"ingest_events_per_second"`
	PeakRSS    float64 `json:"peak_rss_bytes"`
	SearchRSS  float64 `json:"search_peak_rss_bytes"`
	Questions  []struct {
		Name    string  `json:"name"`
		Goal    float64 `json:"goal_ms"`
		Hits    int64   `json:"hits"`
		Cold    float64 `json:"cold_ms"`
		P50     float64 `json:"warm_p50_ms"`
		P95     float64 `json:"warm_p95_ms"`
		CPU     float64 `json:"warm_cpu_ms"`
		BusyP50 float64 `json:"ingesting_p50_ms"`
		BusyP95 float64 `json:"ingesting_p95_ms"`
	} `json:"questions"`
}

func (r *searchReport) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "`%s`, %s, %s, %d cores, load before %.2f; %d files; peak memory %s%.0f MB, producers included\n\n",
		r.Command, r.Version, day(r.Date), r.Cores, r.Load, r.Files, searching(r.SearchRSS), r.PeakRSS/1e6)
	fmt.Fprintf(&b, "| question over %s events | events | goal | cold | p50 | p95 | CPU | p50 and p95 while %s events/s come in |\n|---|---:|---:|---:|---:|---:|---:|---:|\n",
		thousands(float64(r.Events)), thousands(r.IngestRate))
	for _, q := range r.Questions {
		goal := ""
		if q.Goal > 0 {
			goal = fmt.Sprintf("≤ %.0f ms", q.Goal)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %.1f ms | %.2f ms | %.2f ms | %.2f ms | %.2f ms, %.2f ms |\n",
			q.Name, thousands(float64(q.Hits)), goal, q.Cold, q.P50, q.P95, q.CPU, q.BusyP50, q.BusyP95)
	}
	return b.String()
}

// searching says how much memory searching alone took; 0 is not known.
func searching(bytes float64) string {
	if bytes == 0 {
		return ""
	}
	return fmt.Sprintf("%.0f MB while it answers all of this, ", bytes/1e6)
}
