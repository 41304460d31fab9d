// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Overlap is how long a signing key goes on to sign beside the one that has taken
// its place, so that who knows only the old one can follow.
const Overlap = 90 * 24 * time.Hour

// Purpose is what a signing key signs.
type Purpose string

// The purposes. The name of a key in a signed note is the ring's origin for
// checkpoints, and `<origin>/receipt` for receipts.
const (
	Checkpoint Purpose = "checkpoint"
	Receipt    Purpose = "receipt"
)

// Purposes are all of them.
func Purposes() []Purpose { return []Purpose{Checkpoint, Receipt} }

func (p Purpose) valid() bool { return p == Checkpoint || p == Receipt }

func (p Purpose) noteName(origin string) string {
	if p == Receipt {
		return origin + "/receipt"
	}
	return origin
}

// PublicKey is the public part of a signing key and its time.
type PublicKey struct {
	Purpose Purpose
	Number  uint32 // from 1, in the order in which they were made
	VKey    string // the verifier key of a C2SP signed note
	// From is when it was made, Until when its overlap with the next key ends;
	// zero for the current one. Both in UTC, in whole seconds.
	From, Until time.Time
}

// State is `current`, `overlap` or `retired` at a time.
func (k PublicKey) State(now time.Time) string {
	switch {
	case k.Until.IsZero():
		return "current"
	case now.Before(k.Until):
		return "overlap"
	}
	return "retired"
}

// ID is the key's hash as signatures name it, in hex.
func (k PublicKey) ID() string {
	_, rest, _ := strings.Cut(k.VKey, "+")
	id, _, _ := strings.Cut(rest, "+")
	return id
}

// file is the name of the key file of the private part.
func (k PublicKey) file() string { return fmt.Sprintf("sign.%s.%d", k.Purpose, k.Number) }

// statement is the name of the file that says that the key has taken the place of
// the one before.
func (k PublicKey) statement() string { return fmt.Sprintf("statement.%s.%d", k.Purpose, k.Number) }

// signer signs with an Ed25519 key, as golang.org/x/mod/sumdb/note does.
type signer struct {
	note.Verifier
	public PublicKey
	key    ed25519.PrivateKey
}

// Sign returns the 64 bytes of the signature.
func (s *signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// newSigner is the signer of a seed; it must have the public key.
func newSigner(seed []byte, k PublicKey) (*signer, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("%d bytes instead of %d", len(seed), ed25519.SeedSize)
	}
	v, err := note.NewVerifier(k.VKey)
	if err != nil {
		return nil, fmt.Errorf("verifier key: %w", err)
	}
	s := &signer{Verifier: v, public: k, key: ed25519.NewKeyFromSeed(seed)}
	vkey, err := vkeyOf(v.Name(), s.key)
	if err != nil {
		return nil, err
	}
	if vkey != k.VKey {
		return nil, errors.New("the key is not the one that the ring knows")
	}
	return s, nil
}

func vkeyOf(name string, key ed25519.PrivateKey) (string, error) {
	vkey, err := note.NewEd25519VerifierKey(name, ed25519.PublicKey(key[ed25519.PublicKeySize:]))
	if err != nil {
		return "", fmt.Errorf("verifier key: %w", err)
	}
	return vkey, nil
}

// newKey makes a random signing key.
func newKey(origin string, p Purpose, number uint32, from time.Time) (keyFile, PublicKey, error) {
	k := PublicKey{Purpose: p, Number: number, From: from}
	f := keyFile{name: k.file(), data: randomBytes(ed25519.SeedSize)}
	var err error
	k.VKey, err = vkeyOf(p.noteName(origin), ed25519.NewKeyFromSeed(f.data))
	return f, k, err
}

// Signers are the keys of a purpose that sign now: the current one first, then
// those in their overlap, the newest first. Over an inspected folder there are none.
func (r *Ring) Signers(p Purpose) []note.Signer {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	var all []note.Signer
	for _, s := range slices.Backward(r.signers) {
		if s.public.Purpose == p && s.public.State(now) != "retired" {
			all = append(all, s)
		}
	}
	return all
}

// Public lists the public part of every signing key that ever was, in the order
// in which they were made; it is empty over an inspected folder that has none yet.
func (r *Ring) Public() []PublicKey {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]PublicKey, len(r.contents.keys))
	for i := range r.contents.keys {
		all[i] = r.contents.keys[i].PublicKey
	}
	return all
}
