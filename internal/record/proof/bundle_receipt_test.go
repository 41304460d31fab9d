// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

// TestReceiptsAgainstABundle: a receipt that the log does not keep convicts, with
// stream and sequence numbers.
func TestReceiptsAgainstABundle(t *testing.T) {
	t.Parallel()
	run := func(stream string, first, last uint64) event.Range {
		return event.Range{Stream: stream, First: first, Last: last}
	}
	s := newScene(t)
	_, receiptKey := prooftest.Key(t, prooftest.Origin+proof.ReceiptKeySuffix, 1)
	raw := s.bundle(t)
	other := func(r proof.Receipt, change func(b *proof.ReceiptBody)) proof.Receipt {
		body, err := proof.ParseReceiptBody(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		change(&body)
		return prooftest.SignReceipt(t, body)
	}
	forged := s.Receipt(t, run("365d", 1, 1))
	forged.Note = forged.Note[:len(forged.Note)-10] + "AAAAAAAA=\n"
	for name, c := range map[string]struct {
		receipt proof.Receipt
		want    []proof.ReceiptFinding
	}{
		"kept":        {s.Receipt(t, run("365d", 1, 3)), []proof.ReceiptFinding{{Range: run("365d", 1, 3), Verdict: proof.ReceiptKept}}},
		"two ranges":  {s.Receipt(t, run("365d", 4, 8)), []proof.ReceiptFinding{{Range: run("365d", 4, 8), Verdict: proof.ReceiptKept}}},
		"two streams": {s.Receipt(t, run("30d", 1, 1), run("365d", 9, 9)), []proof.ReceiptFinding{{Range: run("30d", 1, 1), Verdict: proof.ReceiptKept}, {Range: run("365d", 9, 9), Verdict: proof.ReceiptKept}}},
		"nothing":     {s.Receipt(t), []proof.ReceiptFinding{{Verdict: proof.ReceiptKept}}},
		"another leaf": {
			other(s.Receipt(t, run("365d", 1, 3)), func(b *proof.ReceiptBody) { b.Streams[0].Leaves[0] ^= 1 }),
			[]proof.ReceiptFinding{{Range: run("365d", 1, 3), Verdict: proof.ReceiptBroken}},
		},
		"in another order": {
			other(s.Receipt(t, run("365d", 1, 2)), func(b *proof.ReceiptBody) {
				b.Streams[0].Leaves = proof.LeavesHash([]proof.Hash{s.year1.Leaves[1], s.year1.Leaves[0]})
			}),
			[]proof.ReceiptFinding{{Range: run("365d", 1, 2), Verdict: proof.ReceiptBroken}},
		},
		"lost since": {
			other(s.Receipt(t, run("30d", 1, 2)), func(b *proof.ReceiptBody) {
				b.Streams[0].Leaves = proof.LeavesHash([]proof.Hash{s.month.Leaves[0], {1}})
			}),
			[]proof.ReceiptFinding{{Range: run("30d", 1, 2), Verdict: proof.ReceiptBroken}},
		},
		"pruned":       {s.Receipt(t, run("90d", 1, 4)), []proof.ReceiptFinding{{Range: run("90d", 1, 4), Verdict: proof.ReceiptPruned}}},
		"cut off":      {s.Receipt(t, run("365d", 9, 10)), []proof.ReceiptFinding{{Range: run("365d", 9, 10), Verdict: proof.ReceiptNotCovered}}},
		"of elsewhere": {s.Receipt(t, run("180d", 1, 1)), []proof.ReceiptFinding{{Range: run("180d", 1, 1), Verdict: proof.ReceiptNotCovered}}},
		"forged":       {forged, []proof.ReceiptFinding{{Verdict: proof.ReceiptUnproven}}},
	} {
		r, err := proof.CheckBundle(bytes.NewReader(raw), []string{s.key, receiptKey}, proof.BundleOptions{Receipts: []proof.Receipt{c.receipt}})
		if err != nil || !r.OK() {
			t.Fatalf("%s: %s, %v", name, r.Status, err)
		}
		if diff := cmp.Diff(c.want, r.Receipts, cmpopts.IgnoreFields(proof.ReceiptFinding{}, "Why")); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, f := range r.Receipts {
			if f.Verdict == proof.ReceiptBroken && f.Why == "" {
				t.Errorf("%s: it is not said why", name)
			}
		}
	}
	kept := s.Receipt(t, run("365d", 1, 3))
	if r, _ := s.check(t, raw, proof.BundleOptions{Receipts: []proof.Receipt{kept}}); r.Receipts[0].Verdict != proof.ReceiptUnproven {
		t.Errorf("without its key a receipt is %s", r.Receipts[0].Verdict)
	}
	// An entry that is not proven keeps no promise.
	bad := edit(t, raw, "entry", 5, func(o object) { flip(slotOf(o, 0), "r", 0) })
	r, err := proof.CheckBundle(bytes.NewReader(bad), []string{s.key, receiptKey}, proof.BundleOptions{Receipts: []proof.Receipt{kept, s.Receipt(t, run("365d", 4, 4))}})
	if err != nil || r.Receipts[0].Verdict != proof.ReceiptNotCovered || r.Receipts[1].Verdict != proof.ReceiptKept {
		t.Errorf("with an altered entry: %+v, %v", r.Receipts, err)
	}
}

func TestBundleWriterRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(s *scene){
		"streams out of order":  func(s *scene) { s.ranges[1], s.ranges[2] = s.ranges[2], s.ranges[1] },
		"system not first":      func(s *scene) { s.ranges = append(s.ranges[1:], s.system) },
		"ranges out of order":   func(s *scene) { s.ranges[2], s.ranges[3] = s.ranges[3], s.ranges[2] },
		"a range twice":         func(s *scene) { s.ranges[3] = s.ranges[2] },
		"entries out of order":  func(s *scene) { s.year1.Entries[1].I = 0 },
		"an entry behind":       func(s *scene) { s.year1.Entries[4].I = 5 },
		"an unknown state":      func(s *scene) { s.year1.Entries[0].Slots[0].State = 7 },
		"a header that is none": func(s *scene) { s.year1.Stream = "../x" },
		"claims out of order":   func(s *scene) { s.head.Complete[1], s.head.Complete[2] = s.head.Complete[2], s.head.Complete[1] },
		"system's claim last":   func(s *scene) { s.head.Complete = append(s.head.Complete[1:], s.head.Complete[0]) },
		"claims that overlap": func(s *scene) {
			s.head.Complete = append(s.head.Complete, event.Range{Stream: "90d", First: 5, Last: 6})
		},
		"a claim of nothing": func(s *scene) { s.head.Complete[0].First = 0 },
		"very many claims":   func(s *scene) { s.head.Complete = make([]event.Range, 1<<13) },
		"a line too long":    func(s *scene) { s.year1.Entries[0].Slots[1].Bytes = make([]byte, 7<<20) },
	} {
		s := newScene(t)
		change(s)
		if err := s.Write(&bytes.Buffer{}, s.head, s.ranges...); !errors.Is(err, proof.ErrBundle) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := newScene(t)
	full := errors.New("full")
	if err := s.Write(fullWriter{full}, s.head, s.ranges...); !errors.Is(err, full) {
		t.Errorf("the disk is full: %v", err)
	}
}

type fullWriter struct{ err error }

func (w fullWriter) Write([]byte) (int, error) { return 0, w.err }

// BenchmarkBundle writes and checks a bundle of 1,000 entries.
func BenchmarkBundle(b *testing.B) {
	var j prooftest.Journal
	events := make([]*event.Event, 1000)
	for i := range events {
		events[i] = prooftest.Event(i)
	}
	r := j.Seal(b, "365d", events...)
	signer, key := prooftest.Key(b, prooftest.Origin, 1)
	head := proof.BundleHead{Checkpoint: j.Checkpoint(b, 1, signer), Complete: []event.Range{{Stream: "365d", First: 1, Last: 1000}}}
	raw := j.Bundle(b, head, r)
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			j.Bundle(b, head, r)
		}
	})
	b.Run("check", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			if got, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{}); err != nil || !got.OK() {
				b.Fatal(got, err)
			}
		}
	})
}
