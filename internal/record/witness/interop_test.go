// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestRequestsOfASecondImplementation plays testdata/interop, which was written from
// the specifications in another language: the answers must be the same to the byte,
// cosignatures included.
func TestRequestsOfASecondImplementation(t *testing.T) {
	t.Parallel()
	const folder = "testdata/interop"
	keys, err := os.ReadFile(folder + "/keys.txt")
	if err != nil {
		t.Fatal(err)
	}
	vkeys := strings.Fields(string(keys))
	own := cosigner(t, "witness.example/w1", "the seed of the witness, 32 byte", func() time.Time { return time.Unix(1_700_000_000, 0) })
	if own.VerifierKey() != vkeys[1] {
		t.Fatalf("the key is %s, want %s", own.VerifierKey(), vkeys[1])
	}
	w, err := Open(Options{Dir: t.TempDir(), Key: own, Logs: vkeys[:1]})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	s := &station{Witness: w, t: t}
	files, err := filepath.Glob(folder + "/*.request")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d requests, %v", len(files), err)
	}
	for _, file := range files { // in order
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, "request") + "answer")
		if err != nil {
			t.Fatal(err)
		}
		rec := s.post(body)
		got := fmt.Appendf(nil, "%d %s\n%s", rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		if bytes.Count(want, []byte("\n")) == 1 { // its text is free
			got = got[:bytes.IndexByte(got, '\n')+1]
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s: answered %q, want %q", file, got, want)
		}
	}
}

// TestExampleOfTheSpecification reads the request that c2sp.org/tlog-witness shows.
// Its keys are not published, so that it can only be read.
func TestExampleOfTheSpecification(t *testing.T) {
	t.Parallel()
	body, err := os.ReadFile("testdata/specification.request")
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseRequest(body)
	if err != nil || r.Old != 20852014 || len(r.Proof) != 4 || !bytes.Equal(r.Append(nil), body) {
		t.Fatalf("read as %+v, %v", r, err)
	}
	if got := base64.StdEncoding.EncodeToString(r.Proof[2][:]); got != "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=" {
		t.Errorf("third hash %s", got)
	}
	text, err := noteText(r.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	if c, err := proof.ParseCheckpoint(text); err != nil || c.Origin != "example.com/behind-the-sofa" || c.Size != 20852163 {
		t.Errorf("%+v, %v", c, err)
	}
	s := newStation(t)
	s.want(404, "", body)
}

// TestProofsOfTlog: proofs of x/mod's tree, of another author, are accepted for every
// pair of sizes, and none for a pair that is not theirs.
func TestProofsOfTlog(t *testing.T) {
	t.Parallel()
	const most = 12
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(at))
		for i, n := range at {
			out[i] = stored[n]
		}
		return out, nil
	})
	roots := make([]tlog.Hash, most+1)
	for n := range int64(most) {
		hashes, err := tlog.StoredHashes(n, []byte{byte(n)}, reader)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, hashes...)
		if roots[n+1], err = tlog.TreeHash(n+1, reader); err != nil {
			t.Fatal(err)
		}
	}
	log := honest(t)
	for old := int64(1); old <= most; old++ {
		for size := old + 1; size <= most; size++ {
			path, err := tlog.ProveTree(size, old, reader)
			if err != nil {
				t.Fatal(err)
			}
			s := newStation(t)
			post := func(from int64, to int64, path tlog.TreeProof, status int) {
				t.Helper()
				msg, err := proof.SignCheckpoint(proof.Checkpoint{Origin: origin, Size: uint64(to), Root: proof.Hash(roots[to])}, log.signer)
				if err != nil {
					t.Fatal(err)
				}
				r := Request{Old: uint64(from), Checkpoint: msg}
				for _, h := range path {
					r.Proof = append(r.Proof, proof.Hash(h))
				}
				s.want(status, "", r.Append(nil))
			}
			post(0, old, nil, 200)
			if size < most {
				post(old, size+1, path, 422)
			}
			post(old, size, path, 200)
			_ = s.Close()
		}
	}
}
