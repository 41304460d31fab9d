// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// numberedKey is the n-th key of that name.
func numberedKey(t testing.TB, name string, n int) (note.Signer, string) {
	t.Helper()
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, fmt.Sprintf("%d %s", n, name))
	vkey, err := note.NewEd25519VerifierKey(name, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.SplitN(vkey, "+", 3)
	signer, err := note.NewSigner("PRIVATE+KEY+" + parts[0] + "+" + parts[1] + "+" +
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed...)))
	if err != nil {
		t.Fatal(err)
	}
	return signer, vkey
}

// succession is the statement that key n+1 follows key n.
func succession(t testing.TB, purpose string, n int) []byte {
	t.Helper()
	older, oldKey := numberedKey(t, proof.KeyName(journalName, purpose), n)
	newer, newKey := numberedKey(t, proof.KeyName(journalName, purpose), n+1)
	msg, err := proof.SignKeyStatement(proof.KeyStatement{
		Origin: journalName, Purpose: purpose, Old: oldKey, New: newKey, Time: time.Unix(1_700_000_000, 0).UTC(),
	}, older, newer)
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

func TestKeyStatement(t *testing.T) {
	t.Parallel()
	msg := succession(t, proof.PurposeReceipt, 1)
	s, err := proof.OpenKeyStatement(msg)
	if err != nil {
		t.Fatal(err)
	}
	_, oldKey := numberedKey(t, journalName+"/receipt", 1)
	_, newKey := numberedKey(t, journalName+"/receipt", 2)
	want := "tocsin-key/1\nsiem.example/abcdefgh\nreceipt\n" + oldKey + "\n" + newKey + "\n2023-11-14T22:13:20Z\n"
	if diff := cmp.Diff(want, s.Text()); diff != "" || !bytes.HasPrefix(msg, []byte(want+"\n")) {
		t.Errorf("%s\n%s", diff, msg)
	}
	for i := range msg {
		bad := bytes.Clone(msg)
		bad[i] ^= 4
		if got, err := proof.OpenKeyStatement(bad); err == nil && got != s {
			t.Errorf("byte %d altered: %+v", i, got)
		}
	}
	if _, err := proof.ParseCheckpoint(s.Text()); err == nil {
		t.Error("a key statement is a checkpoint too")
	}
}

func TestKeyStatementsAreRefused(t *testing.T) {
	t.Parallel()
	older, oldKey := numberedKey(t, journalName, 1)
	newer, newKey := numberedKey(t, journalName, 2)
	receipt, receiptKey := numberedKey(t, journalName+"/receipt", 2)
	other, otherKey := numberedKey(t, "other.example/x", 1)
	witness := cosigner(t, journalName, time.Unix(1, 0))
	at := time.Unix(1_700_000_000, 0).UTC()
	good := proof.KeyStatement{Origin: journalName, Purpose: proof.PurposeCheckpoint, Old: oldKey, New: newKey, Time: at}
	with := func(change func(*proof.KeyStatement)) proof.KeyStatement {
		s := good
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		s       proof.KeyStatement
		signers []note.Signer
	}{
		"old key alone":     {good, []note.Signer{older}},
		"new key alone":     {good, []note.Signer{newer}},
		"others signed":     {good, []note.Signer{other, receipt}},
		"another purpose":   {with(func(s *proof.KeyStatement) { s.Purpose = proof.PurposeReceipt }), []note.Signer{older, newer}},
		"no purpose":        {with(func(s *proof.KeyStatement) { s.Purpose = "" }), []note.Signer{older, newer}},
		"for receipts":      {with(func(s *proof.KeyStatement) { s.New = receiptKey }), []note.Signer{older, receipt}},
		"of another origin": {with(func(s *proof.KeyStatement) { s.New = otherKey }), []note.Signer{older, other}},
		"of a witness":      {with(func(s *proof.KeyStatement) { s.New = witness.VerifierKey() }), []note.Signer{older, newer}},
		"the same key":      {with(func(s *proof.KeyStatement) { s.New = oldKey }), []note.Signer{older, older}},
		"no key":            {with(func(s *proof.KeyStatement) { s.New = "x" }), []note.Signer{older, newer}},
		"another journal":   {with(func(s *proof.KeyStatement) { s.Origin = "other.example/x" }), []note.Signer{older, newer}},
	} {
		msg, err := note.Sign(&note.Note{Text: c.s.Text()}, c.signers...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proof.OpenKeyStatement(msg); !errors.Is(err, proof.ErrKeyStatement) {
			t.Errorf("%s: believed, %v", name, err)
		}
		if len(c.signers) == 2 {
			if _, err := proof.SignKeyStatement(c.s, c.signers[0], c.signers[1]); err == nil {
				t.Errorf("%s: signed", name)
			}
		}
	}
	for name, change := range map[string][2]string{
		"another version": {"key/1", "key/2"},
		"a zone":          {"Z\n", "+00:00\n"},
		"a fraction":      {"20Z\n", "20.5Z\n"},
		"no time":         {"2023-11-14T22:13:20Z", "today"},
		"a line too many": {"Z\n", "Z\nmore\n"},
		"a line missing":  {"checkpoint\n", ""},
	} {
		msg, err := note.Sign(&note.Note{Text: strings.Replace(good.Text(), change[0], change[1], 1)}, older, newer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := proof.OpenKeyStatement(msg); !errors.Is(err, proof.ErrKeyStatement) {
			t.Errorf("%s: believed, %v", name, err)
		}
	}
	for _, raw := range []string{"", "\n\n", good.Text(), strings.Repeat("x", 10000)} {
		if _, err := proof.OpenKeyStatement([]byte(raw)); !errors.Is(err, proof.ErrKeyStatement) {
			t.Errorf("%.40q: believed, %v", raw, err)
		}
	}
}

func TestKeyChain(t *testing.T) {
	t.Parallel()
	var keys []string
	for n := range 5 {
		_, vkey := numberedKey(t, journalName, n)
		keys = append(keys, vkey)
	}
	statements := [][]byte{ // in no order, one of another purpose
		succession(t, proof.PurposeCheckpoint, 2), succession(t, proof.PurposeCheckpoint, 0),
		succession(t, proof.PurposeReceipt, 0), succession(t, proof.PurposeCheckpoint, 1),
	}
	for name, c := range map[string]struct {
		trusted, want []string
	}{
		"from the first":  {keys[:1], keys[:4]},
		"from the second": {keys[1:2], keys[1:4]},
		"from the last":   {keys[3:4], keys[3:4]},
		"from elsewhere":  {keys[4:], keys[4:]},
		"from two":        {[]string{keys[2], keys[0]}, []string{keys[2], keys[0], keys[3], keys[1]}},
		"from one twice":  {[]string{keys[3], keys[3]}, keys[3:4]},
		"from none":       {nil, nil},
	} {
		chain, err := proof.Chain(c.trusted, statements)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, chain.Keys()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for n, vkey := range keys {
			signer, _ := numberedKey(t, journalName, n)
			msg, err := proof.SignCheckpoint(proof.Checkpoint{Origin: journalName, Size: 1}, signer)
			if err != nil {
				t.Fatal(err)
			}
			_, _, err = proof.OpenCheckpoint(msg, chain)
			if want := strings.Contains(strings.Join(c.want, "\n"), vkey); (err == nil) != want {
				t.Errorf("%s: key %d opens a checkpoint: %v", name, n, err)
			}
		}
	}
	if _, err := proof.Chain(keys[:1], [][]byte{statements[0], []byte("x")}); !errors.Is(err, proof.ErrKeyStatement) {
		t.Errorf("a malformed statement: %v", err)
	}
	if _, err := proof.Chain([]string{"x"}, nil); err == nil {
		t.Error("a malformed key is trusted")
	}
	if _, err := proof.Chain(keys[:1], make([][]byte, 5000)); !errors.Is(err, proof.ErrKeyStatement) {
		t.Errorf("statements without bound: %v", err)
	}
}

func FuzzKeyStatement(f *testing.F) {
	f.Add(succession(f, proof.PurposeCheckpoint, 1))
	f.Add(succession(f, proof.PurposeReceipt, 1))
	f.Fuzz(func(t *testing.T, msg []byte) {
		s, err := proof.OpenKeyStatement(msg)
		if err == nil && !bytes.HasPrefix(msg, []byte(s.Text()+"\n")) {
			t.Errorf("%q is read as %q", msg, s.Text())
		}
	})
}
