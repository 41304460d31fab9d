// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// ring reads all keys; before the first start it is empty.
func (s store) ring(opts Options) (*Ring, error) {
	r := &Ring{store: s, secrets: map[string][]byte{}}
	version, err := r.readOrigin(opts)
	if err != nil || r.origin == "" {
		return r, err
	}
	f, err := s.load(fileRing)
	switch {
	case errors.Is(err, os.ErrNotExist) && version == 0: // from before signing keys
		return r, r.findRoots(opts)
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("key file %s: %w: it says which keys there are; put it back from a backup", s.paths(fileRing)[0], ErrMissing)
	case err != nil:
		return nil, err
	}
	if r.contents, err = decodeContents(f, r.origin); err != nil {
		return nil, fmt.Errorf("key file %s: %w: %w", s.paths(fileRing)[0], ErrDamaged, err)
	}
	for _, read := range []func() error{
		r.checkNames,
		func() error { return r.readRoots(opts) },
		r.readRatchet,
		r.readSigners,
	} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// readOrigin reads the journal's name; it stays "" before the first start. version
// is 0 in a folder from before signing keys, which may have no file `ring`.
func (r *Ring) readOrigin(opts Options) (version uint64, err error) {
	f, err := r.store.load(fileOrigin)
	if errors.Is(err, os.ErrNotExist) {
		others := slices.ContainsFunc(r.store.names(), func(name string) bool { return name == fileRing || epochOf(name) > 0 })
		if opts.Existing || others {
			return 0, fmt.Errorf("key folder %s: origin: %w: the data folder holds data, so its keys must be put back (from a backup) before it can start", opts.Dir, ErrMissing)
		}
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	r.origin = string(f.data)
	return f.version, nil
}

// checkNames refuses files of keys that the ring does not know: then it is an
// older one, and what would be made next may be there already.
func (r *Ring) checkNames() error {
	known := map[string]bool{}
	for i := range r.contents.keys {
		k := &r.contents.keys[i]
		known[k.file()], known[k.statement()] = true, true
	}
	for i := range r.contents.epochs {
		known[rootName(uint32(i)+1)] = true
	}
	for _, name := range r.store.names() {
		kind, _, _ := strings.Cut(name, ".")
		if (kind == "mac-root" || kind == "sign" || kind == "statement") && !known[name] && !strings.HasSuffix(name, ".tmp") {
			return fmt.Errorf("key folder %s: %w: %s is there, but the file ring does not know it; put back all key files from one backup", r.store.dir, ErrDamaged, name)
		}
	}
	return nil
}

// epochOf is the epoch of a root's file name, 0 when it is none.
func epochOf(name string) int {
	digits, ok := strings.CutPrefix(name, "mac-root.")
	n, isNumber := number(digits, 31)
	if !ok || !isNumber {
		return 0
	}
	return int(n) //nolint:gosec // 31 bits
}

// readSigners loads the private parts that sign, and the statements.
func (r *Ring) readSigners() error {
	now := time.Now()
	for i := range r.contents.keys {
		k := &r.contents.keys[i]
		if k.wiped {
			continue
		}
		f, err := r.store.load(k.file())
		switch {
		case errors.Is(err, os.ErrNotExist) && k.State(now) == "retired":
			continue // somebody was faster
		case errors.Is(err, os.ErrNotExist):
			return fmt.Errorf("key file %s: %w: the ring knows it; put it back from a backup", r.store.paths(k.file())[0], ErrMissing)
		case err != nil:
			return err
		}
		s, err := newSigner(f.data, k.PublicKey)
		if err != nil {
			return fmt.Errorf("key file %s: %w: %w", r.store.paths(k.file())[0], ErrDamaged, err)
		}
		r.signers = append(r.signers, s)
	}
	for i := len(Purposes()); i < len(r.contents.keys); i++ {
		newer, older := &r.contents.keys[i].PublicKey, &r.contents.keys[i-len(Purposes())].PublicKey
		f, err := r.store.load(newer.statement())
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("key file %s: %w: it says how one signing key followed another; put it back from a backup", r.store.paths(newer.statement())[0], ErrMissing)
		}
		if err != nil {
			return err
		}
		if err := checkStatement(f.data, r.origin, older, newer); err != nil {
			return fmt.Errorf("key file %s: %w: %w", r.store.paths(newer.statement())[0], ErrDamaged, err)
		}
		r.statements = append(r.statements, bytes.Clone(f.data))
	}
	return nil
}
