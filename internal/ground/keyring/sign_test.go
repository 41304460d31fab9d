// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

// lines are the public keys in short.
func lines(r *Ring) (s []string) {
	for _, k := range r.Public() {
		s = append(s, fmt.Sprintf("%s %d %s", k.Purpose, k.Number, k.State(time.Now())))
	}
	return s
}

// TestSignersSign: what a ring signs is opened with what it publishes, by
// golang.org/x/mod, the current key first.
func TestSignersSign(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"checkpoint 1 overlap", "receipt 1 overlap", "checkpoint 2 current", "receipt 2 current"}, lines(r)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for _, p := range Purposes() {
		signers := r.Signers(p)
		if len(signers) != 2 {
			t.Fatalf("%s: %d signers", p, len(signers))
		}
		msg, err := note.Sign(&note.Note{Text: "some text\n"}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, k := range r.Public() {
			if k.Purpose != p {
				continue
			}
			v, err := note.NewVerifier(k.VKey)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[Purpose]string{Checkpoint: r.Origin(), Receipt: r.Origin() + "/receipt"}[p]; v.Name() != want {
				t.Errorf("%s: the key's name is %s", p, v.Name())
			}
			if n, err := note.Open(msg, note.VerifierList(v)); err != nil || len(n.Sigs) != 1 {
				t.Errorf("%s key %d: %v", p, k.Number, err)
			}
			ids = append([]string{k.ID()}, ids...)
		}
		for i, s := range signers {
			if got := fmt.Sprintf("%08x", s.KeyHash()); got != ids[i] {
				t.Errorf("%s: signer %d is %s, want %s", p, i, got, ids[i])
			}
		}
	}
	if got := open(t, Options{Dir: dir, Existing: true}); !cmp.Equal(state(r), state(got)) || !cmp.Equal(signing(r), signing(got)) {
		t.Error("opened again it has other keys")
	}
}
