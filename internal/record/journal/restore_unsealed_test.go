// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestRestoreOfWhatWasNeverSealed: an archive without a header still is somebody's: what
// was promised by it is compared with it, and what is erased is counted.
func TestRestoreOfWhatWasNeverSealed(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	kept := appendWithReceipt(t, j, 0, 6)
	stop()
	aside := copied(t, from) // the backup is of this state
	j, stop = openTest(t, from, nil)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	lost := appendWithReceipt(t, j, 6, 2)
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	later, _, _, _ := j.Checkpoint()
	later = bytes.Clone(later)
	stop()

	line, err := erasureLine(j.Origin(), &proof.Tombstone{Erased: true, ID: "x", Stream: "90d", Actor: "a", Slots: [2][]proof.SeqRun{{{First: 2, Last: 3}}, {{First: 3, Last: 3}}}}, goldenTime(0))
	if err != nil {
		t.Fatal(err)
	}
	dir, out := restored(t, aside, Restoration{Erasures: line})
	if out.Carried != 6 || out.Erased != 2 || out.Before != j.Origin() {
		t.Fatalf("restored: %+v", out)
	}
	verify := func(o VerifyOptions) Report {
		o.Keys, o.Archived = keysOf(t, dir), shelvedKeys
		r, err := Verify(t.Context(), filepath.Join(dir, "journal"), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := verify(VerifyOptions{Receipts: []proof.Receipt{kept}}); !r.OK() || len(r.Receipts) != 1 || r.Receipts[0].Status != ReceiptCarried {
		t.Errorf("its receipt: %s %+v", r.Status, r.Receipts)
	}
	if r := verify(VerifyOptions{Receipts: []proof.Receipt{kept, lost}}); r.OK() || len(r.Receipts) != 2 || r.Receipts[1].Status != ReceiptBroken {
		t.Errorf("a receipt from after the backup: %s %+v", r.Status, r.Receipts)
	}
	if r := verify(VerifyOptions{Anchors: [][]byte{later}}); r.Status != Diverged {
		t.Errorf("a checkpoint from after the backup: %s", r.Status)
	}
}
