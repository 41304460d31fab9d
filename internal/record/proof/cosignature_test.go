// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestCosignatureOfAPublicWitness opens a checkpoint of a public log with the
// cosignature of a public witness, as both published it.
func TestCosignatureOfAPublicWitness(t *testing.T) {
	t.Parallel()
	msg, err := os.ReadFile("testdata/cosigned.txt")
	if err != nil {
		t.Fatal(err)
	}
	witness, err := proof.NewVerifier("witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G")
	if err != nil {
		t.Fatal(err)
	}
	n, err := note.Open(msg, note.VerifierList(witness))
	if err != nil {
		t.Fatal(err)
	}
	at, err := proof.CosignatureTime(n.Sigs[0])
	if want := time.Unix(0x6a6fb0f3, 0); err != nil || !at.Equal(want) {
		t.Errorf("cosigned at %s, %v, want %s", at, err, want)
	}
	if c, err := proof.ParseCheckpoint(n.Text); err != nil || c.Size != 185550722 {
		t.Errorf("it says %+v, %v", c, err)
	}
	if _, _, err := proof.OpenCheckpoint(msg, note.VerifierList(witness)); err == nil {
		t.Error("a witness alone speaks for the log")
	}
	if _, err := note.Open(bytes.Replace(msg, []byte("185550722"), []byte("185550723"), 1), note.VerifierList(witness)); err == nil {
		t.Error("the cosignature fits another size")
	}
}

func cosigner(t testing.TB, name string, at time.Time) *proof.Cosigner {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, "witness "+name)
	c, err := proof.NewCosigner(name, ed25519.NewKeyFromSeed(seed), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCosignature(t *testing.T) {
	t.Parallel()
	at := time.Unix(1679315147, 0).UTC()
	log, logKey, _ := keyPair(t, "example.com/behind-the-sofa")
	w := cosigner(t, "witness.example.com/w1", at)
	key, err := proof.NewVerifier(w.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	c, err := proof.ParseCheckpoint(exampleText)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := proof.SignCheckpoint(c, log, w)
	if err != nil {
		t.Fatal(err)
	}
	_, n, err := proof.OpenCheckpoint(msg, note.VerifierList(logKey, key))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := proof.CosignatureTime(n.Sigs[1]); err != nil || !got.Equal(at) {
		t.Errorf("cosigned at %s, %v", got, err)
	}
	if _, err := proof.CosignatureTime(n.Sigs[0]); err == nil {
		t.Error("the log's own signature is read as a cosignature")
	}
	sig, err := w.Sign([]byte(exampleText))
	if err != nil || !key.Verify([]byte(exampleText), sig) {
		t.Fatalf("not verified: %v", err)
	}
	// What is signed is the text of the specification, byte for byte.
	if !ed25519.Verify(decodeKey(t, w.VerifierKey()), []byte("cosignature/v1\ntime 1679315147\n"+exampleText), sig[8:]) {
		t.Error("another text is signed")
	}
	for i := range sig {
		bad := bytes.Clone(sig)
		bad[i] ^= 1
		if key.Verify([]byte(exampleText), bad) {
			t.Errorf("byte %d altered: still verified", i)
		}
	}
	for _, bad := range [][]byte{nil, sig[:71], append(bytes.Clone(sig), 0), sig[8:]} {
		if key.Verify([]byte(exampleText), bad) {
			t.Errorf("%d bytes verify", len(bad))
		}
	}
	if key.Verify([]byte(exampleText+"more\n"), sig) {
		t.Error("another text verifies")
	}
	late := bytes.Clone(sig)
	binary.BigEndian.PutUint64(late, 1<<63)
	if key.Verify([]byte(exampleText), late) {
		t.Error("a time beyond 2^63 verifies")
	}
	if _, err := proof.CosignatureTime(note.Signature{Base64: base64.StdEncoding.EncodeToString(append(make([]byte, 4), late...))}); err == nil {
		t.Error("a time beyond 2^63 is read")
	}
}

func TestCosignersSignCheckpointsOnly(t *testing.T) {
	t.Parallel()
	w := cosigner(t, "w", time.Unix(1, 0))
	for _, text := range []string{"", "tocsin-key/1\n", "a\n1\nnot base64\n", strings.TrimSuffix(exampleText, "\n")} {
		if sig, err := w.Sign([]byte(text)); err == nil {
			t.Errorf("signed %q: %x", text, sig)
		}
	}
	if sig, err := cosigner(t, "w", time.Unix(-1, 0)).Sign([]byte(exampleText)); err == nil {
		t.Errorf("signed before 1970: %x", sig)
	}
	for _, name := range []string{"", "a b", "a+b", "a\nb", "a\x00b", "\xff", strings.Repeat("a", 256)} {
		if _, err := proof.NewCosigner(name, make([]byte, ed25519.PrivateKeySize), time.Now); err == nil {
			t.Errorf("a cosigner called %q", name)
		}
	}
	if _, err := proof.NewCosigner("w", make([]byte, 5), time.Now); err == nil {
		t.Error("a key of five bytes")
	}
}

func decodeKey(t testing.TB, vkey string) ed25519.PublicKey {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.SplitN(vkey, "+", 3)[2])
	if err != nil {
		t.Fatal(err)
	}
	return raw[1:]
}

func TestPublicKeys(t *testing.T) {
	t.Parallel()
	_, plain, vkey := keyPair(t, "log.example/x")
	got, err := proof.NewVerifier(vkey)
	if err != nil || got.Name() != plain.Name() || got.KeyHash() != plain.KeyHash() {
		t.Fatalf("%s: %v, %v", vkey, got, err)
	}
	signer, _, _ := keyPair(t, "log.example/x")
	sig, err := signer.Sign([]byte("text\n"))
	if err != nil || !got.Verify([]byte("text\n"), sig) || got.Verify([]byte("other\n"), sig) {
		t.Error("the key does not tell its signatures")
	}
	parts := strings.SplitN(vkey, "+", 3)
	for name, bad := range map[string]string{
		"nothing":           "",
		"no hash":           parts[0] + "++" + parts[2],
		"another hash":      parts[0] + "+00000000+" + parts[2],
		"capitals":          parts[0] + "+" + strings.ToUpper(parts[1]) + "+" + parts[2],
		"another name":      "log.example/y+" + parts[1] + "+" + parts[2],
		"no name":           "+" + parts[1] + "+" + parts[2],
		"an end of line":    vkey + "\n",
		"a line in the key": parts[0] + "+" + parts[1] + "+" + parts[2][:8] + "\n" + parts[2][8:],
		"a private key":     "PRIVATE+KEY+" + vkey,
	} {
		if _, err := proof.NewVerifier(bad); err == nil {
			t.Errorf("%s: %q is read", name, bad)
		}
	}
}

func FuzzPublicKey(f *testing.F) {
	f.Add("witness.navigli.sunlight.geomys.org+a3e00fe2+BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G")
	f.Add("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
	f.Add("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
	f.Fuzz(func(t *testing.T, vkey string) {
		v, err := proof.NewVerifier(vkey)
		if err != nil {
			return
		}
		if !strings.HasPrefix(vkey, v.Name()+"+") {
			t.Errorf("%q is the key of %q", vkey, v.Name())
		}
		if old, err := note.NewVerifier(vkey); err == nil && (old.Name() != v.Name() || old.KeyHash() != v.KeyHash()) {
			t.Errorf("%q is another key to others", vkey)
		}
	})
}
