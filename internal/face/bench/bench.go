// SPDX-License-Identifier: Apache-2.0

// Package bench measures Tocsin as it is used: the real binary as a child
// process with a data folder of its own, load from this process over loopback,
// and the server's CPU time read from the operating system. What counts are CPU
// seconds per event, which other work on the machine disturbs less than the wall
// clock does; both are reported.
//
//	traffic.Load → bodies (made before the clock starts) → clients → child
//	child's CPU time, peak memory and stage counters → Report
//
// A measurement ends when the child has not only acknowledged but also searched,
// watched and counted everything: its work behind the acknowledgement is part of
// the price.
package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"
)

// The bounds of one measurement: fewer events than that cost less CPU time than
// the operating system's clock can tell.
const (
	minEvents = 10_000
	maxEvents = 20_000_000

	maxClients = 256
)

// Options say what to measure.
type Options struct {
	// Binary is the server to measure; the caller's own binary as a rule.
	Binary string
	// Dir is where the data folder is made and removed again.
	Dir string
	// Version of the binary, for the report.
	Version string
	// Events is how many events are sent, Batch how many of them per request,
	// Clients how many connections send at the same time.
	Events, Batch, Clients int
	// Profile is where the server's CPU profile is kept, "" keeps none.
	Profile string
	// Log receives what the child says.
	Log io.Writer
}

// Report is the outcome of one measurement.
type Report struct {
	Command      string  `json:"command"`
	Version      string  `json:"version"`
	Date         string  `json:"date"`
	Go           string  `json:"go"`
	Cores        int     `json:"cores"`
	Load         float64 `json:"load_before"`
	Events       int     `json:"events"`
	Bytes        float64 `json:"bytes_per_event"`
	Batch        int     `json:"batch"`
	Clients      int     `json:"clients"`
	WallSeconds  float64 `json:"wall_seconds"`
	CPUSeconds   float64 `json:"server_cpu_seconds"`
	ClientCPU    float64 `json:"client_cpu_seconds"`
	MicrosEvent  float64 `json:"server_cpu_micros_per_event"`
	PerSecond2   float64 `json:"events_per_second_on_two_cores"`
	WallRate     float64 `json:"events_per_second_wall"`
	PeakRSS      int64   `json:"peak_rss_bytes"`
	DiskPerEvent float64 `json:"disk_bytes_per_event"`
	AckP50       float64 `json:"ack_p50_ms"`
	AckP99       float64 `json:"ack_p99_ms"`
	Stages       []Stage `json:"stages"`
}

// Stage is the share of one step, by the samples of a CPU profile.
type Stage struct {
	Name        string  `json:"name"`
	MicrosEvent float64 `json:"micros_per_event"`
}

func (o *Options) validate() error {
	return load{o.Binary, o.Events, o.Batch, o.Clients}.validate(10_000)
}

// load is what both measurements are asked for.
type load struct {
	binary                 string
	events, batch, clients int
}

// validate checks it; a batch has at most most events.
func (l load) validate(most int) error {
	switch {
	case l.binary == "":
		return errors.New("bench: no binary")
	case l.events < minEvents || l.events > maxEvents:
		return fmt.Errorf("bench: %d events, want %d to %d", l.events, minEvents, maxEvents)
	case l.batch < 1 || l.batch > most:
		return fmt.Errorf("bench: batches of %d, want 1 to %d", l.batch, most)
	case l.clients < 1 || l.clients > maxClients:
		return fmt.Errorf("bench: %d clients, want 1 to %d", l.clients, maxClients)
	}
	return nil
}

// Ingest measures taking events in over HTTP, with journal, search and
// detections on.
func Ingest(ctx context.Context, o Options) (Report, error) {
	if err := o.validate(); err != nil {
		return Report{}, err
	}
	bodies, size := makeBodies(o)
	load := loadAverage()
	c, err := startChild(ctx, o)
	if err != nil {
		return Report{}, err
	}
	defer c.stop()
	before, err := c.usage()
	if err != nil {
		return Report{}, err
	}
	own := ownCPU()
	began := time.Now()
	acks, err := c.send(ctx, o.Clients, bodies)
	if err != nil {
		return Report{}, err
	}
	acked := time.Since(began)
	if err := c.drained(ctx, o.Events); err != nil {
		return Report{}, err
	}
	after, err := c.usage()
	if err != nil {
		return Report{}, err
	}
	disk := folderSize(c.data)
	c.end()
	stages, err := stages(c.profilePath())
	if err == nil && o.Profile != "" {
		err = os.Rename(c.profilePath(), o.Profile)
	}
	if err != nil {
		return Report{}, err
	}
	cpu, n := after.cpu-before.cpu, float64(o.Events)
	r := Report{
		Command: fmt.Sprintf("tocsin bench ingest --events %d --batch %d --clients %d", o.Events, o.Batch, o.Clients),
		Version: o.Version, Date: began.UTC().Format(time.RFC3339), Go: runtime.Version(), Cores: runtime.NumCPU(), Load: load,
		Events: o.Events, Bytes: float64(size) / n, Batch: o.Batch, Clients: o.Clients,
		WallSeconds: acked.Seconds(), CPUSeconds: cpu.Seconds(), ClientCPU: (ownCPU() - own).Seconds(),
		MicrosEvent: cpu.Seconds() * 1e6 / n, PerSecond2: 2 * n / cpu.Seconds(), WallRate: n / acked.Seconds(),
		PeakRSS: after.peak, DiskPerEvent: float64(disk) / n,
		AckP50: percentile(acks, 50), AckP99: percentile(acks, 99),
	}
	for _, s := range stages {
		r.Stages = append(r.Stages, Stage{s.name, s.cpu.Seconds() * 1e6 / n})
	}
	return r, nil
}

// Print writes the report for people; stages adds the share of each step.
func (r *Report) Print(w io.Writer, stages bool) error {
	_, err := fmt.Fprintf(w, `%d events of %.0f bytes, %d clients × batches of %d, load before %.2f
server CPU    %8.2f µs/event   (%.0f events/s on two cores)
wall clock    %8.2f s          (%.0f events/s, acknowledged)
client CPU    %8.2f s          (in its own process)
acknowledged  %8.1f ms p50     %.1f ms p99
peak memory   %8.0f MB
disk          %8.0f bytes/event
`, r.Events, r.Bytes, r.Clients, r.Batch, r.Load, r.MicrosEvent, r.PerSecond2, r.WallSeconds, r.WallRate, r.ClientCPU,
		r.AckP50, r.AckP99, float64(r.PeakRSS)/1e6, r.DiskPerEvent)
	if err != nil || !stages {
		return err
	}
	for _, s := range r.Stages {
		if _, err := fmt.Fprintf(w, "  %-34s %6.2f µs/event  %4.0f %%\n", s.Name, s.MicrosEvent, 100*s.MicrosEvent/r.MicrosEvent); err != nil {
			return err
		}
	}
	return nil
}
