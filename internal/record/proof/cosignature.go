// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
)

// Kinds of keys in notes, c2sp.org/signed-note.
const (
	keyEd25519     = 0x01
	keyCosignature = 0x04

	keyHashBytes = 4
	timeBytes    = 8
)

var errKey = errors.New("malformed key")

// Cosigner is a witness's key: it says that at a time a checkpoint was the newest
// that it had seen of its log, and in accord with all that it had seen before
// (cosignature/v1 of c2sp.org/tlog-cosignature). It implements note.Signer and may
// be used concurrently when now may. One key is for one witness only: what is
// signed does not name it.
type Cosigner struct {
	name string
	key  ed25519.PrivateKey
	now  func() time.Time
}

// NewCosigner makes a witness's key; now gives the time that is signed.
func NewCosigner(name string, key ed25519.PrivateKey, now func() time.Time) (*Cosigner, error) {
	if !validKeyName(name) || len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("cosigner %.60q: %w", name, errKey)
	}
	return &Cosigner{name: name, key: key, now: now}, nil
}

// Name implements note.Signer.
func (c *Cosigner) Name() string { return c.name }

// KeyHash implements note.Signer.
func (c *Cosigner) KeyHash() uint32 { return keyHash(c.name, c.publicKey()) }

// VerifierKey is the text that NewVerifier reads.
func (c *Cosigner) VerifierKey() string { return verifierKey(c.name, c.publicKey()) }

func (c *Cosigner) publicKey() []byte {
	return append([]byte{keyCosignature}, c.key.Public().(ed25519.PublicKey)...)
}

// Sign implements note.Signer: eight bytes of seconds since 1970 and an Ed25519
// signature. It signs checkpoints only. Whether one follows from the last is for
// the caller to check.
func (c *Cosigner) Sign(text []byte) ([]byte, error) {
	if _, err := ParseCheckpoint(string(text)); err != nil {
		return nil, fmt.Errorf("cosign: %w", err)
	}
	seconds := c.now().Unix()
	if seconds < 0 {
		return nil, fmt.Errorf("cosign: the clock says %d", seconds)
	}
	sig := binary.BigEndian.AppendUint64(nil, uint64(seconds))
	return append(sig, ed25519.Sign(c.key, cosigned(uint64(seconds), text))...), nil
}

// cosigned is what a cosignature signs.
func cosigned(seconds uint64, text []byte) []byte {
	return append([]byte("cosignature/v1\ntime "+strconv.FormatUint(seconds, 10)+"\n"), text...)
}

// CosignatureTime reads when a cosignature was made from a signature that
// OpenCheckpoint found in order; it checks the form only.
func CosignatureTime(s note.Signature) (time.Time, error) {
	raw, err := base64.StdEncoding.DecodeString(s.Base64)
	if err != nil || len(raw) != keyHashBytes+timeBytes+ed25519.SignatureSize {
		return time.Time{}, fmt.Errorf("signature of %.60q is no cosignature", s.Name)
	}
	seconds := binary.BigEndian.Uint64(raw[keyHashBytes:])
	if seconds > math.MaxInt64 {
		return time.Time{}, fmt.Errorf("cosignature of %.60q: time %d", s.Name, seconds)
	}
	return time.Unix(int64(seconds), 0).UTC(), nil
}

// NewVerifier reads a public key in the form of c2sp.org/signed-note, Ed25519 of a
// log or of a witness (`name+hash+base64`). Only the one form that such a key is
// written in is read.
func NewVerifier(vkey string) (note.Verifier, error) {
	name, rest, _ := strings.Cut(vkey, "+")
	_, text, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != 1+ed25519.PublicKeySize || !validKeyName(name) || verifierKey(name, key) != vkey {
		return nil, fmt.Errorf("public key %.100q: %w", vkey, errKey)
	}
	v := verifier{name: name, hash: keyHash(name, key), key: key[1:]}
	switch key[0] {
	case keyEd25519:
		return v, nil
	case keyCosignature:
		return cosignatureVerifier{v}, nil
	default:
		return nil, fmt.Errorf("public key %.100q: kind %d is not known", vkey, key[0])
	}
}

// verifier checks plain Ed25519 signatures.
type verifier struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// Name implements note.Verifier.
func (v verifier) Name() string { return v.name }

// KeyHash implements note.Verifier.
func (v verifier) KeyHash() uint32 { return v.hash }

// Verify implements note.Verifier.
func (v verifier) Verify(text, sig []byte) bool { return ed25519.Verify(v.key, text, sig) }

// cosignatureVerifier checks timestamped signatures.
type cosignatureVerifier struct{ verifier }

// Verify implements note.Verifier.
func (v cosignatureVerifier) Verify(text, sig []byte) bool {
	if len(sig) != timeBytes+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(sig)
	return seconds <= math.MaxInt64 && ed25519.Verify(v.key, cosigned(seconds, text), sig[timeBytes:])
}

// keyHash is the short id of a key: the first four bytes of
// H(name ‖ "\n" ‖ kind ‖ key).
func keyHash(name string, key []byte) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	return binary.BigEndian.Uint32(sum[:])
}

func verifierKey(name string, key []byte) string {
	return fmt.Sprintf("%s+%08x+%s", name, keyHash(name, key), base64.StdEncoding.EncodeToString(key))
}

// validKeyName tells whether a key may have that name: one word without a plus.
func validKeyName(s string) bool {
	return s != "" && len(s) <= maxOriginBytes && utf8.ValidString(s) &&
		strings.IndexFunc(s, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}
