// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

// TestStatements: each says in its text what follows what, and both keys signed it.
func TestStatements(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	if r := open(t, Options{Dir: dir, Name: "host"}); len(r.Statements()) != 0 {
		t.Errorf("%d statements at the start", len(r.Statements()))
	}
	for range 2 {
		if _, err := Rotate(Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, Options{Dir: dir, Existing: true})
	keys := r.Public()
	if len(r.Statements()) != 4 {
		t.Fatalf("%d statements", len(r.Statements()))
	}
	for i, raw := range r.Statements() {
		older, newer := keys[i], keys[i+2]
		var vs []note.Verifier
		for _, k := range []PublicKey{older, newer} {
			v, err := note.NewVerifier(k.VKey)
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, v)
		}
		n, err := note.Open(raw, note.VerifierList(vs...))
		if err != nil || len(n.Sigs) != 2 {
			t.Fatalf("statement %d: %v", i, err)
		}
		want := strings.Join([]string{"tocsin-key/1", r.Origin(), string(newer.Purpose), older.VKey, newer.VKey, newer.From.Format(time.RFC3339), ""}, "\n")
		if n.Text != want {
			t.Errorf("statement %d:\n%s\nwant\n%s", i, n.Text, want)
		}
		if !strings.HasSuffix(want, "Z\n") {
			t.Errorf("the time is not UTC: %q", want)
		}
	}
	// a statement with one signature, or of other keys, is none
	file := keys[2].statement()
	for name, bad := range map[string]func(raw []byte) []byte{
		"one signature":     func(raw []byte) []byte { return raw[:bytes.LastIndex(raw, []byte("— "))] },
		"another statement": func([]byte) []byte { return r.Statements()[2] },
		"another text":      func(raw []byte) []byte { return bytes.Replace(raw, []byte("tocsin-key/1"), []byte("tocsin-key/2"), 1) },
		"no note":           func([]byte) []byte { return []byte("x") },
	} {
		put(t, dir, file, keyFile{name: file, data: bad(bytes.Clone(r.Statements()[0]))}.encode())
		if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSigningIsFrozen keeps the bytes of docs/journal-format.md: a verifier key and
// a statement of two seeds that are 0, 1, 2, … and 1, 2, 3, ….
func TestSigningIsFrozen(t *testing.T) {
	t.Parallel()
	const origin = "siem.example/abcdefgh"
	from := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var keys []PublicKey
	var seeds [][]byte
	r := &Ring{origin: origin}
	for n := range uint32(2) {
		seed := make([]byte, KeyBytes)
		for i := range seed {
			seed[i] = byte(i) + byte(n)
		}
		k := PublicKey{Purpose: Receipt, Number: n + 1, From: from}
		var err error
		if k.VKey, err = vkeyOf(Receipt.noteName(origin), newSeed(seed)); err != nil {
			t.Fatal(err)
		}
		s, err := newSigner(seed, k)
		if err != nil {
			t.Fatal(err)
		}
		keys, seeds, r.signers = append(keys, k), append(seeds, seed), append(r.signers, s)
	}
	statement, err := r.state(&keys[0], seeds[1], &keys[1])
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "statement.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(statement)); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

func newSeed(seed []byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed) }
