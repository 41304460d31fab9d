// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

// secondVerifier was written in another language, from docs/journal-format.md alone.
const secondVerifier = "../../../test/verifier/verify.py"

// python runs the second verifier. A code of -1 is a failure to run it.
func python(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3")
	}
	cmd := exec.CommandContext(t.Context(), "python3", append([]string{secondVerifier}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}

// TestPythonVerifierAgrees: both verifiers accept the golden bundles with the same
// counts, and refuse every kind of damage.
func TestPythonVerifierAgrees(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	bundles := maps.Clone(goldens(t))
	for name, c := range damages(t, s.bundle(t)) {
		bundles["damaged: "+name] = c.raw
	}
	short := newScene(t)
	short.head.Complete = []event.Range{{Stream: "365d", First: 5, Last: 10}}
	bundles["a claim too wide"] = short.bundle(t)
	hidden := newScene(t)
	hidden.head.Query = "user:x"
	bundles["a query over withheld entries"] = hidden.bundle(t)
	names := slices.Sorted(maps.Keys(bundles))
	dir := t.TempDir()
	args := []string{"--json", "--key", s.key}
	for i, name := range names {
		path := filepath.Join(dir, string(rune('a'+i/26))+string(rune('a'+i%26)))
		if err := os.WriteFile(path, bundles[name], 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	code, out, errs := python(t, args...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 3 || len(lines) != len(names) {
		t.Fatalf("exit %d, %d reports about %d bundles: %s", code, len(lines), len(names), errs)
	}
	for i, name := range names {
		var theirs struct {
			Status, Complete string
			proof.BundleCounts
			Open, Withheld, Erased uint64
			Failures               []string
		}
		if err := json.Unmarshal([]byte(lines[i]), &theirs); err != nil {
			t.Fatal(err)
		}
		ours, err := proof.CheckBundle(bytes.NewReader(bundles[name]), []string{s.key}, proof.BundleOptions{})
		if err != nil {
			t.Fatal(err)
		}
		same := theirs.Status == ours.Status && (ours.Size == 0 || theirs.Complete == ours.Complete)
		if ours.OK() {
			same = same && theirs.BundleCounts == ours.BundleCounts && theirs.Open == ours.Open && theirs.Withheld == ours.Withheld && theirs.Erased == ours.Erased
		}
		if !same {
			t.Errorf("%s: they say %+v, we say %+v", name, theirs, ours)
		}
		if wrong := strings.HasPrefix(name, "damaged") || name == "a claim too wide"; wrong == ours.OK() {
			t.Errorf("%s: %s", name, ours.Status)
		}
	}
}

// TestPythonVerifierChecksReceipts: the second verifier convicts as the first does.
func TestPythonVerifierChecksReceipts(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	_, receiptKey := prooftest.Key(t, prooftest.Origin+proof.ReceiptKeySuffix, 1)
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	receipt := func(name string, change func(b *proof.ReceiptBody), run event.Range) string {
		body, err := proof.ParseReceiptBody(s.Receipt(t, run).Body)
		if err != nil {
			t.Fatal(err)
		}
		change(&body)
		raw, err := json.Marshal(prooftest.SignReceipt(t, body))
		if err != nil {
			t.Fatal(err)
		}
		return file(name, raw)
	}
	keys := file("keys", []byte("# both\n"+s.key+"\n"+receiptKey+"\n"))
	bundle := file("bundle", s.bundle(t))
	for name, c := range map[string]struct {
		keys, receipt string
		code          int
		word          string
	}{
		"kept":        {keys, receipt("1", func(*proof.ReceiptBody) {}, event.Range{Stream: "365d", First: 1, Last: 8}), 0, "KEPT"},
		"broken":      {keys, receipt("2", func(b *proof.ReceiptBody) { b.Streams[0].Leaves[3] ^= 1 }, event.Range{Stream: "365d", First: 1, Last: 3}), 3, "BROKEN"},
		"not covered": {keys, receipt("3", func(*proof.ReceiptBody) {}, event.Range{Stream: "365d", First: 9, Last: 10}), 1, "NOT COVERED"},
		"pruned":      {keys, receipt("4", func(*proof.ReceiptBody) {}, event.Range{Stream: "90d", First: 1, Last: 1}), 0, "PRUNED"},
		"no key":      {s.key, receipt("5", func(*proof.ReceiptBody) {}, event.Range{Stream: "365d", First: 1, Last: 3}), 1, "UNPROVEN"},
	} {
		code, out, errs := python(t, "--key", c.keys, "--receipt", c.receipt, bundle)
		if code != c.code || !strings.Contains(out, "receipt: "+c.word+"\n") {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errs)
		}
	}
	if code, _, errs := python(t, "--key", s.key, keys); code != 1 || !strings.Contains(errs, "not an evidence bundle") {
		t.Errorf("no bundle: exit %d, %s", code, errs)
	}
}
