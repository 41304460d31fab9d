// SPDX-License-Identifier: Apache-2.0

// Package keyring keeps the keys of one data folder: the MAC roots of the
// journal by epoch, the journal's origin, and named random secrets.
//
//	<data>/keys/origin              the journal's name, `<name>/<random>`
//	<data>/keys/mac-root.<epoch>    A_e, or the salt from which it is derived
//	<data>/keys/secret.<name>       32 random bytes, for example for tokens
//	<data>/keys/copy/…              a second copy of each of them
//
// Guarantees:
//
//   - A key file is written once, whole, with mode 0600, a checksum and a second
//     copy, both durable before the key is used. It is never written again.
//   - One bad or missing copy is healed from the other. Two bad copies, two
//     copies that differ, a missing key over existing data, or a secret that does
//     not fit the check value of its epoch: an error, and never a new key.
//   - With Options.Secret no anchor lies on disk: it is derived from the secret
//     and the epoch's salt. A change of the secret starts the next epoch, and only
//     when the previous secret is given too.
//   - Inspect reads the keys of a folder that is evidence: it makes, heals and
//     locks nothing, and tells what Open would have refused or mended.
//
// The package starts no goroutine. A Ring may be used by many at once.
package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// KeyBytes is the length of every key in a ring.
const KeyBytes = 32

// The errors that a caller can tell apart. Each comes wrapped with the file it
// is about and what to do.
var (
	// ErrDamaged: both copies of a key file are bad, or they differ.
	ErrDamaged = errors.New("key file is damaged")
	// ErrMissing: the data folder holds data, but the key is not there.
	ErrMissing = errors.New("key file is missing")
	// ErrWrongSecret: the secret given does not fit the check value.
	ErrWrongSecret = errors.New("secret does not fit the keys of this data folder")
	// ErrNoAnchor: the MAC root of that epoch cannot be had on this host.
	ErrNoAnchor = errors.New("MAC root of the epoch is not available")
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
	// Logger gets a warning for each healed copy; nil logs nothing.
	Logger *slog.Logger
}

// Ring is an open set of keys.
type Ring struct {
	store  store
	origin string
	roots  []root // by epoch, from 1

	mu      sync.Mutex
	secrets map[string][]byte

	macs   sync.Mutex
	chains map[chainID]*chain
}

// root is the MAC root of one epoch.
type root struct {
	anchor [KeyBytes]byte
	known  bool
}

// Open reads the keys, heals what can be healed, and makes what a first start
// needs. A lock on the folder keeps two processes from making keys at once.
func Open(opts Options) (*Ring, error) {
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Ring{store: store{dir: opts.Dir, log: log}, secrets: map[string][]byte{}}
	if err := os.MkdirAll(filepath.Join(opts.Dir, "copy"), 0o700); err != nil {
		return nil, fmt.Errorf("make key folder: %w", err)
	}
	unlock, err := lockDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := r.openOrigin(opts); err != nil {
		return nil, err
	}
	if err := r.openRoots(opts); err != nil {
		return nil, err
	}
	return r, nil
}

// Origin is the journal's name, `<name>/<random>`; it never changes.
func (r *Ring) Origin() string { return r.origin }

// Epoch is the epoch of the MAC root in use, from 1.
func (r *Ring) Epoch() uint32 { return uint32(len(r.roots)) } //nolint:gosec // few epochs

// Secret returns the 32 random bytes of that name, made at the first use; over an
// inspected folder ErrMissing instead. Names have lower-case letters, digits and
// '-'. The caller must not change the bytes.
func (r *Ring) Secret(name string) ([]byte, error) {
	if !validName(name) {
		return nil, fmt.Errorf("secret name %q: only a-z, 0-9 and '-'", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.secrets[name]; ok {
		return s, nil
	}
	if !r.store.readOnly {
		unlock, err := lockDir(r.store.dir)
		if err != nil {
			return nil, err
		}
		defer unlock()
	}
	f, err := r.store.load("secret." + name)
	if errors.Is(err, os.ErrNotExist) {
		f = keyFile{name: "secret." + name, data: randomBytes(KeyBytes)}
		err = r.store.create(f)
	}
	if err != nil {
		return nil, err
	}
	if len(f.data) != KeyBytes {
		return nil, fmt.Errorf("key file %s: %w: %d bytes instead of %d", f.name, ErrDamaged, len(f.data), KeyBytes)
	}
	r.secrets[name] = f.data
	return f.data, nil
}

func (r *Ring) openOrigin(opts Options) error {
	f, err := r.store.load("origin")
	if errors.Is(err, os.ErrNotExist) {
		if opts.Existing {
			return fmt.Errorf("key folder %s: origin: %w: the data folder holds data, so its keys must be put back (from a backup) before it can start", opts.Dir, ErrMissing)
		}
		random := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(10)))
		f = keyFile{name: "origin", data: []byte(cleanName(opts.Name) + "/" + random)}
		err = r.store.create(f)
	}
	if err != nil {
		return err
	}
	r.origin = string(f.data)
	return nil
}

