// SPDX-License-Identifier: Apache-2.0

package event

import (
	"fmt"

	"github.com/oklog/ulid/v2"
)

// ID is the id that Tocsin gives an event: a ULID whose time is the receipt.
type ID [16]byte

// String returns the 26 characters of the ULID.
func (id ID) String() string { return ulid.ULID(id).String() }

// AppendText appends the 26 characters of the ULID.
func (id ID) AppendText(dst []byte) ([]byte, error) {
	var b [ulid.EncodedSize]byte
	if err := ulid.ULID(id).MarshalTextTo(b[:]); err != nil {
		return dst, fmt.Errorf("event id: %w", err)
	}
	return append(dst, b[:]...), nil
}

// Millis is the time in the id, in milliseconds since 1970 UTC.
func (id ID) Millis() int64 { return int64(ulid.ULID(id).Time()) } //nolint:gosec // a ULID's time has 48 bits

// IsZero tells whether the id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// ParseID reads the 26 characters of a ULID, in either case.
func ParseID(s string) (ID, error) {
	u, err := ulid.ParseStrict(s)
	if err != nil {
		return ID{}, fmt.Errorf("event id %.40q: %w", s, err)
	}
	return ID(u), nil
}
