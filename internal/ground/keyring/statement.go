// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Statements are the key statements, in the order of the rotations: signed notes
// with the text
//
//	tocsin-key/1
//	<origin>
//	<purpose>
//	<old verifier key>
//	<new verifier key>
//	<time, RFC 3339, UTC>
//
// and the signatures of the old key and the new one. They are not secret. The
// caller must not change the bytes.
func (r *Ring) Statements() [][]byte { return r.statements }

// statementText is what a statement says.
func statementText(origin string, older, newer *PublicKey) string {
	return fmt.Sprintf("tocsin-key/1\n%s\n%s\n%s\n%s\n%s\n", origin, newer.Purpose, older.VKey, newer.VKey, newer.From.Format(time.RFC3339))
}

// checkStatement wants the statement's text and both signatures.
func checkStatement(raw []byte, origin string, older, newer *PublicKey) error {
	var vs []note.Verifier
	for _, k := range [...]*PublicKey{older, newer} {
		v, err := note.NewVerifier(k.VKey)
		if err != nil {
			return fmt.Errorf("verifier key: %w", err)
		}
		vs = append(vs, v)
	}
	n, err := note.Open(raw, note.VerifierList(vs...))
	if err != nil {
		return fmt.Errorf("key statement: %w", err)
	}
	if len(n.Sigs) != len(vs) || n.Text != statementText(origin, older, newer) {
		return errors.New("it is not the statement of these two keys")
	}
	return nil
}

// state makes the statement that newer, whose seed is given, follows older.
func (r *Ring) state(older *PublicKey, seed []byte, newer *PublicKey) ([]byte, error) {
	s, err := newSigner(seed, *newer)
	if err != nil {
		return nil, fmt.Errorf("new signing key: %w", err)
	}
	var last *signer
	for _, s := range r.signers {
		if s.public.VKey == older.VKey {
			last = s
		}
	}
	if last == nil {
		return nil, errors.New("the current signing key is not at hand")
	}
	statement, err := note.Sign(&note.Note{Text: statementText(r.origin, older, newer)}, last, s)
	if err != nil {
		return nil, fmt.Errorf("sign key statement: %w", err)
	}
	return statement, nil
}
