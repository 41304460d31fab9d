// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

func TestPrintReport(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_790_000_000, 0).UTC()
	c := &verifyCommand{Witness: []string{"w"}, Receipt: []string{"kept.json", "broken.json"}}
	r := &app.Verification{Report: journal.Report{
		Status: journal.Diverged, Total: 60, Verified: 50, Tampered: 10, Erased: 3, Pruned: 400, MACs: "checked",
		Checkpoint: &journal.Anchor{Headers: 9, Root: "cm9vdA=="},
		Anchors:    []journal.Anchor{{Headers: 8, Root: "cm9vdA=="}},
		Unsigned:   []journal.Anchor{{Headers: 7}},
		Witnesses:  []journal.Anchor{{Headers: 6, Witness: "archive.example/w", Time: &at}},
		Completeness: journal.Completeness{
			Status: journal.Gaps, Lost: 2, Dropped: 5, Late: 1, Silences: []journal.Silence{{From: at, To: at.Add(time.Hour)}}, Omitted: 3,
		},
		Streams:  []journal.StreamReport{{Stream: "366d", Last: 60, Segments: 4, Unsealed: 2}},
		Diverged: []event.Range{{Stream: "366d", First: 61}, {Stream: "90d", First: 4, Last: 9}},
		Entries:  []journal.Finding{{Stream: "366d", Seq: 1, Verdict: journal.Altered}, {Stream: "366d", Seq: 4, LastSeq: 12, Verdict: journal.Truncated}},
		Omitted:  7,
		Receipts: []journal.ReceiptFinding{{Status: journal.ReceiptKept}, {Status: journal.ReceiptBroken, Why: "stream 366d, 4 to 12: not what was acknowledged"}},
		Files:    []journal.FileFinding{{File: "headers", Damage: "another root", Evidence: true}},
	}}
	var out strings.Builder
	if err := printReport(&out, r, c); err != nil {
		t.Fatal(err)
	}
	const want = `DIVERGED  50 of 60 entries verified, 10 tampered, macs: checked
  checkpoint of 9 headers, root cm9vdA==
  continues the checkpoint of 8 headers that was given
  continues the checkpoint of 7 headers that was given, whose signature no key here can check
  witness archive.example/w has confirmed it up to 6 headers at 2026-09-21T14:13:20Z
  gone by order: 3 entries erased in part, 400 dropped by retention
  completeness: GAPS (2 entries lost before they were sealed, 5 events refused, 1 sealed ranges with events that came a day late or later, 4 times without a sign of life)
    silent from 2026-09-21T14:13:20Z to 2026-09-21T15:13:20Z
  stream 366d     up to 60, 4 segments, 2 not sealed yet
DIVERGED  stream 366d, from entry 61 on: somebody knows more than what is here, or something else
DIVERGED  stream 90d, entries 4 to 9: these, or some of them, are not those that somebody knows
ALTERED  stream 366d, entry 1
TRUNCATED  stream 366d, entries 4 to 12
and 7 more
receipt kept.json: KEPT
receipt broken.json: BROKEN  stream 366d, 4 to 12: not what was acknowledged
damaged file headers: another root
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	out.Reset()
	plain := &app.Verification{Report: journal.Report{Status: journal.Unanchored, Completeness: journal.Completeness{Status: journal.Complete}}}
	if err := printReport(&out, plain, c); err != nil || !strings.Contains(out.String(), "none of the witnesses given has confirmed it\n  completeness: COMPLETE\n") {
		t.Errorf("%v:\n%s", err, out.String())
	}
}

// A new file is there whole, or not at all, and takes no other's place.
func TestWriteNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name := filepath.Join(dir, "new")
	write := func(text string) func(*newFile) error {
		return func(w *newFile) error {
			_, err := io.WriteString(w, text)
			return err
		}
	}
	boom := errors.New("boom")
	if err := writeNew(name, func(w *newFile) error { return errors.Join(write("half")(w), boom) }); !errors.Is(err, boom) {
		t.Errorf("a failure: %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("a failure left %v, %v", files, err)
	}
	meanwhile := func(w *newFile) error {
		return errors.Join(os.WriteFile(name, []byte("somebody else's"), 0o600), write("mine")(w))
	}
	if err := writeNew(name, meanwhile); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that came meanwhile: %v", err)
	}
	if err := writeNew(name, write("mine")); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that is there: %v", err)
	}
	if raw, err := os.ReadFile(name); err != nil || string(raw) != "somebody else's" {
		t.Errorf("%q, %v", raw, err)
	}
	if err := writeNew(filepath.Join(dir, "other"), write("whole")); err != nil {
		t.Error(err)
	}
	if raw, err := os.ReadFile(filepath.Join(dir, "other")); err != nil || string(raw) != "whole" {
		t.Errorf("%q, %v", raw, err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
	if err := writeNew(filepath.Join(dir, "nowhere", "x"), write("x")); err == nil {
		t.Error("a folder that is not there")
	}
}
