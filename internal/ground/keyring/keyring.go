// SPDX-License-Identifier: Apache-2.0

// Package keyring keeps the keys of one data folder: the journal's origin, its
// MAC roots by epoch, its signing keys, and named random secrets.
//
//	<data>/keys/origin                   the journal's name, `<name>/<random>`
//	<data>/keys/ring                     which epochs and signing keys there are
//	<data>/keys/mac-root.<epoch>         A_e, or the salt from which it is derived
//	<data>/keys/ratchet                  MAC keys of epochs whose root is away
//	<data>/keys/sign.<purpose>.<n>       an Ed25519 key for checkpoints or receipts
//	<data>/keys/statement.<purpose>.<n>  that it followed the one before; not secret
//	<data>/keys/secret.<name>            32 random bytes, for example for tokens
//	<data>/keys/change                   only while several of them change at once
//	<data>/keys/signed                   the newest checkpoint signed with them; one place
//	<data>/keys/copy/…                   a second copy of each of the others
//
// A folder without a journal has one key alone (Lone).
//
// Guarantees:
//
//   - A key file is written whole, with mode 0600, a checksum and a second copy,
//     both durable before the key is used.
//   - One bad or missing copy is healed from the other. Two bad copies, two
//     copies that differ, a key that the ring knows and that is not there, or a
//     secret that does not fit the check value of its epoch: an error, and never a
//     new key. A folder from before signing keys gets them at the next Open, once.
//   - What changes several files (the first start, Rotate, Export) happens all or
//     not at all, wherever a crash comes between (change.go).
//   - With Options.Secret no anchor lies on disk: it is derived from the secret
//     and the epoch's salt. A change of the secret starts the next epoch, and only
//     when the previous secret is given too, or by Rotate.
//   - After Export no anchor lies on disk either: only what is needed to go on.
//   - Inspect reads the keys of a folder that is evidence: it makes, heals and
//     locks nothing, and tells what Open would have refused or mended.
//
// The package starts no goroutine. A Ring may be used by many at once; one process
// at a time has a ring of a folder that it changes, which is kept by the lock of
// the journal, not here.
package keyring

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// KeyBytes is the length of every key in a ring.
const KeyBytes = 32

// The errors that a caller can tell apart. Each comes wrapped with the file it
// is about and what to do.
var (
	// ErrDamaged: both copies of a key file are bad, or they differ.
	ErrDamaged = errors.New("key file is damaged")
	// ErrMissing: the data folder holds data, or the ring knows the key, but it is
	// not there.
	ErrMissing = errors.New("key file is missing")
	// ErrWrongSecret: the secret given does not fit the check value.
	ErrWrongSecret = errors.New("secret does not fit the keys of this data folder")
	// ErrNoAnchor: the MAC root of that epoch is not at hand: its secret was not
	// given, or there is no such epoch.
	ErrNoAnchor = errors.New("MAC root of the epoch is not available")
	// ErrAway: the MAC key of that range is not on this host: the root of its epoch
	// was exported, and the range was sealed.
	ErrAway = errors.New("MAC key is away from this host")
	// ErrSecretIsAnchor: there is no MAC root in the key folder to export.
	ErrSecretIsAnchor = errors.New("LOG_SIGNATURE_SECRET is the anchor: the MAC keys are derived from it, and it is not in the data folder; keep it away from this host instead")
)

// Options say where the keys are and what the operator gave.
type Options struct {
	// Dir is the folder of the key files, made with mode 0700 when it is not there.
	Dir string
	// Name is the first half of a new origin, for example the host's name; only
	// letters, digits, '.', '-' and '_' of it are kept.
	Name string
	// Existing says that the data folder holds data already, so that a missing
	// key is an error and not a first start.
	Existing bool
	// Secret is LOG_SIGNATURE_SECRET: the MAC root is derived from it. "" means a
	// random root in a key file.
	Secret string
	// PreviousSecret is the secret of the epoch before, given while Secret changes.
	PreviousSecret string
	// Closed says, to Inspect, that the folder is of an origin that is over (Shelve):
	// that it has no private signing keys is no finding.
	Closed bool
	// Logger gets a warning for each healed copy; nil logs nothing.
	Logger *slog.Logger
}

// Ring is an open set of keys.
type Ring struct {
	store      store
	origin     string
	contents   contents
	statements [][]byte

	mu      sync.Mutex // over contents and what follows
	secrets map[string][]byte
	signers []*signer // by number

	macs    sync.Mutex // over what follows, and the roots; never taken before mu
	roots   []root     // by epoch, from 1
	ratchet ratchet
	chains  map[chainID]*chain
}

// Open reads the keys, heals what can be healed, and makes what a first start
// needs. A lock on the folder keeps two processes from making keys at once.
func Open(opts Options) (*Ring, error) { return openStore(newStore(opts), opts, false) }

// Rotate opens the keys and starts the next MAC epoch and new signing keys, which
// are current in the ring that it returns; Overlap says how long the old ones go
// on. It leaves a statement for each (Ring.Statements). LOG_SIGNATURE_SECRET, when
// there was one, must be given, and may be another one now. No journal may be open
// with these keys. After an error the keys are the old ones or the new ones, never
// some of each.
func Rotate(opts Options) (*Ring, error) {
	opts.Existing = true
	return openStore(newStore(opts), opts, true)
}

func newStore(opts Options) store {
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return store{dir: opts.Dir, log: log}
}

func openStore(s store, opts Options, rotate bool) (*Ring, error) {
	if err := os.MkdirAll(filepath.Join(s.dir, "copy"), 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	unlock, err := lockDir(s.dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := errors.Join(s.clean(), s.settle()); err != nil {
		return nil, err
	}
	r, err := s.ring(opts)
	if err != nil {
		return nil, err
	}
	start, err := r.judge(opts, rotate)
	if err != nil {
		return nil, err
	}
	now, first := time.Now(), len(r.roots) == 0
	for _, step := range []struct {
		due  bool
		make func() (change, error)
	}{
		{len(r.contents.keys) == 0, func() (change, error) { return r.completion(opts, now) }},
		{rotate, func() (change, error) { return r.rotation(opts.Secret, now) }},
		{start && !rotate && !first, func() (change, error) { return r.nextEpoch(opts.Secret) }},
		{true, func() (change, error) { return r.retired(now), nil }},
	} {
		if !step.due {
			continue
		}
		c, err := step.make()
		if err != nil {
			return nil, err
		}
		if c.empty() {
			continue
		}
		if err := s.commit(c); err != nil {
			return nil, err
		}
		if r, err = s.ring(opts); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Origin is the journal's name, `<name>/<random>`; it never changes.
func (r *Ring) Origin() string { return r.origin }

func appendText(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s))) //nolint:gosec // names are short
	return append(dst, s...)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

// cleanName keeps what an origin may hold.
func cleanName(s string) string {
	clean := strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == '_':
			return c
		}
		return -1
	}, s)
	if clean == "" {
		return "tocsin"
	}
	return clean[:min(len(clean), 64)]
}
