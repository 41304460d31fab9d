// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func numbered(n int) []proof.Hash {
	leaves := make([]proof.Hash, n)
	for i := range leaves {
		leaves[i] = sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(i)))
	}
	return leaves
}

func TestRangeTreeHasTheRootOfTheWholeTree(t *testing.T) {
	t.Parallel()
	leaves := numbered(70_000)
	var r proof.RangeTree
	var plain proof.Tree
	for i, leaf := range leaves {
		r.Add(leaf)
		plain.Add(leaf)
		n := i + 1
		if n > 1030 && n%4099 != 0 && n%65536 > 1 {
			continue
		}
		if r.Root() != plain.Root() || r.Size() != plain.Size() {
			t.Fatalf("root or size of %d leaves differs", n)
		}
		groups := r.Groups()
		if want := (n + proof.GroupEntries - 1) / proof.GroupEntries; len(groups) != want {
			t.Fatalf("%d groups of %d leaves, want %d", len(groups), n, want)
		}
		last := leaves[(len(groups)-1)*proof.GroupEntries : n]
		if diff := cmp.Diff(proof.RootOf(last), groups[len(groups)-1]); diff != "" {
			t.Fatalf("last group of %d leaves (-want +got):\n%s", n, diff)
		}
	}
}
