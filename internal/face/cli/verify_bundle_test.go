// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/cli"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/proof/prooftest"
)

// exhibit is a folder with a bundle, keys and receipts.
type exhibit struct {
	prooftest.Journal
	dir, key, receiptKey string
	head                 proof.BundleHead
	year                 *prooftest.Range
}

func newExhibit(t *testing.T) *exhibit {
	t.Helper()
	x := &exhibit{dir: t.TempDir()}
	hostile := prooftest.Event(3)
	hostile.Message = "\x1b[2J\u202egnp.exe\r\nINVALID"
	x.year = x.Seal(t, "365d", prooftest.Event(1), prooftest.Event(2), hostile)
	x.Seal(t, "365d", prooftest.Event(4))
	signer, key := prooftest.Key(t, prooftest.Origin, 1)
	_, x.receiptKey = prooftest.Key(t, prooftest.Origin+proof.ReceiptKeySuffix, 1)
	x.key = key
	x.head = proof.BundleHead{
		Checkpoint: x.Checkpoint(t, 2, signer, prooftest.Witness(t, "witness.example/w")),
		Complete:   []event.Range{{Stream: "365d", First: 1, Last: 3}},
	}
	return x
}

// file writes a file of the exhibit and returns its path.
func (x *exhibit) file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func (x *exhibit) receipt(t *testing.T, name string, change func(b *proof.ReceiptBody), runs ...event.Range) string {
	t.Helper()
	r := x.Receipt(t, runs...)
	if change != nil {
		body, err := proof.ParseReceiptBody(r.Body)
		if err != nil {
			t.Fatal(err)
		}
		change(&body)
		r = prooftest.SignReceipt(t, body)
	}
	raw, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return x.file(t, name, raw)
}

// run runs tocsin with nothing but its arguments.
func run(t *testing.T, stdin []byte, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = cli.Run(t.Context(), cli.Env{
		Args: args, Stdin: bytes.NewReader(stdin), Stdout: &out, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false },
	})
	return code, out.String(), errs.String()
}

