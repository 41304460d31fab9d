// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestGoldenFolderVerifies as it did when it was written, alone and against what was
// kept outside then; what contradicts it is still found.
func TestGoldenFolderVerifies(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		want, dir := g.expected(t), unpack(t, g.file("data.tar.gz"))
		receipt := func(name string) []proof.Receipt {
			r, err := proof.ParseReceipt(g.read(t, name))
			if err != nil {
				t.Fatal(err)
			}
			return []proof.Receipt{r}
		}
		verify := func(what string, status journal.Status, o app.VerifyOptions) app.Verification {
			t.Helper()
			o.Options = options(t, dir)
			v, err := app.Verify(t.Context(), dir, o)
			if err != nil || v.Status != status {
				t.Errorf("%s: %s %+v, want %s, %v", what, v.Status, v.Entries, status, err)
			}
			return v
		}
		before := snapshot(t, dir)
		v := verify("alone", journal.Unanchored, app.VerifyOptions{})
		if diff := cmp.Diff(want.Report, reported(&v.Report)); diff != "" || len(v.Files)+len(v.Entries)+len(v.Keys) > 0 {
			t.Errorf("verify (-golden +now):\n%s%+v %+v %+v", diff, v.Files, v.Entries, v.Keys)
		}
		verify("its checkpoint", journal.Valid, app.VerifyOptions{Checkpoints: [][]byte{g.read(t, "kept.ckpt")}, Trusted: want.Keys[:1]})
		verify("since its checkpoint", journal.Valid, app.VerifyOptions{Since: g.read(t, "kept.ckpt")})
		verify("its witness", journal.Witnessed, app.VerifyOptions{Witnesses: []string{want.Witness}})
		if v := verify("its receipt", journal.Unanchored, app.VerifyOptions{Receipts: receipt("receipt.json")}); len(v.Receipts) != 1 || v.Receipts[0].Status != journal.ReceiptKept {
			t.Errorf("its receipt: %+v", v.Receipts)
		}
		if v := verify("a receipt that was not kept", journal.Diverged, app.VerifyOptions{Receipts: receipt("broken-receipt.json")}); len(v.Receipts) != 1 || v.Receipts[0].Status != journal.ReceiptBroken {
			t.Errorf("a receipt that was not kept: %+v", v.Receipts)
		}
		verify("the checkpoint of a fork", journal.Diverged, app.VerifyOptions{Checkpoints: [][]byte{g.read(t, "fork.ckpt")}})
		if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
			t.Errorf("verify changed the folder:\n%s", diff)
		}
	})
}

// TestGoldenDamageIsFound is the control: a byte that is changed in a golden folder is
// no more what it was.
func TestGoldenDamageIsFound(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		for _, pattern := range []string{"segments/90d/*/*.seg", "segments/system/*/*.seg", "wal/*.wal", "headers*"} {
			dir := unpack(t, g.file("data.tar.gz"))
			files, err := filepath.Glob(filepath.Join(dir, "journal", filepath.FromSlash(pattern)))
			if err != nil || len(files) == 0 {
				t.Fatalf("no %s: %v", pattern, err)
			}
			for _, file := range files {
				raw, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				at := len(bytes.TrimRight(raw, "\x00")) * 2 / 3
				raw[at] ^= 0x10
				if err := os.WriteFile(file, raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir)})
			if err != nil || v.OK() {
				t.Errorf("a bit in each %s: %s, %v", pattern, v.Status, err)
			}
		}
	})
}

// TestGoldenProofsHold: bundle and certificate, with the first public key alone.
func TestGoldenProofsHold(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		want := g.expected(t)
		raw := g.read(t, "bundle.ndjson")
		r, err := proof.CheckBundle(bytes.NewReader(raw), want.Keys[:1], proof.BundleOptions{})
		if err != nil || r.Status != proof.BundleValid || r.Entries == 0 {
			t.Errorf("bundle: %s %+v, %v", r.Status, r.Failures, err)
		}
		raw[len(raw)/2] ^= 1
		if r, err := proof.CheckBundle(bytes.NewReader(raw), want.Keys[:1], proof.BundleOptions{}); err == nil && r.Status == proof.BundleValid {
			t.Error("a bundle with a bit turned is valid")
		}
		dir := unpack(t, g.file("data.tar.gz"))
		chain, err := proof.Chain(want.Keys[:1], keysOf(t, dir).Statements())
		if err != nil {
			t.Fatal(err)
		}
		raw = g.read(t, "certificate.txt")
		if c, err := proof.OpenCertificate(raw, chain); err != nil || c.Entries == 0 {
			t.Errorf("certificate: %+v, %v", c, err)
		}
		if _, err := proof.OpenCertificate(bytes.Replace(raw, []byte("entries "), []byte("entries 1"), 1), chain); err == nil {
			t.Error("a certificate of other numbers is right")
		}
	})
}
