// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// allEvents are the events of a stopped folder, those of archives included.
func allEvents(t *testing.T, dir string) (all []*event.Event) {
	t.Helper()
	inJournal(t, dir, func(ctx context.Context, j *journal.Journal) {
		readers, release, err := j.Snapshot(ctx)
		if err != nil {
			t.Error(err)
			return
		}
		defer release()
		for _, r := range readers {
			for i := range r.Rows() {
				e := &event.Event{}
				if err := r.Event(i, e); err != nil {
					t.Errorf("row %d of %s: %v", i, r.Stream(), err)
					return
				}
				all = append(all, e)
			}
		}
	})
	return all
}

// TestGoldenFolderHoldsEverything that a folder of this version can hold: else the other
// tests of it say less than they seem to.
func TestGoldenFolderHoldsEverything(t *testing.T) {
	t.Parallel()
	g := goldenFolder{goldenDir()}
	want, dir := g.expected(t).Report, unpack(t, g.file("data.tar.gz"))
	if want.Erased == 0 || want.Pruned == 0 || want.Tampered != 0 || len(want.Streams) < 4 {
		t.Errorf("report: %+v", want)
	}
	unsealed := int64(0)
	for _, s := range want.Streams {
		unsealed += s.Unsealed
	}
	if unsealed == 0 {
		t.Error("everything is sealed")
	}
	for _, pattern := range []string{
		"journal/segments/*/*/*-*.seg", "journal/wal/*.wal", "journal/holds", "journal/erasures.ndjson", "journal/checkpoint", "journal/cosignatures",
		"journal/format", "journal/head", "journal/manifest", "keys/mac-root.2", "keys/sign.checkpoint.2", "keys/statement.receipt.2", "state/state.db", "derived/origin-ids",
	} {
		if found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern))); err != nil || len(found) == 0 {
			t.Errorf("no %s, %v", pattern, err)
		}
	}
	own := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "journal", "segments", "system", "*", "*.seg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		f, err := segment.OpenFile(file, nil)
		if err != nil {
			t.Fatal(err)
		}
		for row := range f.Rows() {
			var e event.Event
			if err := f.Event(row, &e); err != nil {
				t.Fatal(err)
			}
			own[e.Category] = true
		}
		f.Close()
	}
	for _, category := range []string{"journal_heartbeat", "journal_pruned", "journal_erased", "journal_key", "journal_policy", "journal_erasure"} {
		if !own[category] {
			t.Errorf("the journal's own entries have no %s: %v", category, own)
		}
	}
}
