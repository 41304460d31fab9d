// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

func finding(stream string, first, last uint64, v journal.Verdict) journal.Finding {
	f := journal.Finding{Stream: stream, Seq: first, Verdict: v}
	if last > first {
		f.LastSeq = last
	}
	return f
}

// One damage is new once, whatever name it has later; more of it is new again, and what
// was mended and comes back as well.
func TestKnownDamage(t *testing.T) {
	t.Parallel()
	bad := func(status journal.Status, entries ...journal.Finding) *journal.Report {
		return &journal.Report{Status: status, Entries: entries}
	}
	var known knownDamage
	for _, step := range []struct {
		name  string
		r     *journal.Report
		fresh bool
	}{
		{"in order", bad(journal.Unanchored), false},
		{"damage", bad(journal.Invalid, finding("366d", 1, 50, journal.Altered)), true},
		{"the same", bad(journal.Invalid, finding("366d", 1, 50, journal.Altered)), false},
		{"moved to quarantine", bad(journal.Invalid, finding("366d", 1, 50, journal.Missing)), false},
		{"a part of it", bad(journal.Invalid, finding("366d", 7, 9, journal.Removed)), false},
		{"more beside it", bad(journal.Invalid, finding("366d", 1, 51, journal.Missing)), true},
		{"in another stream", bad(journal.Invalid, finding("366d", 1, 51, journal.Missing), finding("90d", 3, 3, journal.Altered)), true},
		{"a file without entries", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{{File: "headers", Evidence: true}}}, true},
		{"the same file", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{{File: "headers", Evidence: true}}}, false},
		{"a derived file", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{{File: "manifest"}}}, false},
		{"a file with known entries", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{
			{File: "segments/x", Evidence: true, Entries: []event.Range{{Stream: "366d", First: 2, Last: 9}}},
		}}, false},
		{"the same numbers in an archive", &journal.Report{Status: journal.Invalid, Archives: []journal.ArchiveReport{
			{Archive: 1, Entries: []journal.Finding{finding("366d", 1, 50, journal.Altered)}},
		}}, true},
		{"a file of that archive", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{
			{File: "origins/1/segments/x", Evidence: true, Entries: []event.Range{{Stream: "366d", First: 2, Last: 9}}},
		}}, false},
		{"a file of another archive", &journal.Report{Status: journal.Invalid, Files: []journal.FileFinding{
			{File: "origins/2/segments/x", Evidence: true, Entries: []event.Range{{Stream: "366d", First: 2, Last: 9}}},
		}}, true},
		{"a fork", &journal.Report{Status: journal.Diverged, Diverged: []event.Range{{Stream: "366d", First: 52}}}, true},
		{"the same fork", &journal.Report{Status: journal.Diverged, Diverged: []event.Range{{Stream: "366d", First: 60}}}, false},
		{"a fork of all", &journal.Report{Status: journal.Diverged, Diverged: []event.Range{{Stream: "366d", First: 1}}}, true},
		{"in order again", bad(journal.Valid), false},
		{"the first damage again", bad(journal.Invalid, finding("366d", 1, 50, journal.Altered)), true},
	} {
		var fresh bool
		if known, fresh = known.with(step.r); fresh != step.fresh {
			t.Errorf("%s: fresh %v, want %v", step.name, fresh, step.fresh)
		}
	}
	if diff := cmp.Diff([]event.Range{{Stream: "366d", First: 1, Last: 50}}, known.Entries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
