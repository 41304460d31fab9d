// SPDX-License-Identifier: Apache-2.0

package proof_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const journalName = "siem.example/abcdefgh"

func receiptBody(n uint64) proof.ReceiptBody {
	return proof.ReceiptBody{
		Origin: journalName, Request: sha256.Sum256(fmt.Appendf(nil, "request %d", n)), Accepted: 100 + n, Duplicates: n, Rejected: 1,
		Received: 1_700_000_000_000_000_000, SealBy: 1_700_000_900_000_000_000,
		Streams: []proof.ReceiptRange{
			{Stream: "30d", First: 1, Last: 1, Leaves: proof.LeavesHash(manyLeaves(1))},
			{Stream: "365d", First: 1 + 100*n, Last: 100 + 100*n, Leaves: proof.LeavesHash(manyLeaves(100))},
		},
	}
}

func TestReceiptText(t *testing.T) {
	t.Parallel()
	b := receiptBody(2)
	const want = `tocsin-receipt/1
siem.example/abcdefgh
request /xThTCCNQUWQVYwuMzpz2hOCjfffKYjazH+Bfmql+ZU=
accepted 102
duplicates 2
rejected 1
received 1700000000000000000
seal_by 1700000900000000000
stream 30d 1 1 
stream 365d 201 300 
`
	text := string(b.Append(nil))
	var shown []string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "stream ") {
			line = line[:strings.LastIndex(line, " ")+1] + "\n"
		}
		shown = append(shown, line)
	}
	if diff := cmp.Diff(want, strings.Join(shown, "")); diff != "" {
		t.Error(diff)
	}
	got, err := proof.ParseReceiptBody(text)
	if diff := cmp.Diff(b, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	none := b
	none.Streams = nil
	if got, err := proof.ParseReceiptBody(string(none.Append(nil))); err != nil || !cmp.Equal(none, got) {
		t.Errorf("nothing recorded: %+v, %v", got, err)
	}
	for name, change := range map[string][2]string{
		"another version":    {"receipt/1", "receipt/2"},
		"no request":         {"request ", "Request "},
		"a zero in front":    {"accepted 1", "accepted 01"},
		"a sign":             {"rejected 1", "rejected +1"},
		"2^63":               {"rejected 1", "rejected 9223372036854775808"},
		"a line too many":    {"rejected 1", "rejected 1\nmore 1"},
		"a line is missing":  {"rejected 1\n", ""},
		"an empty line":      {"rejected 1\n", "rejected 1\n\n"},
		"two blanks":         {"30d 1 1 ", "30d  1 1 "},
		"a stream backwards": {"stream 30d 1 1", "stream 365d 300 400"},
		"a stream's name":    {"stream 365d", "stream ../x"},
		"sorted the wrong":   {"stream 30d", "stream 99d"},
		"seq 0":              {"30d 1 1", "30d 0 1"},
		"backwards":          {"365d 201 300", "365d 300 201"},
		"more duplicates":    {"duplicates 2", "duplicates 103"},
		"sealed before":      {"seal_by 17", "seal_by 16"},
		"no end":             {"=\n", "="},
		"a word behind":      {"=\n", "= x\n"},
		"an origin":          {journalName, ""},
	} {
		bad := strings.Replace(text, change[0], change[1], 1)
		if name == "no end" {
			bad = strings.TrimSuffix(text, "\n")
		}
		if bad == text {
			t.Errorf("%s: nothing is changed", name)
		}
		if got, err := proof.ParseReceiptBody(bad); !errors.Is(err, proof.ErrReceipt) {
			t.Errorf("%s is read as %+v, %v", name, got, err)
		}
	}
	if _, err := proof.ParseReceiptBody(text + strings.Repeat("stream a 1 1 x\n", 5000)); !errors.Is(err, proof.ErrReceipt) {
		t.Error("a text without bound is read")
	}
}

