// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

// TestReportsAreBounded: however much is wrong, the report stays small, and counts
// what it does not list.
func TestReportsAreBounded(t *testing.T) {
	t.Parallel()
	var j prooftest.Journal
	events := make([]*event.Event, 2200)
	for i := range events {
		events[i] = prooftest.Event(i)
	}
	r := j.Seal(t, "30d", events...)
	for i := range r.Entries {
		if i%2 == 0 { // every other one is altered, so that they are not one run
			r.Entries[i].Slots[0].Blinder[0] ^= 1
		}
	}
	signer, key := prooftest.Key(t, prooftest.Origin, 1)
	raw := j.Bundle(t, proof.BundleHead{
		Checkpoint: j.Checkpoint(t, 1, signer), Complete: []event.Range{{Stream: "30d", First: 1, Last: 2200}},
	}, r)
	got, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
	if err != nil || len(got.Failures) != 1000 || got.Omitted < 100 || got.Open != 1100 {
		t.Errorf("%d failures and %d more, %d open, %v", len(got.Failures), got.Omitted, got.Open, err)
	}
	// And one claim names a hundred gaps, the last of which goes to the end.
	r.Entries = slices.DeleteFunc(r.Entries, func(e proof.BundleEntry) bool { return e.I%2 == 0 })
	raw = j.Bundle(t, proof.BundleHead{
		Checkpoint: j.Checkpoint(t, 1, signer), Complete: []event.Range{{Stream: "30d", First: 1, Last: 2200}},
	}, r)
	got, err = proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
	if err != nil || len(got.Failures) != 100 || got.Failures[99].Last != 2199 {
		t.Errorf("%d failures, the last %+v, %v", len(got.Failures), got.Failures[len(got.Failures)-1], err)
	}
}

// TestTombstoneOfManyRanges: of the ranges that a tombstone names, some may be in
// the bundle; when the first is left out, their hash cannot be compared.
func TestTombstoneOfManyRanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.head.Complete = []event.Range{{Stream: "90d", First: 4, Last: 5}}
	s.ranges = []*prooftest.Range{s.system, s.pruned2}
	if r, _ := s.check(t, s.bundle(t), proof.BundleOptions{}); r.Status != proof.BundleValid || r.Complete != proof.CompleteProven {
		t.Errorf("%s, complete: %s %+v", r.Status, r.Complete, r.Failures)
	}
}

// small is a scene with a short bundle, for tests that check it a thousand times.
func small(t testing.TB) *scene {
	s := newScene(t)
	_, s.key = prooftest.Key(t, prooftest.Origin, 2) // no statement: fewer signatures
	s.head.Statements, s.head.Complete = nil, s.head.Complete[1:2]
	s.ranges = []*prooftest.Range{s.month}
	return s
}

// TestBundlesBrokenOff: no beginning of a bundle is taken for a whole one.
func TestBundlesBrokenOff(t *testing.T) {
	t.Parallel()
	s := small(t)
	raw := s.bundle(t)
	for n := range raw {
		r, err := proof.CheckBundle(bytes.NewReader(raw[:n]), []string{s.key}, proof.BundleOptions{})
		if err == nil && r.Status != proof.BundleInvalid || err != nil && !errors.Is(err, proof.ErrNoBundle) {
			t.Fatalf("the first %d of %d bytes: %s, %v", n, len(raw), r.Status, err)
		}
	}
}

// TestEveryByteOfABundle: whichever byte is altered, what is shown is what was
// sealed, or the bundle is refused. What the head says of the query, and claims of
// less, are all that may be otherwise, and letters of
// base64 without meaning.
func TestEveryByteOfABundle(t *testing.T) {
	t.Parallel()
	s := small(t)
	raw := s.bundle(t)
	want, shown := s.check(t, raw, proof.BundleOptions{})
	want.Created, want.Signers = want.Created.UTC(), nil
	refused := 0
	for at := range raw {
		bad := bytes.Clone(raw)
		bad[at] ^= 1 << (at % 7)
		var got []string
		r, err := proof.CheckBundle(bytes.NewReader(bad), []string{s.key}, proof.BundleOptions{
			Show: func(e *event.Event, slots [event.Slots]proof.SlotState) error {
				got = append(got, fmt.Sprintf("%s %s %s", e.AppendJSON(nil), slots[0], slots[1]))
				return nil
			},
		})
		if err != nil || !r.OK() {
			refused++
			continue
		}
		r.Created, r.Query, r.From, r.To, r.Signers = want.Created, want.Query, want.From, want.To, nil
		if at < bytes.IndexByte(raw, '\n') {
			checkClaims(t, s, &r)
			r.Claims = want.Claims
		}
		if diff := cmp.Diff(want, r) + cmp.Diff(shown, got); diff != "" {
			t.Fatalf("byte %d (%q): %s", at, bad[max(0, at-30):min(len(bad), at+30)], diff)
		}
	}
	if total := len(raw); refused < total*9/10 {
		t.Errorf("%d of %d altered bundles are refused", refused, total)
	}
}

// checkClaims: a claim that is called proven is of entries that are in the bundle.
func checkClaims(t *testing.T, s *scene, r *proof.BundleReport) {
	t.Helper()
	for _, c := range r.Claims {
		n := uint64(0)
		for _, g := range s.ranges {
			if g.Stream == c.Stream && g.First <= c.Last && c.First <= g.Last() {
				n += min(g.Last(), c.Last) - max(g.First, c.First) + 1
			}
		}
		if c.Proven && n != c.Last-c.First+1 {
			t.Errorf("stream %s from %d to %d is called complete", c.Stream, c.First, c.Last)
		}
	}
}

func FuzzBundle(f *testing.F) {
	s := newScene(f)
	raw := s.bundle(f)
	f.Add(raw)
	f.Add(edit(f, raw, "entry", 3, func(o object) { flip(o, "public", 40) }))
	f.Add(raw[:len(raw)/2])
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := proof.CheckBundle(bytes.NewReader(raw), []string{s.key}, proof.BundleOptions{
			Show: func(e *event.Event, _ [event.Slots]proof.SlotState) error {
				if e.Place.Origin != prooftest.Origin {
					t.Errorf("%s is shown", e.AppendJSON(nil))
				}
				return nil
			},
		})
		if err == nil && r.OK() && r.Size != 6 {
			t.Errorf("a checkpoint of %d headers is believed", r.Size)
		}
	})
}