// openRoots reads the epochs in order and starts the first or the next one where
// the options ask for it.
func (r *Ring) openRoots(opts Options) error {
	var last keyFile
	for epoch := uint32(1); ; epoch++ {
		f, err := r.store.load(rootName(epoch))
		if errors.Is(err, os.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		rt, err := readRoot(f, epoch, opts)
		if err != nil {
			return err
		}
		r.roots = append(r.roots, rt)
		last = f
	}
	n := len(r.roots)
	if later, err := filepath.Glob(filepath.Join(opts.Dir, "mac-root.*")); err == nil && len(later) > n {
		return fmt.Errorf("key folder %s: mac-root.%d: %w, but that of a later epoch is there; put it back from a backup", opts.Dir, n+1, ErrMissing)
	}
	switch {
	case n == 0 && opts.Existing:
		return fmt.Errorf("key folder %s: mac-root.1: %w: the data folder holds data, so its keys must be put back (from a backup) before it can start", opts.Dir, ErrMissing)
	case n == 0:
		return r.startEpoch(opts.Secret)
	case last.derived() && opts.Secret == "":
		return fmt.Errorf("epoch %d: %w: it was made with LOG_SIGNATURE_SECRET, which is not set now", n, ErrWrongSecret)
	case last.derived() && deriveRoot(opts.Secret, last.data, r.Epoch()) == r.roots[n-1].anchor && r.roots[n-1].known:
		return nil
	case last.derived() && r.roots[n-1].known: // the previous secret fits: the secret has changed
		return r.startEpoch(opts.Secret)
	case last.derived():
		return fmt.Errorf("epoch %d: %w: give the value it was made with, or give that one as LOG_SIGNATURE_SECRET_PREVIOUS to change it", n, ErrWrongSecret)
	case opts.Secret != "": // from a random root to a secret
		return r.startEpoch(opts.Secret)
	}
	return nil
}

// readRoot gets the root out of its file. A derived root of which no secret is
// at hand is not known: that is an error only for the last epoch.
func readRoot(f keyFile, epoch uint32, opts Options) (root, error) {
	if len(f.data) != KeyBytes {
		return root{}, fmt.Errorf("key file %s: %w: %d bytes instead of %d", f.name, ErrDamaged, len(f.data), KeyBytes)
	}
	if !f.derived() {
		rt := root{anchor: [KeyBytes]byte(f.data), known: true}
		if !bytes.Equal(f.check, checkValue(rt.anchor, epoch)) {
			return root{}, fmt.Errorf("key file %s: %w: the key does not fit its check value", f.name, ErrDamaged)
		}
		return rt, nil
	}
	for _, secret := range []string{opts.Secret, opts.PreviousSecret} {
		if secret == "" {
			continue
		}
		if a := deriveRoot(secret, f.data, epoch); hmac.Equal(f.check, checkValue(a, epoch)) {
			return root{anchor: a, known: true}, nil
		}
	}
	return root{}, nil
}

func (r *Ring) startEpoch(secret string) error {
	epoch := r.Epoch() + 1
	f := keyFile{name: rootName(epoch), kind: kindRandom, data: randomBytes(KeyBytes)}
	rt := root{anchor: [KeyBytes]byte(f.data), known: true}
	if secret != "" {
		f.kind = kindDerived
		rt.anchor = deriveRoot(secret, f.data, epoch)
	}
	f.check = checkValue(rt.anchor, epoch)
	if err := r.store.create(f); err != nil {
		return err
	}
	r.roots = append(r.roots, rt)
	return nil
}

// deriveRoot is HKDF-SHA256(secret, salt, "tocsin/anchor/1" ‖ epoch).
func deriveRoot(secret string, salt []byte, epoch uint32) [KeyBytes]byte {
	info := binary.BigEndian.AppendUint32([]byte("tocsin/anchor/1"), epoch)
	k, err := hkdf.Key(sha256.New, []byte(secret), salt, string(info), KeyBytes)
	if err != nil { // only a length beyond 255 blocks is an error
		return [KeyBytes]byte{}
	}
	return [KeyBytes]byte(k)
}

// checkValue is the first 16 bytes of HMAC-SHA256(A_e, "tocsin/check/1" ‖ epoch).
func checkValue(anchor [KeyBytes]byte, epoch uint32) []byte {
	m := hmac.New(sha256.New, anchor[:])
	m.Write(binary.BigEndian.AppendUint32([]byte("tocsin/check/1"), epoch))
	return m.Sum(nil)[:16]
}

func rootName(epoch uint32) string { return fmt.Sprintf("mac-root.%d", epoch) }

func appendText(dst []byte, s string) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(s))) //nolint:gosec // names are short
	return append(dst, s...)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func validName(s string) bool {
	if s == "" || len(s) > 40 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
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

// lockDir keeps other processes from making keys in the folder meanwhile.
func lockDir(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, fmt.Errorf("open key folder: %w", err)
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock key folder %s: %w", dir, err), f.Close())
	}
	return func() { _ = f.Close() }, nil
}
