// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

// A small text file of the journal ends with a line that has the SHA-256 of all before
// it, so that a change of any byte is noticed.
const sumTag = "sum "

// sumBytes is the length of that line.
const sumBytes = len(sumTag) + 2*sha256.Size + 1

// addSum appends the line to a file's content, which ends with a newline.
func addSum(body []byte) []byte {
	sum := sha256.Sum256(body)
	body = append(body, sumTag...)
	body = hex.AppendEncode(body, sum[:])
	return append(body, '\n')
}

// cutSum is the content without the line; ok is false when that is not there or wrong.
func cutSum(raw []byte) (body []byte, ok bool) {
	if len(raw) < sumBytes {
		return nil, false
	}
	body = raw[: len(raw)-sumBytes : len(raw)-sumBytes]
	return body, bytes.Equal(addSum(body), raw)
}
