// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"io"
	"strings"
)

// Ratio is the CPU time of an event with the journal over that without: the
// producers' copying alone.
func (r *JournalReport) Ratio() float64 { return r.MicrosOn / r.MicrosOff }

// Print writes the report for people, beside the goals.
func (r *JournalReport) Print(w io.Writer) error {
	total := 0.0
	for _, s := range r.Integrity {
		total += s.MicrosEvent
	}
	_, err := fmt.Fprintf(w, `%d events of %.0f bytes as JSON, load before %.2f
accepted and durable   %10.0f events/s           (goal 200,000)
CPU, journal on        %10.2f µs/event           off: %.2f, ratio %.1f
CPU of integrity       %10.2f µs/event           (goal 2.0)
`, r.Events, r.Bytes, r.Load, r.WallRate, r.MicrosOn, r.MicrosOff, r.Ratio(), total)
	for _, s := range r.Integrity {
		if err == nil {
			_, err = fmt.Fprintf(w, "  %-34s %6.2f µs/event\n", s.Name, s.MicrosEvent)
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `acknowledged           %10.1f ms p50, %.1f ms p99 (goals 8, 250); one idle client %.2f ms p50 (goal 2)
%s  at %.0f events/s   %10.1f ms p50, %.1f ms p99
size on disk           %10.1f bytes/event        (goal 110), %d files, %d headers
memory while writing   %10.0f MB peak
open                   %10.3f s                  (goal 1 at 10 M events)
verify                 %10.0f entries/s          (goal 1,000,000), %.2f µs CPU an entry, %.0f MB peak
one event              %10.2f ms to prove, %.2f ms to check offline (goal 50)
`, r.AckP50, r.AckP99, r.IdleP50, r.fewer(), r.PacedRate, r.PacedP50, r.PacedP99, r.DiskEvent, r.Segments, r.Headers, float64(r.PeakRSS)/1e6,
		r.OpenSeconds, r.VerifyRate, r.VerifyMicros, float64(r.VerifyRSS)/1e6, r.ProveMillis, r.OfflineMillis)
	if err == nil && r.RecoveryBytes > 0 {
		_, err = fmt.Fprintf(w, "recovery               %10.2f s per GiB of log    (goal 10), %.2f GiB read\n", r.RecoverySeconds, float64(r.RecoveryBytes)/(1<<30))
	}
	return err
}

// fewer has a line for each number of callers.
func (r *JournalReport) fewer() string {
	var b strings.Builder
	for _, c := range r.Fewer {
		fmt.Fprintf(&b, "  with %2d clients       %10.1f ms p50, %.1f ms p99 at %.0f events/s\n", c.Clients, c.P50, c.P99, c.WallRate)
	}
	return b.String()
}