func TestReceiptsOfACommit(t *testing.T) {
	t.Parallel()
	signer, key, _ := keyPair(t, journalName+proof.ReceiptKeySuffix)
	_, other, _ := keyPair(t, journalName)
	known := note.VerifierList(key, other)
	for _, n := range []int{1, 2, 3, 7, 33} {
		bodies := make([]proof.ReceiptBody, n)
		for i := range bodies {
			bodies[i] = receiptBody(uint64(i))
		}
		receipts, err := proof.SignReceipts(bodies, signer)
		if err != nil {
			t.Fatal(err)
		}
		for i := range receipts {
			raw, err := json.Marshal(receipts[i])
			if err != nil {
				t.Fatal(err)
			}
			r, err := proof.ParseReceipt(raw)
			if err != nil {
				t.Fatal(err)
			}
			body, err := r.Check(known)
			if diff := cmp.Diff(bodies[i], body); err != nil || diff != "" {
				t.Fatalf("receipt %d of %d: %v %s", i, n, err, diff)
			}
		}
	}
}

func TestReceiptsAreRefused(t *testing.T) {
	t.Parallel()
	signer, key, _ := keyPair(t, journalName+proof.ReceiptKeySuffix)
	logSigner, logKey, _ := keyPair(t, journalName)
	known := note.VerifierList(key, logKey)
	receipts, err := proof.SignReceipts([]proof.ReceiptBody{receiptBody(0), receiptBody(1), receiptBody(2)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	byLog, err := note.Sign(&note.Note{Text: strings.Split(receipts[1].Note, "\n\n")[0] + "\n"}, logSigner)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*proof.Receipt){
		"another body":       func(r *proof.Receipt) { r.Body = receipts[0].Body },
		"one byte":           func(r *proof.Receipt) { r.Body = strings.Replace(r.Body, "rejected 1", "rejected 2", 1) },
		"another place":      func(r *proof.Receipt) { r.Index = 0 },
		"beyond the end":     func(r *proof.Receipt) { r.Index = 3 },
		"another size":       func(r *proof.Receipt) { r.Size = 4 },
		"no path":            func(r *proof.Receipt) { r.Path = nil },
		"another path":       func(r *proof.Receipt) { r.Path = append([]proof.Hash{{1}}, r.Path[1:]...) },
		"another note":       func(r *proof.Receipt) { r.Note = strings.Replace(r.Note, "\n3\n", "\n2\n", 1) },
		"no note":            func(r *proof.Receipt) { r.Note = "" },
		"signed by the log":  func(r *proof.Receipt) { r.Note = string(byLog) },
		"body of another":    func(r *proof.Receipt) { r.Body = strings.Replace(r.Body, journalName, journalName+"x", 1) },
		"a body that is not": func(r *proof.Receipt) { r.Body = "" },
	} {
		r := receipts[1]
		change(&r)
		if b, err := r.Check(known); err == nil {
			t.Errorf("%s: %+v is believed", name, b)
		}
	}
	if _, err := receipts[1].Check(note.VerifierList(logKey)); err == nil {
		t.Error("believed without the key")
	}
	if _, err := receipts[1].Check(known); err != nil {
		t.Errorf("unchanged: %v", err)
	}
	if c, err := proof.ParseCheckpoint(strings.Split(receipts[1].Note, "\n\n")[0] + "\n"); err == nil {
		t.Errorf("the note is a checkpoint too: %+v", c)
	}
}

func TestOnlySoundReceiptsAreSigned(t *testing.T) {
	t.Parallel()
	signer, _, _ := keyPair(t, journalName+proof.ReceiptKeySuffix)
	logSigner, _, _ := keyPair(t, journalName)
	if r, err := proof.SignReceipts(nil, signer); r != nil || err != nil {
		t.Errorf("no bodies: %v, %v", r, err)
	}
	if _, err := proof.SignReceipts([]proof.ReceiptBody{receiptBody(0)}, logSigner); err == nil {
		t.Error("signed by the log's key")
	}
	for name, change := range map[string]func(*proof.ReceiptBody){
		"another origin":  func(b *proof.ReceiptBody) { b.Origin = "other" },
		"seq 0":           func(b *proof.ReceiptBody) { b.Streams[0].First = 0 },
		"a stream's name": func(b *proof.ReceiptBody) { b.Streams[0].Stream = "a b" },
		"before 1970":     func(b *proof.ReceiptBody) { b.Received = -1 },
		"2^63":            func(b *proof.ReceiptBody) { b.Accepted = 1 << 63 },
	} {
		bad := receiptBody(1)
		change(&bad)
		if _, err := proof.SignReceipts([]proof.ReceiptBody{receiptBody(0), bad}, signer); err == nil {
			t.Errorf("%s is signed", name)
		}
	}
}

func TestReceiptJSONIsStrict(t *testing.T) {
	t.Parallel()
	const hash = `"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="`
	if _, err := proof.ParseReceipt([]byte(`{"body":"b","index":1,"size":2,"path":[` + hash + `],"note":"n"}`)); err != nil {
		t.Error(err)
	}
	for name, bad := range map[string]string{
		"nothing":         ``,
		"two":             `{"body":"b"} {"body":"c"}`,
		"a member twice":  `{"body":"b","body":"c"}`,
		"an unknown":      `{"body":"b","seed":"c"}`,
		"in capitals":     `{"BODY":"b"}`,
		"a short hash":    `{"path":["47DE"]}`,
		"a negative":      `{"index":-1}`,
		"a fraction":      `{"index":1.5}`,
		"not UTF-8":       "{\"body\":\"\xff\"}",
		"too many bytes":  `{"body":"` + strings.Repeat("x", 1<<20) + `"}`,
		"numbers as hash": `{"path":[[1,2,3]]}`,
	} {
		if r, err := proof.ParseReceipt([]byte(bad)); !errors.Is(err, proof.ErrReceipt) {
			t.Errorf("%s is read as %+v, %v", name, r, err)
		}
	}
}

func BenchmarkSignReceipts(b *testing.B) {
	signer, _, _ := keyPair(b, journalName+proof.ReceiptKeySuffix)
	for _, n := range []int{1, 32, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			bodies := make([]proof.ReceiptBody, n)
			for i := range bodies {
				bodies[i] = receiptBody(uint64(i))
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := proof.SignReceipts(bodies, signer); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/receipt")
		})
	}
}

