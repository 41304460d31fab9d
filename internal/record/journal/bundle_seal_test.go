// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestBundlesSealOnlyWhatTheyNeed: who asks for proofs again and again does not cut
// the journal into small ranges.
func TestBundlesSealOnlyWhatTheyNeed(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 250, 50, 0)
	for range 5 {
		e := benchEvent(1)
		e.Place = event.Place{Stream: "30d"}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		stream  string
		seq     uint64
		covered bool
	}{{"90d", 1, true}, {"90d", 250, true}, {"90d", 251, false}, {"30d", 5, false}, {"none", 1, false}} {
		if got := j.Covered(c.stream, c.seq); got != c.covered {
			t.Errorf("stream %s, seq %d: covered %v, want %v", c.stream, c.seq, got, c.covered)
		}
	}
	ranges := func(stream string, seq uint64) (before, after uint64) {
		t.Helper()
		_, before, _, _ = j.Checkpoint()
		if err := j.WriteBundle(t.Context(), io.Discard, BundleRequest{Entries: []event.Range{{Stream: stream, First: seq, Last: seq}}}); err != nil {
			t.Fatal(err)
		}
		_, after, _, _ = j.Checkpoint()
		return before, after
	}
	if before, after := ranges("90d", 250); before != after {
		t.Errorf("a proof of a sealed entry sealed %d ranges", after-before)
	}
	if j.Covered("30d", 5) {
		t.Error("a stream that nobody asked for was sealed")
	}
	if before, after := ranges("30d", 5); after == before || !j.Covered("30d", 5) {
		t.Errorf("a proof of an entry that was not sealed: %d ranges before, %d after", before, after)
	}
}

// TestBundlesOfDamagedFiles: whatever byte is flipped, the bundle proves what it holds
// or there is none, and the error says why.
func TestBundlesOfDamagedFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 100, 50, 0)
	path := j.path("segments", j.view.files()[0].Name)
	stop()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := 64; at <= len(raw); at += len(raw)/24 + 1 {
		bad := bytes.Clone(raw)
		bad[at] ^= 0x40
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if bundleOf(t, dir, at) {
			refused++
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !bundleOf(t, dir, -1) || refused == 0 {
		t.Errorf("%d of the damaged files were refused, and the missing one was not", refused)
	}
}

// bundleOf makes a bundle of 50 entries in a journal with a damaged file, and tells
// whether there is none.
func bundleOf(t *testing.T, dir string, at int) (refused bool) {
	t.Helper()
	j, stop := openTest(t, dir, nil)
	defer stop()
	var out bytes.Buffer
	err := j.WriteBundle(t.Context(), &out, BundleRequest{Complete: []event.Range{{Stream: "90d", First: 1, Last: 50}}})
	got, bad := proof.CheckBundle(bytes.NewReader(out.Bytes()), vkeys(j.opts.Keys), proof.BundleOptions{})
	switch {
	case err == nil && (bad != nil || !got.OK() || got.Entries != 50):
		t.Errorf("byte %d flipped: a bundle that proves nothing: %v %+v", at, bad, got)
	case err != nil && !errors.Is(err, ErrDamaged):
		t.Errorf("byte %d flipped: %v, want ErrDamaged", at, err)
	case err != nil && bad == nil && got.OK():
		t.Errorf("byte %d flipped: what came before %v counts as whole", at, err)
	}
	return err != nil
}

func TestNoBundlesOfAForkedJournal(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 10, 5, 0)
	j.Diverge("somebody knows more")
	var out bytes.Buffer
	for _, seq := range []uint64{1, 11} {
		err := j.WriteBundle(t.Context(), &out, BundleRequest{Entries: []event.Range{{Stream: "90d", First: seq, Last: seq}}})
		if !errors.Is(err, ErrDiverged) || out.Len() > 0 {
			t.Errorf("seq %d: %v, %d bytes", seq, err, out.Len())
		}
	}
}
