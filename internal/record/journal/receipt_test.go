// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// receiptKeys are the verifiers of a ring's receipts.
func receiptKeys(t *testing.T, keys *keyring.Ring) note.Verifiers {
	t.Helper()
	var list []note.Verifier
	for _, k := range keys.Public() {
		if k.Purpose == keyring.Receipt {
			v, err := note.NewVerifier(k.VKey)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, v)
		}
	}
	return note.VerifierList(list...)
}

// TestReceiptsNameTheLeavesThatAreSealed compares what many receipts of many
// callers promise with the leaves in the segment files.
func TestReceiptsNameTheLeavesThatAreSealed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	var mu sync.Mutex
	var all []proof.ReceiptBody
	known := receiptKeys(t, j.opts.Keys)
	var callers sync.WaitGroup
	for c := range 8 {
		callers.Go(func() {
			for n := range 20 {
				var events []*event.Event
				for k := range 1 + n%5 {
					e := benchEvent(100*c + n)
					e.Place = event.Place{Stream: []string{"90d", "30d"}[k%2]}
					events = append(events, e)
				}
				places, err := j.Append(t.Context(), events)
				if err != nil {
					t.Errorf("append: %v", err)
					return
				}
				request := sha256.Sum256([]byte{byte(c), byte(n)})
				r, err := j.Receipt(t.Context(), Receipted{Request: request, Accepted: len(events), Entries: places})
				if err != nil {
					t.Errorf("receipt: %v", err)
					return
				}
				body, err := r.Check(known)
				if err != nil || body.Request != request || body.Accepted != uint64(len(events)) || len(body.Streams) != len(places) {
					t.Errorf("receipt %+v: %v", body, err)
				}
				mu.Lock()
				all = append(all, body)
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, b := range all {
		for _, s := range b.Streams {
			var leaves []hash
			for seq := s.First; seq <= s.Last; seq++ {
				leaves = append(leaves, leafOf(t, j, s.Stream, seq))
			}
			if proof.LeavesHash(leaves) != s.Leaves {
				t.Errorf("stream %s, %d to %d: the receipt names other leaves", s.Stream, s.First, s.Last)
			}
			kept++
		}
	}
	if kept < 160 {
		t.Errorf("%d ranges in receipts", kept)
	}
	stop()
}

// leafOf is the leaf of a sealed entry, from its file.
func leafOf(t *testing.T, j *Journal, stream string, seq uint64) hash {
	t.Helper()
	_, h, err := j.ownLog().headerOf(stream, seq)
	if err != nil {
		t.Fatal(err)
	}
	f, release, ok := j.pin(nil, stream, seq)
	if !ok {
		t.Fatalf("seq %d of %s is in no file", seq, stream)
	}
	defer release()
	r, err := openRange(f, h.Number)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := r.leaf(uint32(seq - h.First))
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func TestReceiptsOfCallersWhoLeave(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	here := t.Context()
	gone, cancel := context.WithCancel(here)
	cancel()
	var callers sync.WaitGroup
	for n := range 50 {
		callers.Go(func() {
			if n%2 == 1 {
				if _, err := j.Receipt(gone, Receipted{Accepted: 1}); err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("receipt of one who left: %v", err)
				}
				return
			}
			if _, err := j.Receipt(here, Receipted{Accepted: 1}); err != nil {
				t.Errorf("receipt: %v", err)
			}
		})
	}
	callers.Wait()
	if _, err := j.Receipt(t.Context(), Receipted{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