func BenchmarkReceiptJSON(b *testing.B) {
	signer, _, _ := keyPair(b, journalName+proof.ReceiptKeySuffix)
	bodies := make([]proof.ReceiptBody, 32)
	for i := range bodies {
		bodies[i] = receiptBody(uint64(i))
	}
	receipts, err := proof.SignReceipts(bodies, signer)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := receipts[5].MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzReceiptBody(f *testing.F) {
	b := receiptBody(3)
	f.Add(string(b.Append(nil)))
	b.Streams = nil
	f.Add(string(b.Append(nil)))
	f.Fuzz(func(t *testing.T, text string) {
		b, err := proof.ParseReceiptBody(text)
		if err != nil {
			return
		}
		if again := string(b.Append(nil)); again != text {
			t.Errorf("%q has a second form, %q", text, again)
		}
	})
}

func FuzzReceipt(f *testing.F) {
	signer, key, _ := keyPair(f, journalName+proof.ReceiptKeySuffix)
	receipts, err := proof.SignReceipts([]proof.ReceiptBody{receiptBody(0), receiptBody(1)}, signer)
	if err != nil {
		f.Fatal(err)
	}
	raw, _ := json.Marshal(receipts[1])
	f.Add(raw)
	known := note.VerifierList(key)
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := proof.ParseReceipt(raw)
		if err != nil {
			return
		}
		if _, err := r.Check(known); err == nil && r.Body != receipts[0].Body && r.Body != receipts[1].Body {
			t.Errorf("%s is believed", r.Body)
		}
	})
}
