// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// JournalOptions say how to measure the journal.
type JournalOptions struct {
	// Binary verifies the journal in a process of its own.
	Binary string
	// Dir is where the folders are made and removed again.
	Dir     string
	Version string
	// Events are appended, Batch a call, by Clients callers at a time.
	Events, Batch, Clients int
	// RecoveryBytes is about how much write-ahead log is recovered; 0 measures no
	// recovery.
	RecoveryBytes int64
}

// JournalReport is the outcome.
type JournalReport struct {
	Command string  `json:"command"`
	Version string  `json:"version"`
	Date    string  `json:"date"`
	Go      string  `json:"go"`
	Cores   int     `json:"cores"`
	Load    float64 `json:"load_before"`
	Events  int     `json:"journal_events"`
	Bytes   float64 `json:"bytes_per_event"` // as JSON

	WallRate  float64 `json:"events_per_second_wall"`
	MicrosOn  float64 `json:"cpu_micros_per_event_on"`
	MicrosOff float64 `json:"cpu_micros_per_event_off"`
	AckP50    float64 `json:"ack_p50_ms"`
	AckP99    float64 `json:"ack_p99_ms"`
	IdleP50   float64 `json:"idle_ack_p50_ms"`
	PacedRate float64 `json:"paced_events_per_second"`
	PacedP50  float64 `json:"paced_ack_p50_ms"`
	PacedP99  float64 `json:"paced_ack_p99_ms"`
	// Fewer callers than those, each number in a run of its own.
	Fewer   []Callers `json:"fewer_callers,omitempty"`
	PeakRSS int64     `json:"writer_peak_rss_bytes"`

	// Integrity is the CPU time of each part of it, by the samples of a profile.
	Integrity []Stage `json:"integrity"`

	DiskEvent float64 `json:"disk_bytes_per_event"` // everything sealed and merged
	Segments  int     `json:"segment_files"`
	Headers   uint64  `json:"headers"`

	OpenSeconds   float64 `json:"open_seconds"`
	VerifyRate    float64 `json:"verify_entries_per_second"`
	VerifyMicros  float64 `json:"verify_cpu_micros_per_entry"`
	VerifyRSS     int64   `json:"verify_peak_rss_bytes"`
	ProveMillis   float64 `json:"prove_one_ms"` // bundle of one event, written
	OfflineMillis float64 `json:"verify_one_ms"`

	RecoveryBytes   int64   `json:"recovery_log_bytes"`
	RecoverySeconds float64 `json:"recovery_seconds_per_gib"`
}

func (o *JournalOptions) validate() error {
	if o.RecoveryBytes < 0 || o.RecoveryBytes > 4<<30 {
		return fmt.Errorf("bench: recovery of %d bytes, want at most 4 GiB", o.RecoveryBytes)
	}
	return load{o.Binary, o.Events, o.Batch, o.Clients}.validate(4096)
}

// Journal measures the journal alone: appending with the disk, sealing, merging,
// opening, verifying, proving, recovering. The producers' own work (copying an event
// and giving it its id) is measured with the journal left out, in the same run.
func Journal(ctx context.Context, o JournalOptions) (r JournalReport, err error) {
	if err := o.validate(); err != nil {
		return r, err
	}
	root, err := os.MkdirTemp(o.Dir, "tocsin-bench-")
	if err != nil {
		return r, fmt.Errorf("bench: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	pool, size, err := makePool()
	if err != nil {
		return r, err
	}
	r = JournalReport{
		Command: fmt.Sprintf("tocsin bench journal --events %d --batch %d --clients %d", o.Events, o.Batch, o.Clients),
		Version: o.Version, Date: time.Now().UTC().Format(time.RFC3339), Go: runtime.Version(), Cores: runtime.NumCPU(),
		Load: loadAverage(), Events: o.Events, Bytes: size,
	}
	p := producers{pool: pool, options: o}
	r.MicrosOff = p.without(ctx)
	data := filepath.Join(root, "data")
	for _, step := range []func(context.Context, string, *producers, *JournalReport) error{
		measureWriting, measureOpening, measureVerifying, measureProving, measureCallers, measurePaced,
	} {
		if err := step(ctx, data, &p, &r); err != nil {
			return r, err
		}
	}
	if o.RecoveryBytes > 0 {
		err = measureRecovery(ctx, filepath.Join(root, "recovery"), &p, &r)
	}
	return r, err
}

// openJournal opens a journal as the server does, apart from what change says.
func openJournal(ctx context.Context, data string, change func(*journal.Options)) (*journal.Journal, error) {
	keys, err := keyring.Open(keyring.Options{
		Dir: filepath.Join(data, "keys"), Name: "bench", Existing: journal.Exists(filepath.Join(data, "journal")),
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, fmt.Errorf("bench: keys: %w", err)
	}
	o := journal.Options{Dir: filepath.Join(data, "journal"), Keys: keys}
	if change != nil {
		change(&o)
	}
	j, err := journal.Open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return j, nil
}

// running runs a journal until stop, which closes it.
func running(ctx context.Context, j *journal.Journal) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx) }()
	return func() error {
		cancel()
		return errors.Join(<-ended, j.Close())
	}
}
