// SPDX-License-Identifier: Apache-2.0

// Package secret has one type: a text that must not be seen. It prints, formats,
// marshals and logs as <secret>, however deep it lies in another value, so that a
// dumped configuration or a logged struct cannot give it away; only Reveal
// returns it. The package does no I/O; a Text is immutable and safe for
// concurrent use.
package secret

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Mask is what every secret looks like.
const Mask = "<secret>"

// Text is a text that prints as Mask. The zero value is an empty secret.
//
// The text is behind a pointer because fmt cannot call methods on unexported
// fields of a foreign struct: it would print the bytes, and now prints an address.
type Text struct{ p *string }

// New wraps s.
func New(s string) Text { return Text{p: &s} }

// Reveal returns the text itself.
func (t Text) Reveal() string {
	if t.p == nil {
		return ""
	}
	return *t.p
}

// IsZero tells whether the secret is empty.
func (t Text) IsZero() bool { return t.Reveal() == "" }

// Equal compares in a time that does not depend on the contents.
func (t Text) Equal(other string) bool {
	a, b := sha256.Sum256([]byte(t.Reveal())), sha256.Sum256([]byte(other))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// String returns Mask.
func (Text) String() string { return Mask }

// Format writes Mask for every verb.
func (Text) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Mask)) }

// LogValue returns Mask.
func (Text) LogValue() slog.Value { return slog.StringValue(Mask) }

// MarshalText returns Mask, also for JSON and YAML.
func (Text) MarshalText() ([]byte, error) { return []byte(Mask), nil }

// UnmarshalText takes the text from a configuration or a request.
func (t *Text) UnmarshalText(b []byte) error {
	*t = New(string(b))
	return nil
}
