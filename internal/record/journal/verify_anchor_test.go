// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/ed25519"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// cosign adds a witness's signature to a checkpoint.
func cosign(t *testing.T, name string, checkpoint []byte, at time.Time) (signed []byte, key note.Verifier) {
	t.Helper()
	w, err := proof.NewCosigner(name, ed25519.NewKeyFromSeed([]byte(strings.Repeat(name[:1], 32))), func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	if key, err = proof.NewVerifier(w.VerifierKey()); err != nil {
		t.Fatal(err)
	}
	_, err = note.Open(checkpoint, nil)
	unverified, ok := err.(*note.UnverifiedNoteError) //nolint:errorlint // as it comes
	if !ok {
		t.Fatal(err)
	}
	if signed, err = note.Sign(unverified.Note, w); err != nil {
		t.Fatal(err)
	}
	return signed, key
}

// TestAnchorsMakeTheVerdict: a memory from outside turns UNANCHORED into VALID or
// WITNESSED, and a journal that leaves a history that is known into DIVERGED.
func TestAnchorsMakeTheVerdict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 40, 10, 0)
	early, size, _, _ := j.Checkpoint()
	stop()
	old := t.TempDir()
	copyDir(t, dir, old)
	j, stop = openTest(t, dir, nil)
	fill(t, j, "30d", 5, 5, 0)
	fill(t, j, "90d", 20, 10, 0)
	late, _, _, _ := j.Checkpoint()
	stop()
	other := t.TempDir() // the same keys, made to forget, another history of the same length
	copyDir(t, dir+"/keys", other+"/keys")
	if err := os.Remove(other + "/keys/signed"); err != nil {
		t.Fatal(err)
	}
	j, stop = openTest(t, other, nil)
	fill(t, j, "90d", 41, 10, 0)
	fill(t, j, "30d", 5, 5, 0)
	fill(t, j, "90d", 20, 5, 0)
	stop()

	at := time.Unix(1_790_000_000, 0).UTC()
	cosigned, key := cosign(t, "archive.example/w", late, at)
	_, stranger := cosign(t, "stranger.example/w", late, at)
	own := verifiers(j.opts.Keys)
	logKey, err := own.Verifier(j.Origin(), keyHashOf(t, late))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		dir      string
		o        VerifyOptions
		status   Status
		diverged []event.Range
	}{
		"nobody knows anything":          {dir: dir, status: Unanchored},
		"a checkpoint that was kept":     {dir: dir, o: VerifyOptions{Anchors: [][]byte{early}}, status: Valid},
		"two of them, and since one":     {dir: dir, o: VerifyOptions{Anchors: [][]byte{late}, Since: early}, status: Valid},
		"a witness":                      {dir: dir, o: VerifyOptions{Cosigned: [][]byte{cosigned}, Witnesses: []note.Verifier{key}}, status: Witnessed},
		"a witness that is not trusted":  {dir: dir, o: VerifyOptions{Cosigned: [][]byte{cosigned}, Witnesses: []note.Verifier{stranger}}, status: Unanchored},
		"the journal as its own witness": {dir: dir, o: VerifyOptions{Cosigned: [][]byte{late}, Witnesses: []note.Verifier{logKey}}, status: Unanchored},
		"rolled back, kept checkpoint": {
			dir: old, o: VerifyOptions{Anchors: [][]byte{early, late}}, status: Diverged,
			diverged: []event.Range{{Stream: "90d", First: 41}},
		},
		"rolled back, a witness": {
			dir: old, o: VerifyOptions{Cosigned: [][]byte{cosigned}, Witnesses: []note.Verifier{key}}, status: Diverged,
			diverged: []event.Range{{Stream: "90d", First: 41}},
		},
		"rewritten": {
			dir: other, o: VerifyOptions{Anchors: [][]byte{early}}, status: Diverged,
			diverged: []event.Range{{Stream: "90d", First: 1, Last: 40}},
		},
		"rewritten and seen": {
			dir: other, o: VerifyOptions{Cosigned: [][]byte{cosigned}}, status: Diverged,
			diverged: []event.Range{{Stream: "30d", First: 1, Last: 5}, {Stream: "90d", First: 1, Last: 46}},
		},
	} {
		c.o.Keys = keysOf(t, c.dir)
		got, err := Verify(t.Context(), c.dir+"/journal", c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.diverged, got.Diverged); got.Status != c.status || diff != "" || got.Tampered != 0 {
			t.Errorf("%s: %s, want %s; diverged (-want +got):\n%s%+v", name, got.Status, c.status, diff, got.Files)
		}
		if c.status == Witnessed {
			if w := got.Witnesses; len(w) != 1 || w[0].Witness != "archive.example/w" || !w[0].Time.Equal(at) || w[0].Headers != got.Headers {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
	got, err := Verify(t.Context(), dir+"/journal", VerifyOptions{Keys: keysOf(t, dir), Since: early})
	if err != nil || got.Total >= 65 || got.Total < 25 || got.Verified != got.Total {
		t.Errorf("since a checkpoint of %d headers: %d of %d entries, %v", size, got.Verified, got.Total, err)
	}
}

// keyHashOf is the hash of the key that signed a note.
func keyHashOf(t *testing.T, msg []byte) uint32 {
	t.Helper()
	_, err := note.Open(msg, nil)
	unverified, ok := err.(*note.UnverifiedNoteError) //nolint:errorlint // as it comes
	if !ok {
		t.Fatal(err)
	}
	return unverified.Note.UnverifiedSigs[0].Hash
}

// What is given as a memory has to be this journal's: anything else proves nothing
// about it.
func TestAnchorsOfOtherJournals(t *testing.T) {
	t.Parallel()
	dir, foreign := t.TempDir(), t.TempDir()
	j, stop := openTest(t, dir, nil)
	fill(t, j, "90d", 10, 5, 0)
	own, _, _, _ := j.Checkpoint()
	stop()
	j, stop = openTest(t, foreign, nil)
	fill(t, j, "90d", 10, 5, 0)
	other, _, _, _ := j.Checkpoint()
	stop()
	forged := []byte(strings.Replace(string(own), "\n2\n", "\n1\n", 1))
	for name, raw := range map[string][]byte{"another journal's": other, "forged": forged, "no note": []byte("x\n")} {
		if r, err := Verify(t.Context(), dir+"/journal", VerifyOptions{Keys: keysOf(t, dir), Anchors: [][]byte{raw}}); err == nil {
			t.Errorf("%s checkpoint: %s", name, r.Status)
		}
		r, err := Verify(t.Context(), dir+"/journal", VerifyOptions{Keys: keysOf(t, dir), Cosigned: [][]byte{raw}})
		if err != nil || r.Status != Unanchored || len(r.Files) != 1 || r.Files[0].File != "cosignatures" || r.Files[0].Evidence {
			t.Errorf("%s among the cosignatures: %v, %s, %+v", name, err, r.Status, r.Files)
		}
	}
	if err := os.RemoveAll(dir + "/keys"); err != nil {
		t.Fatal(err)
	}
	r, err := Verify(t.Context(), dir+"/journal", VerifyOptions{Anchors: [][]byte{own}, Cosigned: [][]byte{own}})
	if err != nil || r.Status != Unanchored || len(r.Unsigned) != 1 {
		t.Errorf("without a key: %v, %s, %+v", err, r.Status, r.Unsigned)
	}
}
