// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

func certificate() proof.Certificate {
	return proof.Certificate{
		Origin: "host.example/abc", ID: "01JDQ3", Time: time.Date(2026, 11, 26, 17, 4, 5, 0, time.UTC),
		Entries: 31, Slots: 61, Files: 2, Ord: 4711, Size: 12, Root: proof.Hash{1, 2, 3},
	}
}

func TestCertificatesComeBack(t *testing.T) {
	t.Parallel()
	own, ownKey, _ := keyPair(t, "host.example/abc")
	want := certificate()
	raw, err := proof.SignCertificate(&want, own)
	if err != nil {
		t.Fatal(err)
	}
	got, err := proof.OpenCertificate(raw, note.VerifierList(ownKey))
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if !strings.HasPrefix(string(raw), "tocsin-erasure/1\nhost.example/abc\n01JDQ3\n2026-11-26T17:04:05Z\nentries 31\nslots 61\nfiles 2\nord 4711\ncheckpoint 12 AQID") {
		t.Errorf("the form has changed:\n%s", raw)
	}
}

func TestCertificatesOfOthersAreRefused(t *testing.T) {
	t.Parallel()
	own, ownKey, _ := keyPair(t, "host.example/abc")
	other, otherKey, _ := keyPair(t, "another.example/abc")
	c := certificate()
	sign := func(signers ...note.Signer) string {
		raw, err := proof.SignCertificate(&c, signers...)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	good := sign(own)
	for name, x := range map[string]struct {
		raw   string
		known note.Verifier
	}{
		"another key":              {sign(other), otherKey},
		"an unknown key":           {good, otherKey},
		"one figure changed":       {strings.Replace(good, "entries 31", "entries 32", 1), ownKey},
		"another id":               {strings.Replace(good, "01JDQ3", "01JDQ4", 1), ownKey},
		"nothing signed":           {c.Text() + "\n", ownKey},
		"a checkpoint of the name": {checkpointOf(t, own), ownKey},
	} {
		if got, err := proof.OpenCertificate([]byte(x.raw), note.VerifierList(x.known)); err == nil {
			t.Errorf("%s: taken as %+v", name, got)
		}
	}
	bad := certificate()
	bad.ID = "two\nlines"
	if raw, err := proof.SignCertificate(&bad, own); err == nil {
		t.Errorf("signed %q", raw)
	}
}

// checkpointOf is a checkpoint that the same key has signed.
func checkpointOf(t *testing.T, key note.Signer) string {
	t.Helper()
	raw, err := proof.SignCheckpoint(proof.Checkpoint{Origin: key.Name(), Size: 12, Root: proof.Hash{1, 2, 3}}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestMalformedCertificatesAreRefused(t *testing.T) {
	t.Parallel()
	c := certificate()
	text := c.Text()
	for _, change := range [][2]string{
		{"tocsin-erasure/1", "tocsin-erasure/2"},
		{"host.example/abc", ""},
		{"01JDQ3", ""},
		{"01JDQ3", strings.Repeat("x", 81)},
		{"2026-11-26T17", "2026-11-26 17"},
		{"05Z", "05+00:00"},
		{"entries 31", "entries 031"},
		{"entries 31", "entries -1"},
		{"slots 61", "slots"},
		{"files 2", "Files 2"},
		{"ord 4711", "ord 4711 "},
		{"checkpoint 12", "checkpoint"},
		{"checkpoint 12", "checkpoint 9223372036854775808"},
		{"AQID", "AQI"},
		{"ord 4711\n", ""},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if got, err := proof.ParseCertificate(changed); !errors.Is(err, proof.ErrCertificate) {
			t.Errorf("%q for %q: %+v, %v", change[1], change[0], got, err)
		}
	}
	if _, err := proof.ParseCertificate(text + "more\n"); err == nil {
		t.Error("a line too many is taken")
	}
}

func FuzzCertificate(f *testing.F) {
	c := certificate()
	f.Add(c.Text())
	f.Add("tocsin-erasure/1\na\nb\n2026-11-26T17:04:05Z\nentries 0\nslots 0\nfiles 0\nord 0\ncheckpoint 0 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := proof.ParseCertificate(text); err == nil && c.Text() != text {
			t.Errorf("%q has a second form, %q", text, c.Text())
		}
	})
}
