// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	// MaxRequestBytes bounds the body of a request: a proof of 63 lines, and more
	// signatures than a log has keys.
	MaxRequestBytes = 64 << 10
	// maxProofHashes is how many lines a consistency proof can have.
	maxProofHashes = 63
)

var errRequest = errors.New("malformed request")

// Request is the body of add-checkpoint, c2sp.org/tlog-witness:
//
//	old <size>
//	<hash of the consistency proof, base64>   (0 to 63 lines)
//
//	<checkpoint, a signed note>
type Request struct {
	// Old is the size from which the proof leads.
	Old uint64
	// Proof leads from Old to the checkpoint's size (RFC 9162, 2.1.4).
	Proof []proof.Hash
	// Checkpoint is the signed note as it is.
	Checkpoint []byte
}

// ParseRequest reads a body. Of the checkpoint it tells only that there is
// something; the note shares the body's memory.
func ParseRequest(body []byte) (Request, error) {
	if len(body) > MaxRequestBytes {
		return Request{}, fmt.Errorf("%w: %d bytes, at most %d", errRequest, len(body), MaxRequestBytes)
	}
	line, rest, found := bytes.Cut(body, []byte("\n"))
	size, old := bytes.CutPrefix(line, []byte("old "))
	if !found || !old {
		return Request{}, fmt.Errorf("%w: line 1 is not `old <size>`", errRequest)
	}
	var r Request
	var err error
	if r.Old, err = proof.ParseDecimal(string(size)); err != nil {
		return Request{}, fmt.Errorf("%w: line 1: %w", errRequest, err)
	}
	for {
		if line, rest, found = bytes.Cut(rest, []byte("\n")); !found {
			return Request{}, fmt.Errorf("%w: no empty line behind the proof", errRequest)
		}
		if len(line) == 0 {
			break
		}
		if len(r.Proof) == maxProofHashes {
			return Request{}, fmt.Errorf("%w: a proof of more than %d lines", errRequest, maxProofHashes)
		}
		h, err := proof.ParseHash(string(line))
		if err != nil {
			return Request{}, fmt.Errorf("%w: line %d: %w", errRequest, len(r.Proof)+2, err)
		}
		r.Proof = append(r.Proof, h)
	}
	if len(rest) == 0 {
		return Request{}, fmt.Errorf("%w: no checkpoint", errRequest)
	}
	r.Checkpoint = rest
	return r, nil
}

// Append appends the body that ParseRequest reads.
func (r *Request) Append(dst []byte) []byte {
	dst = append(dst, "old "...)
	dst = strconv.AppendUint(dst, r.Old, 10)
	dst = append(dst, '\n')
	for i := range r.Proof {
		dst = base64.StdEncoding.AppendEncode(dst, r.Proof[i][:])
		dst = append(dst, '\n')
	}
	dst = append(dst, '\n')
	return append(dst, r.Checkpoint...)
}
