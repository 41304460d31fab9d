// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// vkeys are the verifier keys of a ring's checkpoints.
func vkeys(keys *keyring.Ring) (all []string) {
	for _, k := range keys.Public() {
		if k.Purpose == keyring.Checkpoint {
			all = append(all, k.VKey)
		}
	}
	return all
}

func TestBundlesAreCheckedWithTheKeyAlone(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 700, 90, 0)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	if _, err := j.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	older, _, _, _ := j.Checkpoint()
	past, _, err := proof.OpenCheckpoint(older, verifiers(j.opts.Keys))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), Erasure{ID: "o", Subject: "user7", Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		r               BundleRequest
		entries, erased uint64
		complete        string
		notices         int
		wantError       error
	}{
		"one entry":       {r: BundleRequest{Entries: []event.Range{{Stream: "90d", First: 3, Last: 3}}}, entries: 1, complete: proof.CompleteNotClaimed},
		"an erased entry": {r: BundleRequest{Entries: []event.Range{{Stream: "90d", First: 8, Last: 8}}}, entries: 2, erased: 1, complete: proof.CompleteNotClaimed},
		"a complete range over files": {
			r: BundleRequest{Complete: []event.Range{{Stream: "90d", First: 80, Last: 650}}}, entries: 572, erased: 57, complete: proof.CompleteProven,
		},
		"pruned ones": {
			r: BundleRequest{Complete: []event.Range{{Stream: "30d", First: 1, Last: 20}}, Older: &past}, entries: 1, complete: proof.CompleteProven, notices: 1,
		},
		"none": {r: BundleRequest{Entries: []event.Range{{Stream: "90d", First: 701, Last: 701}}}, wantError: ErrNoEvidence},
	} {
		var out bytes.Buffer
		err := j.WriteBundle(t.Context(), &out, c.r)
		if c.wantError != nil {
			if !errors.Is(err, c.wantError) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got, err := proof.CheckBundle(bytes.NewReader(out.Bytes()), vkeys(j.opts.Keys), proof.BundleOptions{Older: c.r.Older})
		if err != nil || !got.OK() || got.Entries != c.entries || got.Erased != c.erased || got.Complete != c.complete || len(got.Notices) != c.notices {
			t.Errorf("%s: %v, %+v", name, err, got)
		}
		cut := out.Bytes()[:out.Len()-20]
		if got, err := proof.CheckBundle(bytes.NewReader(cut), vkeys(j.opts.Keys), proof.BundleOptions{}); err == nil && got.OK() {
			t.Errorf("%s: a bundle without its end counts as whole", name)
		}
	}
}

// TestAProofOfWhatIsSealedSealsNothing: who asks for proofs again and again makes no
// segments by it.
func TestAProofOfWhatIsSealedSealsNothing(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	fill(t, j, "90d", 10, 10, 0)
	appendWithReceipt(t, j, 10, 1) // open
	_, before, _, _ := j.Checkpoint()
	for _, c := range []struct{ seq, headers uint64 }{{3, before}, {11, before + 1}, {11, before + 1}} {
		var out bytes.Buffer
		if err := j.WriteBundle(t.Context(), &out, BundleRequest{Entries: []event.Range{{Stream: "90d", First: c.seq, Last: c.seq}}}); err != nil {
			t.Fatal(err)
		}
		if _, size, _, _ := j.Checkpoint(); size != c.headers {
			t.Errorf("proof of %d: %d headers, want %d", c.seq, size, c.headers)
		}
	}
}
