// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

const (
	// MaxNoteBytes bounds a signed note: a text and its signatures. Sixteen
	// post-quantum signatures of 5 kB fit.
	MaxNoteBytes = 128 << 10
	// maxOriginBytes is what other signature types can hold of an origin.
	maxOriginBytes = 255
	// maxExtensions bounds the lines behind the third one.
	maxExtensions = 64
)

// ErrCheckpoint is wrapped by the errors about text that is no checkpoint.
var ErrCheckpoint = errors.New("malformed checkpoint")

// Checkpoint says which tree a log has: the three lines of c2sp.org/tlog-checkpoint.
// Whoever trusts the key that signed it trusts everything under Root.
type Checkpoint struct {
	Origin string // name of the log, `host.example/abcdef`
	Size   uint64 // leaves, at most 2^63−1
	Root   Hash   // RFC 9162 Merkle tree hash of them
}

// Text is the note text that is signed: origin, size in decimal and root in
// base64, each line with its end.
func (c Checkpoint) Text() string {
	return c.Origin + "\n" + strconv.FormatUint(c.Size, 10) + "\n" + base64.StdEncoding.EncodeToString(c.Root[:]) + "\n"
}

// ParseCheckpoint reads a note text. Lines behind the third, which a log may add,
// are no part of what it says; they must only be whole. Errors wrap ErrCheckpoint.
func ParseCheckpoint(text string) (Checkpoint, error) {
	if len(text) > MaxNoteBytes || !strings.HasSuffix(text, "\n") {
		return Checkpoint{}, fmt.Errorf("%w: %d bytes without an end", ErrCheckpoint, len(text))
	}
	lines := strings.SplitN(text[:len(text)-1], "\n", 4+maxExtensions)
	if len(lines) < 3 || len(lines) > 3+maxExtensions {
		return Checkpoint{}, fmt.Errorf("%w: %d lines", ErrCheckpoint, len(lines))
	}
	for i, line := range lines {
		if line == "" {
			return Checkpoint{}, fmt.Errorf("%w: line %d is empty", ErrCheckpoint, i+1)
		}
	}
	c := Checkpoint{Origin: lines[0]}
	if !validOrigin(c.Origin) {
		return Checkpoint{}, fmt.Errorf("%w: origin %.60q", ErrCheckpoint, c.Origin)
	}
	var err error
	if c.Size, err = ParseDecimal(lines[1]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: size: %w", ErrCheckpoint, err)
	}
	if c.Root, err = ParseHash(lines[2]); err != nil {
		return Checkpoint{}, fmt.Errorf("%w: root: %w", ErrCheckpoint, err)
	}
	if c.Size == 0 && c.Root != sha256.Sum256(nil) {
		return Checkpoint{}, fmt.Errorf("%w: a root without leaves", ErrCheckpoint)
	}
	return c, nil
}

// SignCheckpoint returns the signed note. The first signer is the log's own key,
// whose name is the origin.
func SignCheckpoint(c Checkpoint, signers ...note.Signer) ([]byte, error) {
	if len(signers) == 0 || signers[0].Name() != c.Origin {
		return nil, fmt.Errorf("sign checkpoint of %s: the first key is not the log's own", c.Origin)
	}
	text := c.Text()
	if _, err := ParseCheckpoint(text); err != nil { // never sign what nobody could read
		return nil, fmt.Errorf("sign checkpoint: %w", err)
	}
	msg, err := note.Sign(&note.Note{Text: text}, signers...)
	if err != nil {
		return nil, fmt.Errorf("sign checkpoint of %s: %w", c.Origin, err)
	}
	return msg, nil
}

// OpenCheckpoint checks the signatures of a note and reads it. A key of the log
// itself, one with the origin's name, must be among the known that signed: no
// number of cosignatures is a log's word. Signatures of unknown keys are left in
// the note's UnverifiedSigs; one of a known key that does not fit is an error.
func OpenCheckpoint(msg []byte, known note.Verifiers) (Checkpoint, *note.Note, error) {
	n, err := openNote(msg, known)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	c, err := ParseCheckpoint(n.Text)
	if err != nil {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: %w", err)
	}
	if !signedBy(n, c.Origin) {
		return Checkpoint{}, nil, fmt.Errorf("open checkpoint: no known key of %s signed it", c.Origin)
	}
	return c, n, nil
}

// openNote is note.Open over bytes that are bounded.
func openNote(msg []byte, known note.Verifiers) (*note.Note, error) {
	if len(msg) > MaxNoteBytes {
		return nil, fmt.Errorf("a note of %d bytes, at most %d are read", len(msg), MaxNoteBytes)
	}
	return note.Open(msg, known)
}

// signedBy tells whether a known key of that name signed the note.
func signedBy(n *note.Note, name string) bool {
	for _, s := range n.Sigs {
		if s.Name == name {
			return true
		}
	}
	return false
}

// validOrigin tells whether a log may be called so: one line of UTF-8 that does
// nothing to who prints it.
func validOrigin(s string) bool {
	return s != "" && len(s) <= maxOriginBytes && utf8.ValidString(s) &&
		strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r >= 0x7f && r < 0xa0 }) < 0
}

// ParseDecimal reads a number below 2^63 in its only form: no sign, no zeros in front.
// So are all numbers written in checkpoints, receipts, tombstones and requests.
func ParseDecimal(s string) (uint64, error) {
	n, err := strconv.ParseUint(s, 10, 63)
	if err != nil || n > math.MaxInt64 || strconv.FormatUint(n, 10) != s {
		return 0, fmt.Errorf("%.30q is not a number below 2^63 in decimal", s)
	}
	return n, nil
}

// ParseHash reads 32 bytes of base64 in its only form.
func ParseHash(s string) (h Hash, err error) {
	const n = (sha256.Size + 2) / 3 * 4 // with padding
	if len(s) == n {
		if raw, bad := base64.StdEncoding.Strict().DecodeString(s); bad == nil && len(raw) == len(h) {
			return Hash(raw), nil
		}
	}
	return h, fmt.Errorf("%.60q is not 32 bytes in base64", s)
}
