// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// SearchOptions say how to measure the search.
type SearchOptions struct {
	// Dir is where the folder is made and removed again.
	Dir     string
	Version string
	// Events are searched, over seven days of event time.
	Events int
	// Runs is how often each question is asked once its pages were read.
	Runs int
	// Rate is how many events a second come in during the last round.
	Rate int
}

// SearchReport is the outcome.
type SearchReport struct {
	Command string  `json:"command"`
	Version string  `json:"version"`
	Date    string  `json:"date"`
	Go      string  `json:"go"`
	Cores   int     `json:"cores"`
	Load    float64 `json:"load_before"`
	Events  int     `json:"search_events"`
	Files   int     `json:"segment_files"`
	Disk    float64 `json:"disk_bytes_per_event"`

	// IngestRate is what came in meanwhile in the last round.
	IngestRate float64       `json:"ingest_events_per_second"`
	PeakRSS    int64         `json:"peak_rss_bytes"`        // of all rounds, producers included
	SearchRSS  int64         `json:"search_peak_rss_bytes"` // of the warm round alone, 0 where unknown
	Questions  []SearchTimes `json:"questions"`
}

// SearchTimes are the times of one question.
type SearchTimes struct {
	Name string `json:"name"`
	// GoalMillis is the design's p50 at ten million events, 0 without one.
	GoalMillis float64 `json:"goal_ms"`
	Hits       int64   `json:"hits"` // events of the answer, or counted
	// ColdMillis is the first time after opening, no page of any file in memory as
	// far as the system lets go of them.
	ColdMillis float64 `json:"cold_ms"`
	P50        float64 `json:"warm_p50_ms"`
	P95        float64 `json:"warm_p95_ms"`
	CPUMillis  float64 `json:"warm_cpu_ms"`
	BusyP50    float64 `json:"ingesting_p50_ms"`
	BusyP95    float64 `json:"ingesting_p95_ms"`
}

func (o *SearchOptions) validate() error {
	switch {
	case o.Events < minEvents || o.Events > maxEvents:
		return fmt.Errorf("bench: %d events, want %d to %d", o.Events, minEvents, maxEvents)
	case o.Runs < 1 || o.Runs > 10_000:
		return fmt.Errorf("bench: %d runs, want 1 to 10000", o.Runs)
	case o.Rate < 0 || o.Rate > pacedRate:
		return fmt.Errorf("bench: %d events a second, want 0 to %d", o.Rate, pacedRate)
	}
	return nil
}

// Search measures questions over a journal of its own: cold, warm, and warm while
// events come in. The events are those of a seed, so that every run asks the same.
func Search(ctx context.Context, o SearchOptions) (r SearchReport, err error) {
	if err := o.validate(); err != nil {
		return r, err
	}
	root, err := os.MkdirTemp(o.Dir, "tocsin-bench-")
	if err != nil {
		return r, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	r = SearchReport{
		Command: fmt.Sprintf("tocsin bench search --events %d --runs %d --rate %d", o.Events, o.Runs, o.Rate),
		Version: o.Version, Date: time.Now().UTC().Format(time.RFC3339), Go: runtime.Version(), Cores: runtime.NumCPU(),
		Load: loadAverage(), Events: o.Events,
	}
	data := filepath.Join(root, "data")
	l := newHaystack(o.Events)
	if err := l.fill(ctx, data, &r); err != nil {
		return r, err
	}
	asked := l.questions()
	r.Questions = make([]SearchTimes, len(asked))
	for i := range asked {
		r.Questions[i].Name, r.Questions[i].GoalMillis = asked[i].name, asked[i].goal
	}
	if err := searchCold(ctx, data, asked, &r); err != nil {
		return r, err
	}
	if err := searchWarm(ctx, data, asked, o, l, &r); err != nil {
		return r, err
	}
	r.PeakRSS = ownPeak()
	return r, nil
}

// searching opens the folder and runs it until stop.
func searching(ctx context.Context, data string) (j *journal.Journal, s *search.Searcher, stop func() error, err error) {
	if j, err = openJournal(ctx, data, nil); err != nil {
		return nil, nil, nil, err
	}
	stop = running(ctx, j)
	if s, err = search.New(search.Options{Snapshot: j.Snapshot}); err != nil {
		return nil, nil, nil, errors.Join(err, stop())
	}
	return j, s, stop, nil
}
