// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/note"
)

const (
	receiptsMagic = "tocsin-receipts/1"
	// ReceiptKeySuffix follows the origin in the name of the key that signs receipts.
	ReceiptKeySuffix = "/receipt"

	maxReceipts         = 1 << 20 // of one commit
	maxReceiptJSONBytes = 1 << 20
)

// Receipt is a signed receipt. All receipts of one commit are the leaves of a tree,
// and the one signature is that of its root.
type Receipt struct {
	Body  string // text of a ReceiptBody
	Index uint64 // of this receipt among those of its commit
	Size  uint64 // how many those are
	Path  []Hash // from its leaf to the root
	Note  string // signed text with the root
}

// receiptJSON is the form in which a receipt goes out; hashes are in base64.
type receiptJSON struct {
	Body  string `json:"body"`
	Index uint64 `json:"index"`
	Size  uint64 `json:"size"`
	Path  []Hash `json:"path"`
	Note  string `json:"note"`
}

// MarshalJSON implements json.Marshaler: body and note as text, hashes in base64.
func (r Receipt) MarshalJSON() ([]byte, error) { return json.Marshal(receiptJSON(r)) }

// ParseReceipt reads the JSON form. It checks nothing that Check does. Errors wrap
// ErrReceipt.
func ParseReceipt(raw []byte) (Receipt, error) {
	if len(raw) > maxReceiptJSONBytes {
		return Receipt{}, fmt.Errorf("%w: %d bytes", ErrReceipt, len(raw))
	}
	var in receiptJSON
	if err := json.Unmarshal(raw, &in, json.RejectUnknownMembers(true)); err != nil {
		return Receipt{}, fmt.Errorf("%w: %w", ErrReceipt, err)
	}
	return Receipt(in), nil
}

// SignReceipts signs the receipts of one commit: one signature, and hashing. All
// bodies have the same origin, and signer is the key `<origin>/receipt`.
func SignReceipts(bodies []ReceiptBody, signer note.Signer) ([]Receipt, error) {
	if len(bodies) == 0 {
		return nil, nil
	}
	origin := bodies[0].Origin
	if signer.Name() != origin+ReceiptKeySuffix {
		return nil, fmt.Errorf("sign receipts of %s: the key is %s", origin, signer.Name())
	}
	if len(bodies) > maxReceipts {
		return nil, fmt.Errorf("sign receipts of %s: %d in one commit", origin, len(bodies))
	}
	receipts := make([]Receipt, len(bodies))
	var tree Levels
	var text []byte
	for i := range bodies {
		if bodies[i].Origin != origin {
			return nil, fmt.Errorf("sign receipts of %s: one is of %.60q", origin, bodies[i].Origin)
		}
		if err := bodies[i].problem(); err != nil {
			return nil, fmt.Errorf("sign receipts: %w", err)
		}
		text = bodies[i].Append(append(text[:0], prefixLeaf))
		receipts[i].Body = string(text[1:])
		tree.Add(sha256.Sum256(text))
	}
	root, err := RootAt(&tree, tree.Size())
	if err != nil {
		return nil, fmt.Errorf("sign receipts: %w", err)
	}
	signed, err := note.Sign(&note.Note{Text: receiptsText(origin, tree.Size(), root)}, signer)
	if err != nil {
		return nil, fmt.Errorf("sign receipts of %s: %w", origin, err)
	}
	all := string(signed)
	for i := range receipts {
		r := &receipts[i]
		r.Index, r.Size, r.Note = uint64(i), tree.Size(), all
		if r.Path, err = Inclusion(&tree, r.Index, r.Size); err != nil {
			return nil, fmt.Errorf("sign receipts: %w", err)
		}
	}
	return receipts, nil
}

// receiptsText is what is signed: no checkpoint and no key statement can be read
// from it.
func receiptsText(origin string, size uint64, root Hash) string {
	return receiptsMagic + "\n" + origin + "\n" + strconv.FormatUint(size, 10) + "\n" + base64.StdEncoding.EncodeToString(root[:]) + "\n"
}

// Check tells whether a known key `<origin>/receipt` signed the receipt, and
// returns what it promises. Whether Request is the hash of the request that the
// reader sent, and whether the promise was kept, is for the reader to compare.
func (r *Receipt) Check(known note.Verifiers) (ReceiptBody, error) {
	b, err := ParseReceiptBody(r.Body)
	if err != nil {
		return ReceiptBody{}, fmt.Errorf("check receipt: %w", err)
	}
	n, err := openNote([]byte(r.Note), known)
	if err != nil {
		return ReceiptBody{}, fmt.Errorf("check receipt: %w", err)
	}
	if !signedBy(n, b.Origin+ReceiptKeySuffix) {
		return ReceiptBody{}, fmt.Errorf("check receipt: no known key %s%s signed it", b.Origin, ReceiptKeySuffix)
	}
	lines := lineReader{rest: n.Text}
	if lines.line() != receiptsMagic || lines.line() != b.Origin || lines.number(lines.line()) != r.Size {
		return ReceiptBody{}, fmt.Errorf("check receipt: the note is not of %d receipts of %.60q: %w", r.Size, b.Origin, ErrReceipt)
	}
	root := lines.hash(lines.line())
	if lines.err != nil || lines.rest != "" {
		return ReceiptBody{}, fmt.Errorf("check receipt: note: %w", ErrReceipt)
	}
	leaf := sha256.Sum256(append([]byte{prefixLeaf}, r.Body...))
	if err := CheckInclusion(leaf, r.Index, r.Size, r.Path, root); err != nil {
		return ReceiptBody{}, fmt.Errorf("check receipt: %w", err)
	}
	return b, nil
}
