// SPDX-License-Identifier: Apache-2.0

package app

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

func TestVerificationOf(t *testing.T) {
	t.Parallel()
	r := &journal.Report{
		Status: journal.Invalid, Total: 60, Verified: 50, Tampered: 10, Erased: 3, Pruned: 7, MACs: "partly checked", Headers: 9,
		Checkpoint:   &journal.Anchor{Headers: 8, Root: "AQID"},
		Completeness: journal.Completeness{Status: journal.Gaps, Lost: 1, Dropped: 2, Late: 3, Silences: make([]journal.Silence, 4), Omitted: 5},
		Entries:      []journal.Finding{{Stream: "366d", Seq: 1, Verdict: journal.Altered}, {Stream: "90d", Seq: 5, LastSeq: 2000, Verdict: journal.Missing}},
	}
	got, err := verificationOf(r)
	if err != nil || len(got.Entries) != maxVerdicts || got.Entries[1].Seq != 5 || got.Entries[999].Seq != 1003 {
		t.Fatalf("%v, %d entries", err, len(got.Entries))
	}
	got.Entries = got.Entries[:1]
	want := api.Verification{
		Status: "INVALID", Total: 60, Verified: 50, Tampered: 10, Erased: 3, Pruned: 7, Macs: "partly checked", Headers: 9,
		Checkpoint:   &api.SignedRoot{Headers: 8, Root: []byte{1, 2, 3}},
		Completeness: api.Completeness{Status: "GAPS", Lost: 1, Dropped: 2, LateRanges: 3, Silences: 9},
		Entries:      []api.EntryVerdict{{Stream: "366d", Seq: 1, Verdict: "ALTERED"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.Entries = r.Entries[:1]
	r.Archives = []journal.ArchiveReport{{Origin: "old/a", Entries: []journal.Finding{{Stream: "366d", Seq: 1, LastSeq: 2, Verdict: journal.Missing}}}, {Origin: "old/b"}}
	old := "old/a"
	want.Entries = append(want.Entries, api.EntryVerdict{Origin: &old, Stream: "366d", Seq: 1, Verdict: "MISSING"}, api.EntryVerdict{Origin: &old, Stream: "366d", Seq: 2, Verdict: "MISSING"})
	got, err = verificationOf(r)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("with archives: %v (-want +got):\n%s", err, diff)
	}
	r.Checkpoint.Root = "?"
	if _, err := verificationOf(r); err == nil {
		t.Error("a root that is none")
	}
	if got, err := verificationOf(&journal.Report{Status: journal.Unanchored}); err != nil || got.Entries == nil || got.Checkpoint != nil {
		t.Errorf("%v, %+v", err, got)
	}
}

func TestProgressByFiles(t *testing.T) {
	t.Parallel()
	var told []float64
	pace := countFiles(3, func(share float64) { told = append(told, share) })
	for range 5 { // files may come beside those that were counted
		if err := pace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]float64{.25, .5, .75, .99, .99}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
