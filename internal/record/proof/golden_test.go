// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

var update = flag.Bool("update", false, "write the golden bundles of this format version anew")

// goldens are the bundles of this version, by the names of their files.
func goldens(t *testing.T) map[string][]byte {
	t.Helper()
	full := newScene(t)
	plain := newScene(t)
	signer, _ := prooftest.Key(t, prooftest.Origin, 1)
	plain.head = proof.BundleHead{Checkpoint: plain.Checkpoint(t, 3, signer), Query: "user:user3", Complete: []event.Range{{Stream: "30d", First: 1, Last: 3}}}
	older := newScene(t)
	path, err := proof.Consistency(&older.Tree, 4, 6)
	if err != nil {
		t.Fatal(err)
	}
	root, err := proof.RootAt(&older.Tree, 4)
	if err != nil {
		t.Fatal(err)
	}
	older.head.Consistency = &proof.BundleConsistency{Size: 4, Root: root, Path: path}
	older.head.Complete = nil
	return map[string][]byte{
		"bundle-1-full.ndjson":  full.bundle(t),
		"bundle-1-plain.ndjson": plain.Bundle(t, plain.head, plain.month),
		"bundle-1-older.ndjson": older.Bundle(t, older.head, older.system, older.year2),
		"bundle-1-empty.ndjson": plain.Bundle(t, proof.BundleHead{Checkpoint: plain.Checkpoint(t, 1, signer)}),
	}
}

// TestGoldenBundles: bundles of this version and of every one before it are
// accepted, and this version writes what it wrote. Files of earlier versions are
// never removed; `go test -update` writes only those of this one.
func TestGoldenBundles(t *testing.T) {
	t.Parallel()
	for name, raw := range goldens(t) {
		path := filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(path, raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		frozen, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(frozen), string(raw)); diff != "" {
			t.Errorf("%s is written in another way: %s", name, diff)
		}
	}
	files, err := filepath.Glob("testdata/bundle-*.ndjson")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d golden bundles, %v", len(files), err)
	}
	_, key := prooftest.Key(t, prooftest.Origin, 1)
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := proof.CheckBundle(bytes.NewReader(raw), []string{key}, proof.BundleOptions{})
		if err != nil || r.Status != proof.BundleValid {
			t.Errorf("%s: %s %+v, %v", path, r.Status, r.Failures, err)
		}
	}
}

// TestGoldenReceipt: a receipt that was given out is believed by later versions.
func TestGoldenReceipt(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	fresh, err := json.MarshalIndent(s.Receipt(t, event.Range{Stream: "30d", First: 1, Last: 1}, event.Range{Stream: "365d", First: 1, Last: 3}), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const path = "testdata/receipt-1.json"
	if *update {
		if err := os.WriteFile(path, append(fresh, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	frozen, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(frozen), string(fresh)+"\n"); diff != "" {
		t.Error(diff)
	}
	r, err := proof.ParseReceipt(frozen)
	if err != nil {
		t.Fatal(err)
	}
	_, vkey := prooftest.Key(t, prooftest.Origin+proof.ReceiptKeySuffix, 1)
	known, err := proof.Chain([]string{vkey}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Check(known); err != nil {
		t.Error(err)
	}
}