func TestVerifyBundle(t *testing.T) {
	t.Parallel()
	x := newExhibit(t)
	raw := x.Bundle(t, x.head, x.year)
	bundle := x.file(t, "bundle.ndjson", raw)
	damaged := x.file(t, "damaged.ndjson", bytes.Replace(raw, []byte(`"i":1,"public":"AQAV`), []byte(`"i":1,"public":"AQAW`), 1))
	cut := x.file(t, "cut.ndjson", raw[:bytes.LastIndex(raw, []byte(`{"end"`))])
	keys := x.file(t, "keys.txt", []byte("# the journal's keys\n\n"+x.key+"\n"+x.receiptKey+"\n"))
	_, otherKey := prooftest.Key(t, "other.example/x", 1)
	kept := x.receipt(t, "kept.json", nil, event.Range{Stream: "365d", First: 1, Last: 2})
	whole := x.file(t, "answer.json", append(append([]byte(`{"accepted":2,"receipt":`), mustRead(t, kept)...), '}'))
	broken := x.receipt(t, "broken.json", func(b *proof.ReceiptBody) { b.Streams[0].Leaves[0] ^= 1 }, event.Range{Stream: "365d", First: 2, Last: 3})
	beyond := x.receipt(t, "beyond.json", nil, event.Range{Stream: "365d", First: 4, Last: 4})
	signer, _ := prooftest.Key(t, prooftest.Origin, 1)
	older := x.file(t, "older.txt", []byte(x.Checkpoint(t, 1, signer)))
	same := x.file(t, "same.txt", []byte(x.head.Checkpoint))
	forked, err := proof.SignCheckpoint(proof.Checkpoint{Origin: prooftest.Origin, Size: 2, Root: proof.Hash{1}}, signer)
	if err != nil {
		t.Fatal(err)
	}
	fork := x.file(t, "fork.txt", forked)
	witness := prooftest.Witness(t, "witness.example/w").VerifierKey()
	for name, c := range map[string]struct {
		args       []string
		code       int
		out, error string
	}{
		"valid":             {[]string{"--key", x.key, bundle}, 0, "VALID  3 entries of siem.example/abcdefgh\n", ""},
		"keys in a file":    {[]string{"--key", keys, bundle}, 0, "complete: proven\n    stream 365d, entries 1 to 3: every entry accounted for", ""},
		"from stdin":        {[]string{"--key", x.key, "-"}, 0, "VALID", ""},
		"a witness":         {[]string{"--key", x.key, "--witness", witness, bundle}, 0, "WITNESSED", ""},
		"damaged":           {[]string{"--key", x.key, damaged}, 3, "ALTERED  stream 365d, entry 2", "not what the journal sealed"},
		"cut off":           {[]string{"--key", x.key, cut}, 3, "it breaks off", "not what the journal sealed"},
		"another key":       {[]string{"--key", otherKey, bundle}, 3, "INVALID", "not what the journal sealed"},
		"kept receipt":      {[]string{"--key", keys, "--receipt", kept, bundle}, 0, "KEPT  stream 365d, entries 1 to 2", ""},
		"in its answer":     {[]string{"--key", keys, "--receipt", whole, bundle}, 0, "answer.json: KEPT", ""},
		"broken receipt":    {[]string{"--key", keys, "--receipt", kept, "--receipt", broken, bundle}, 3, "broken.json: BROKEN  stream 365d, entries 2 to 3", "has not kept its receipt"},
		"receipt elsewhere": {[]string{"--key", keys, "--receipt", beyond, bundle}, 1, "NOT COVERED  stream 365d, entry 4", "could not be checked"},
		"receipt's key":     {[]string{"--key", x.key, "--receipt", kept, bundle}, 1, "UNPROVEN", "could not be checked"},
		"no receipt":        {[]string{"--key", x.key, "--receipt", keys, bundle}, 1, "", "malformed receipt"},
		"no checkpoint":     {[]string{"--key", x.key, "--checkpoint", keys, bundle}, 1, "", "malformed note"},
		"older, no proof":   {[]string{"--key", x.key, "--checkpoint", older, bundle}, 0, "continues the older checkpoint: not proven", ""},
		"the same":          {[]string{"--key", x.key, "--checkpoint", same, bundle}, 0, "continues the older checkpoint: proven", ""},
		"diverged":          {[]string{"--key", x.key, "--checkpoint", fork, bundle}, 3, "DIVERGED", "not what the journal sealed"},
		"no bundle":         {[]string{"--key", x.key, keys}, 1, "", "not an evidence bundle"},
		"no file":           {[]string{"--key", x.key, x.dir + "/nowhere"}, 1, "", "nowhere"},
		"no key file":       {[]string{"--key", x.dir + "/nowhere", bundle}, 1, "", "no public key"},
		"an empty key file": {[]string{"--key", x.file(t, "none.txt", []byte("# none\n")), bundle}, 1, "", "no public key in it"},
		"a key that is not": {[]string{"--key", bundle, bundle}, 1, "", "malformed key"},
		"no key":            {[]string{bundle}, 2, "", "--key"},
		"a key, no bundle":  {[]string{"--key", x.key, "--data", x.dir + "/nowhere"}, 1, "", "holds no journal"},
		"two checkpoints":   {[]string{"--key", x.key, "--checkpoint", same, "--checkpoint", older, bundle}, 2, "", "one --checkpoint"},
		"since, a bundle":   {[]string{"--key", x.key, "--since", older, bundle}, 2, "", "for a data folder"},
		"show, no bundle":   {[]string{"--show"}, 2, "", "for a bundle"},
	} {
		code, out, errs := run(t, raw, append([]string{"verify"}, c.args...)...)
		if code != c.code || !strings.Contains(out, c.out) || !strings.Contains(errs, c.error) {
			t.Errorf("%s: exit %d, want %d\n%s%s", name, code, c.code, out, errs)
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestVerifyShowsEntries: what a bundle proves is shown, and does nothing to the
// terminal.
func TestVerifyShowsEntries(t *testing.T) {
	t.Parallel()
	x := newExhibit(t)
	x.year.Withhold(1, 0)
	bundle := x.file(t, "bundle.ndjson", x.Bundle(t, x.head, x.year))
	code, out, errs := run(t, nil, "verify", "--key", x.key, "--show", bundle)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, errs)
	}
	for _, want := range []string{
		`stream 365d, entry 1: {"id":`, `"message":"login 1 refused","user":"user1"`,
		"stream 365d, entry 2, slot 0 withheld: ", `"message":"login 2 refused","tags"`,
		"stream 365d, entry 3: ", "VALID",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not shown:\n%s", want, out)
		}
	}
	if strings.ContainsAny(out, "\x1b\r\u202e") || strings.Contains(out, "user2") {
		t.Errorf("shown:\n%q", out)
	}
	code, out, _ = run(t, nil, "verify", "--key", x.key, "--show", "--json", bundle)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if code != 0 || len(lines) != 4 {
		t.Fatalf("exit %d, %d lines", code, len(lines))
	}
	var entry struct {
		Entry struct{ Message string }
		Slots []string
	}
	var report proof.BundleReport
	if err := json.Unmarshal([]byte(lines[1]), &entry); err != nil || entry.Entry.Message != "login 2 refused" || entry.Slots[0] != "withheld" {
		t.Errorf("%s: %v", lines[1], err)
	}
	if err := json.Unmarshal([]byte(lines[3]), &report); err != nil || report.Status != proof.BundleValid || report.Withheld != 1 {
		t.Errorf("%s: %v", lines[3], err)
	}
}
