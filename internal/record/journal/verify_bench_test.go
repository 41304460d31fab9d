// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// BenchmarkVerify verifies a sealed journal; an operation is one entry.
func BenchmarkVerify(b *testing.B) {
	const entries = 131072
	dir := b.TempDir()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	j, stop := openBench(b, Options{Dir: filepath.Join(dir, "journal"), Keys: keys})
	for at := 0; at < entries; at += 4096 {
		events := make([]*event.Event, 4096)
		for i := range events {
			events[i] = benchEvent(at + i)
		}
		if _, err := j.Append(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	}
	if err := j.Seal(b.Context()); err != nil {
		b.Fatal(err)
	}
	stop()
	b.ReportAllocs()
	b.ResetTimer()
	start := cpuTime(b)
	rounds := 0
	for done := 0; done < b.N; done += entries {
		r, err := Verify(b.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keys})
		if err != nil || !r.OK() || r.Verified != entries {
			b.Fatalf("%v %+v", err, r)
		}
		rounds++
	}
	b.ReportMetric(float64((cpuTime(b)-start).Nanoseconds())/float64(rounds*entries), "cpu-ns/entry")
}

// openBench opens and runs a journal until stop.
func openBench(b *testing.B, o Options) (j *Journal, stop func()) {
	b.Helper()
	j, err := Open(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx) }()
	return j, func() {
		cancel()
		if err := errors.Join(<-ended, j.Close()); err != nil {
			b.Fatal(err)
		}
	}
}
