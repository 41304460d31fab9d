// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"fmt"
	"io"
)

// Print writes the report for people.
func (r *SearchReport) Print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%d events in %d files, %.1f bytes each on disk, load before %.2f, peak memory %.0f MB searching, %.0f MB in all\n%-36s %9s %9s %9s %9s %9s %9s %9s\n",
		r.Events, r.Files, r.Disk, r.Load, float64(r.SearchRSS)/1e6, float64(r.PeakRSS)/1e6, "", "goal", "cold", "p50", "p95", "CPU", "busy p50", "busy p95")
	for _, q := range r.Questions {
		if err != nil {
			return err
		}
		goal := ""
		if q.GoalMillis > 0 {
			goal = fmt.Sprintf("%.0f", q.GoalMillis)
		}
		_, err = fmt.Fprintf(w, "%-36s %9s %9.2f %9.2f %9.2f %9.2f %9.2f %9.2f  %d\n", q.Name, goal, q.ColdMillis, q.P50, q.P95, q.CPUMillis, q.BusyP50, q.BusyP95, q.Hits)
	}
	if err == nil && r.IngestRate > 0 {
		_, err = fmt.Fprintf(w, "milliseconds; busy: while %.0f events a second came in\n", r.IngestRate)
	}
	return err
}
