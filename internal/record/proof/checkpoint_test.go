// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// keyPair makes a key whose bytes depend on the name alone, so that what it signs
// can be frozen.
func keyPair(t testing.TB, name string) (note.Signer, note.Verifier, string) {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	vkey, err := note.NewEd25519VerifierKey(name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(vkey, "+", 3)
	signer, err := note.NewSigner("PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier, vkey
}

const exampleText = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

func TestCheckpointText(t *testing.T) {
	t.Parallel()
	const empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
	ok := map[string]string{
		"the specification's own":  exampleText,
		"no leaves":                "a\n0\n" + empty + "\n",
		"the most leaves":          "a\n9223372036854775807\n" + empty + "\n",
		"an origin with a path":    "host.example/abcdef\n1\n" + empty + "\n",
		"an origin with spaces":    "Go sum database tree\n1\n" + empty + "\n",
		"lines behind it":          exampleText + "more\n— not a signature\n",
		"as many lines as allowed": exampleText + strings.Repeat("x\n", 64),
	}
	for name, text := range ok {
		c, err := proof.ParseCheckpoint(text)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !strings.HasPrefix(text, c.Text()) {
			t.Errorf("%s comes back as %q", name, c.Text())
		}
	}
	bad := map[string]string{
		"nothing":                 "",
		"two lines":               "a\n1\n",
		"no end":                  "a\n1\n" + empty,
		"an empty origin":         "\n1\n" + empty + "\n",
		"an empty line behind":    "a\n1\n" + empty + "\n\n",
		"too many lines":          exampleText + strings.Repeat("x\n", 65),
		"too long":                exampleText + strings.Repeat("x", proof.MaxNoteBytes) + "\n",
		"a zero in front":         "a\n01\n" + empty + "\n",
		"a sign":                  "a\n+1\n" + empty + "\n",
		"a negative size":         "a\n-1\n" + empty + "\n",
		"hexadecimal":             "a\n0x1\n" + empty + "\n",
		"an underscore":           "a\n1_0\n" + empty + "\n",
		"2^63":                    "a\n9223372036854775808\n" + empty + "\n",
		"a short root":            "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n",
		"a long root":             "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFUA\n",
		"bits behind the root":    "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
		"no padding":              "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
		"the other alphabet":      "a\n1\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\n",
		"carriage return":         "a\n1\r\n" + empty + "\n",
		"a carriage in the root":  "a\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuF\r=\n",
		"an escape in the origin": "a\x1b[31m\n1\n" + empty + "\n",
		"not UTF-8":               "a\xff\n1\n" + empty + "\n",
		"a long origin":           strings.Repeat("a", 256) + "\n1\n" + empty + "\n",
		"no leaves but a root":    "a\n0\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
	}
	for name, text := range bad {
		if c, err := proof.ParseCheckpoint(text); !errors.Is(err, proof.ErrCheckpoint) {
			t.Errorf("%s is read as %+v, %v", name, c, err)
		}
	}
}

func TestCheckpointIsSignedAndOpened(t *testing.T) {
	t.Parallel()
	c, err := proof.ParseCheckpoint(exampleText)
	if err != nil {
		t.Fatal(err)
	}
	own, ownKey, _ := keyPair(t, c.Origin)
	witness, witnessKey, _ := keyPair(t, "witness.example")
	_, stranger, _ := keyPair(t, "stranger.example")
	msg, err := proof.SignCheckpoint(c, own, witness)
	if err != nil {
		t.Fatal(err)
	}
	open := func(msg []byte, keys ...note.Verifier) (proof.Checkpoint, *note.Note, error) {
		return proof.OpenCheckpoint(msg, note.VerifierList(keys...))
	}
	got, n, err := open(msg, ownKey, stranger)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Error(diff)
	}
	if len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 1 || n.Text != exampleText {
		t.Errorf("the note is %+v", n)
	}
	if _, n, err = open(msg, ownKey, witnessKey); err != nil || len(n.Sigs) != 2 {
		t.Errorf("two known keys: %v, %+v", err, n)
	}
	if _, _, err = open(msg, witnessKey); err == nil {
		t.Error("a witness alone speaks for the log")
	}
	if _, _, err = open(msg, stranger); err == nil {
		t.Error("opened without a known key")
	}
	for i := range msg {
		bad := append([]byte(nil), msg...)
		bad[i] ^= 4
		if c, _, err := open(bad, ownKey); err == nil && c != got {
			t.Fatalf("byte %d altered: read as %+v", i, c)
		}
	}
	if _, _, err := open(append(msg, make([]byte, proof.MaxNoteBytes)...), ownKey); err == nil {
		t.Error("a note without bound is read")
	}
}

func TestOnlySoundCheckpointsAreSigned(t *testing.T) {
	t.Parallel()
	own, _, _ := keyPair(t, "log.example/a")
	other, _, _ := keyPair(t, "log.example/b")
	root := proof.Hash{1}
	for name, c := range map[string]struct {
		c       proof.Checkpoint
		signers []note.Signer
	}{
		"no key":             {proof.Checkpoint{Origin: "log.example/a", Size: 1, Root: root}, nil},
		"another log's key":  {proof.Checkpoint{Origin: "log.example/a", Size: 1, Root: root}, []note.Signer{other}},
		"the key in 2nd":     {proof.Checkpoint{Origin: "log.example/a", Size: 1, Root: root}, []note.Signer{other, own}},
		"no leaves, a root":  {proof.Checkpoint{Origin: "log.example/a", Root: root}, []note.Signer{own}},
		"a size beyond 2^63": {proof.Checkpoint{Origin: "log.example/a", Size: 1 << 63, Root: root}, []note.Signer{own}},
	} {
		if msg, err := proof.SignCheckpoint(c.c, c.signers...); err == nil {
			t.Errorf("%s: signed %q", name, msg)
		}
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add(exampleText)
	f.Add(exampleText + "more\n")
	f.Add("a\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := proof.ParseCheckpoint(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(text, c.Text()) {
			t.Errorf("%q has a second form, %q", text, c.Text())
		}
		if again, err := proof.ParseCheckpoint(c.Text()); err != nil || again != c {
			t.Errorf("%+v comes back as %+v, %v", c, again, err)
		}
	})
}
