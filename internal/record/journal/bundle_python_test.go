// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// TestPythonVerifierReadsTheJournal: the second verifier, in another language,
// accepts what a journal with odd events, merges, retention and an erasure gives
// out, and finds one altered byte.
func TestPythonVerifierReadsTheJournal(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3")
	}
	j, _ := openTest(t, t.TempDir(), nil)
	r := rand.New(rand.NewPCG(11, 12))
	for range 10 {
		var events []*event.Event
		for range 30 {
			e := eventtest.Random(r)
			e.Place = event.Place{Stream: "90d"}
			e.Received = time.Now().UnixNano()
			events = append(events, e)
		}
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatal(err)
		}
	}
	fill(t, j, "90d", 300, 90, 0)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	if _, err := j.Merge(t.Context()); err != nil {
		t.Fatal(err)
	}
	signed, _, _, _ := j.Checkpoint()
	past, _, err := proof.OpenCheckpoint(signed, verifiers(j.opts.Keys))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), Erasure{ID: "o", Subject: "user7", Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := j.WriteBundle(t.Context(), &out, BundleRequest{
		Complete: []event.Range{{Stream: "90d", First: 1, Last: 600}, {Stream: "30d", First: 1, Last: 20}}, Older: &past,
	}); err != nil {
		t.Fatal(err)
	}
	ours, err := proof.CheckBundle(bytes.NewReader(out.Bytes()), vkeys(j.opts.Keys), proof.BundleOptions{Older: &past})
	if err != nil || !ours.OK() || ours.Erased == 0 || ours.Pruned == 0 {
		t.Fatalf("%+v, %v", ours, err)
	}
	raw := out.Bytes()
	damaged := bytes.Clone(raw)
	at := bytes.LastIndex(raw, []byte(`"bytes":"`)) + 40
	damaged[at] ^= 1
	for name, c := range map[string]struct {
		raw    []byte
		status string
	}{"whole": {raw, proof.BundleValid}, "damaged": {damaged, proof.BundleInvalid}} {
		path := filepath.Join(t.TempDir(), "bundle")
		if err := os.WriteFile(path, c.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "python3", "../../../test/verifier/verify.py", "--json", "--key", vkeys(j.opts.Keys)[0], path)
		said, err := cmd.Output()
		var theirs struct {
			Status, Complete string
			proof.BundleCounts
			Open, Erased uint64
			Failures     []string
		}
		if e := json.Unmarshal(said, &theirs); e != nil {
			t.Fatalf("%s: %v, %v", name, e, err)
		}
		if theirs.Status != c.status || (err == nil) != (c.status == proof.BundleValid) {
			t.Errorf("%s: %s, %v: %v", name, theirs.Status, err, theirs.Failures)
		}
		if name == "whole" && (theirs.BundleCounts != ours.BundleCounts || theirs.Open != ours.Open || theirs.Erased != ours.Erased || theirs.Complete != ours.Complete) {
			t.Errorf("they count %+v, we count %+v", theirs, ours)
		}
	}
}
