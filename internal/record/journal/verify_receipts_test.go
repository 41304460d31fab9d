// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// appendWithReceipt appends n events and returns their receipt.
func appendWithReceipt(t *testing.T, j *Journal, from, n int) proof.Receipt {
	t.Helper()
	var events []*event.Event
	for i := range n {
		e := benchEvent(from + i)
		e.Place = event.Place{Stream: "90d"}
		events = append(events, e)
	}
	places, err := j.Append(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	r, err := j.Receipt(t.Context(), Receipted{Accepted: n, Entries: places})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestAReceiptConvicts has an operator with all keys make a folder in which events
// that were acknowledged have never been: nothing in the folder tells, the receipt
// does.
func TestAReceiptConvicts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	first := appendWithReceipt(t, j, 0, 5)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := appendWithReceipt(t, j, 5, 5)
	receipts := []proof.Receipt{first, second}
	verify := func(dir string) Report {
		t.Helper()
		r, err := Verify(t.Context(), dir+"/journal", VerifyOptions{Keys: keysOf(t, dir), Receipts: receipts})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	statuses := func(r Report) (all []string) {
		for _, f := range r.Receipts {
			all = append(all, f.Status)
		}
		return all
	}
	if got := verify(dir); !got.OK() || !cmp.Equal([]string{ReceiptKept, ReceiptPending}, statuses(got)) {
		t.Errorf("before the seal: %s, %+v", got.Status, got.Receipts)
	}
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := verify(dir); !got.OK() || !cmp.Equal([]string{ReceiptKept, ReceiptKept}, statuses(got)) {
		t.Errorf("after the seal: %s, %+v", got.Status, got.Receipts)
	}
	stop()

	// the same keys, made to forget what they have signed, and another history
	other := t.TempDir()
	copyDir(t, dir+"/keys", other+"/keys")
	if err := os.Remove(other + "/keys/signed"); err != nil {
		t.Fatal(err)
	}
	j, stop = openTest(t, other, nil)
	appendWithReceipt(t, j, 0, 3)
	appendWithReceipt(t, j, 100, 4)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	if got := verifyDir(t, other); !got.OK() {
		t.Fatalf("without a receipt: %+v", got)
	}
	got := verify(other)
	want := []Finding{{"90d", 1, 7, Altered}, {"90d", 8, 10, Truncated}}
	if diff := cmp.Diff(want, got.Entries); diff != "" || got.Status != Diverged || !cmp.Equal([]string{ReceiptBroken, ReceiptBroken}, statuses(got)) {
		t.Errorf("%s, %+v (-want +got):\n%s", got.Status, got.Receipts, diff)
	}
}

func copyDir(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
}

// TestFindingsAreCountedOnce: what the journal's end and receipts both name is one
// finding, and an entry that is gone leaves a gap.
func TestFindingsAreCountedOnce(t *testing.T) {
	t.Parallel()
	r := Report{Completeness: Completeness{Status: Complete}}
	for _, f := range []Finding{
		{"30d", 1, 100, Truncated},
		{"30d", 5, 20, Truncated},
		{"30d", 7, 0, Altered},
		{"30d", 90, 120, Truncated},
		{"30d", 120, 0, Truncated},
		{"30d", 121, 130, Truncated},
		{"90d", 1, 10, Truncated},
		{"30d", 7, 0, Altered},
	} {
		r.find(f.Stream, f.Seq, max(f.Seq, f.LastSeq), f.Verdict)
	}
	r.conclude(false)
	want := []Finding{{"30d", 1, 130, Truncated}, {"30d", 7, 0, Altered}, {"90d", 1, 10, Truncated}}
	if diff := cmp.Diff(want, r.Entries); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Tampered != 130+1+10 || r.Completeness.Gone != 140 || r.Status != Invalid || r.Completeness.Status != Gaps {
		t.Errorf("%d tampered, %s, %s", r.Tampered, r.Status, r.Completeness.Status)
	}
	altered := Report{Completeness: Completeness{Status: Complete}}
	altered.find("30d", 7, 7, Altered)
	altered.conclude(false)
	if altered.Completeness.Status != Complete {
		t.Error("an altered entry leaves a gap")
	}
}
