// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Key is an event's place in the order of results.
type Key struct {
	Time int64
	ID   event.ID
}

// Compare returns a negative number when k comes before o in the results: its
// time is later, or its id larger.
func (k Key) Compare(o Key) int {
	switch {
	case k.Time > o.Time:
		return -1
	case k.Time < o.Time:
		return 1
	default:
		return bytes.Compare(o.ID[:], k.ID[:])
	}
}

// A cursor is, in unpadded base64url, a version byte, the time and the id of
// the last event of a page, and a CRC-32 against typing errors. Clients must
// not read anything into it.
const (
	cursorVersion = 1
	cursorBytes   = 1 + 8 + 16 + 4
)

// Cursor returns the cursor of the page that begins after the key.
func (k Key) Cursor() string {
	b := make([]byte, 0, cursorBytes)
	b = append(b, cursorVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(k.Time)) //nolint:gosec // two's complement, and back
	b = append(b, k.ID[:]...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads a cursor; the error is a *FieldError.
func ParseCursor(s string) (k Key, err error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != cursorBytes || b[0] != cursorVersion ||
		binary.BigEndian.Uint32(b[cursorBytes-4:]) != crc32.ChecksumIEEE(b[:cursorBytes-4]) {
		return Key{}, fieldErrorf("cursor", "not one that this server gave")
	}
	k.Time = int64(binary.BigEndian.Uint64(b[1:])) //nolint:gosec // two's complement, and back
	copy(k.ID[:], b[9:])
	return k, nil
}
