// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const (
	keyMagic = "tocsin-key/1"

	maxStatementBytes = 8 << 10
	maxStatements     = 1 << 12
)

// What a signing key is for: words of key statements.
const (
	PurposeCheckpoint = "checkpoint"
	PurposeReceipt    = "receipt"
)

// ErrKeyStatement is wrapped by the errors about notes that are no key statement.
var ErrKeyStatement = errors.New("malformed key statement")

// KeyStatement says that one signing key takes the place of another. Its note has
// the signatures of both.
type KeyStatement struct {
	Origin   string
	Purpose  string // PurposeCheckpoint or PurposeReceipt
	Old, New string // verifier keys, in the form that NewVerifier reads
	Time     time.Time
}

// KeyName is the name of a journal's key for a purpose, "" for an unknown one.
func KeyName(origin, purpose string) string {
	switch purpose {
	case PurposeCheckpoint:
		return origin
	case PurposeReceipt:
		return origin + ReceiptKeySuffix
	default:
		return ""
	}
}

// Text is the note text of the statement. The time is in whole seconds, UTC.
func (s *KeyStatement) Text() string {
	return keyMagic + "\n" + s.Origin + "\n" + s.Purpose + "\n" + s.Old + "\n" + s.New + "\n" + s.Time.UTC().Format(time.RFC3339) + "\n"
}

// SignKeyStatement returns the signed note; the signers are those of Old and New.
func SignKeyStatement(s KeyStatement, older, newer note.Signer) ([]byte, error) {
	msg, err := note.Sign(&note.Note{Text: s.Text()}, older, newer)
	if err != nil {
		return nil, fmt.Errorf("sign key statement: %w", err)
	}
	if _, err := OpenKeyStatement(msg); err != nil { // never write what nobody will believe
		return nil, fmt.Errorf("sign key statement: %w", err)
	}
	return msg, nil
}

// OpenKeyStatement reads a statement and checks the signatures of the two keys that
// it names. Whether the old one may be trusted is not said by that: Chain does.
func OpenKeyStatement(msg []byte) (s KeyStatement, err error) {
	if len(msg) > maxStatementBytes {
		return s, fmt.Errorf("%w: %d bytes", ErrKeyStatement, len(msg))
	}
	// The keys are in the text, so that it is read before it is known to be signed.
	_, err = note.Open(msg, nil)
	var unverified *note.UnverifiedNoteError
	if !errors.As(err, &unverified) {
		return s, fmt.Errorf("%w: %w", ErrKeyStatement, err)
	}
	r := lineReader{rest: unverified.Note.Text}
	if r.line() != keyMagic {
		return s, fmt.Errorf("%w: it is something else", ErrKeyStatement)
	}
	s = KeyStatement{Origin: r.line(), Purpose: r.line(), Old: r.line(), New: r.line()}
	if s.Time, err = time.Parse(time.RFC3339, r.line()); err != nil {
		r.fail("%w", err)
	}
	if r.err != nil {
		return s, fmt.Errorf("%w: %w", ErrKeyStatement, r.err)
	}
	if s.Text() != unverified.Note.Text {
		return s, fmt.Errorf("%w: it has another form", ErrKeyStatement)
	}
	name := KeyName(s.Origin, s.Purpose)
	var keys []note.Verifier
	for _, vkey := range [...]string{s.Old, s.New} {
		v, err := NewVerifier(vkey)
		if err != nil {
			return s, fmt.Errorf("%w: %w", ErrKeyStatement, err)
		}
		if _, plain := v.(verifier); !plain || v.Name() != name {
			return s, fmt.Errorf("%w: %q is no key of %q for %q", ErrKeyStatement, v.Name(), s.Origin, s.Purpose)
		}
		keys = append(keys, v)
	}
	if s.Old == s.New {
		return s, fmt.Errorf("%w: one key twice", ErrKeyStatement)
	}
	n, err := note.Open(msg, note.VerifierList(keys...))
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrKeyStatement, err)
	}
	if len(n.Sigs) != len(keys) {
		return s, fmt.Errorf("%w: not both keys signed it", ErrKeyStatement)
	}
	return s, nil
}

// KeyChain is keys that are trusted, and all that followed them. It implements
// note.Verifiers.
type KeyChain struct {
	keys  []string
	known note.Verifiers
}

// Chain follows key statements, in any order, from trusted keys to their
// successors. Statements of keys that nothing leads to are of no effect. A
// malformed key or statement is an error.
func Chain(trusted []string, statements [][]byte) (*KeyChain, error) {
	if len(statements) > maxStatements {
		return nil, fmt.Errorf("%w: there are %d of them", ErrKeyStatement, len(statements))
	}
	var keys []string
	var verifiers []note.Verifier
	add := func(vkey string) error {
		if slices.Contains(keys, vkey) {
			return nil
		}
		v, err := NewVerifier(vkey)
		if err != nil {
			return err
		}
		keys, verifiers = append(keys, vkey), append(verifiers, v)
		return nil
	}
	for _, vkey := range trusted {
		if err := add(vkey); err != nil {
			return nil, fmt.Errorf("trusted key: %w", err)
		}
	}
	next := map[string][]string{}
	for i, msg := range statements {
		s, err := OpenKeyStatement(msg)
		if err != nil {
			return nil, fmt.Errorf("key statement %d: %w", i+1, err)
		}
		next[s.Old] = append(next[s.Old], s.New)
	}
	for done := 0; done < len(keys); {
		for _, vkey := range next[keys[done]] {
			if err := add(vkey); err != nil {
				return nil, fmt.Errorf("key statement: %w", err)
			}
		}
		done++
	}
	return &KeyChain{keys: keys, known: note.VerifierList(verifiers...)}, nil
}

// Keys are the trusted keys first, and then those that they led to.
func (c *KeyChain) Keys() []string { return slices.Clone(c.keys) }

// Verifier implements note.Verifiers.
func (c *KeyChain) Verifier(name string, hash uint32) (note.Verifier, error) {
	return c.known.Verifier(name, hash)
}
