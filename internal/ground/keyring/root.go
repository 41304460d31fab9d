// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"os"
)

const checkBytes = 16

// EpochKind is where the MAC root of an epoch is.
type EpochKind string

// The kinds of epochs.
const (
	// Random: the root is a random key in the key folder.
	Random EpochKind = kindRandom
	// Derived: the root comes from LOG_SIGNATURE_SECRET and a salt.
	Derived EpochKind = kindDerived
	// Away: the root was exported, and is not on this host any more.
	Away EpochKind = "away"
)

func (k EpochKind) valid() bool { return k == Random || k == Derived || k == Away }

// Epoch is one MAC epoch of a ring.
type Epoch struct {
	Number uint32
	Kind   EpochKind
	// Known tells whether the ring has the root, and so every key of the epoch.
	Known bool
}

// root is the MAC root of one epoch.
type root struct {
	epochEntry
	anchor [KeyBytes]byte
	salt   [KeyBytes]byte // of a derived root
	known  bool
}

// Epoch is the epoch of the MAC root in use, from 1.
func (r *Ring) Epoch() uint32 { return uint32(len(r.roots)) } //nolint:gosec // at most maxEpochs

// Epochs lists the MAC epochs, the oldest first.
func (r *Ring) Epochs() []Epoch {
	r.macs.Lock()
	defer r.macs.Unlock()
	all := make([]Epoch, len(r.roots))
	for i := range r.roots {
		all[i] = Epoch{Number: uint32(i) + 1, Kind: r.roots[i].kind, Known: r.roots[i].known}
	}
	return all
}

// readRoots reads the root of each epoch that the ring knows.
func (r *Ring) readRoots(opts Options) error {
	for i, e := range r.contents.epochs {
		epoch := uint32(i) + 1
		if e.kind == Away {
			r.roots = append(r.roots, root{epochEntry: e})
			if !r.store.absent(rootName(epoch)) {
				r.store.log.Warn("the MAC root of an epoch lies in the key folder, although it was exported", "path", r.store.paths(rootName(epoch))[0])
			}
			continue
		}
		f, err := r.store.load(rootName(epoch))
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("key file %s: %w: the ring knows it; put it back from a backup", r.store.paths(rootName(epoch))[0], ErrMissing)
		}
		if err != nil {
			return err
		}
		rt, err := readRoot(f, epoch, opts)
		if err != nil {
			return err
		}
		if rt.epochEntry != e {
			return fmt.Errorf("key file %s: %w: it is not the one that the ring knows; put back all key files from one backup", f.name, ErrDamaged)
		}
		r.roots = append(r.roots, rt)
	}
	return nil
}

// findRoots reads the roots of a folder that has no file `ring` yet, as far as
// their numbers go.
func (r *Ring) findRoots(opts Options) error {
	for epoch := uint32(1); epoch <= maxEpochs; epoch++ {
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
	}
	for _, name := range r.store.names() {
		if n := len(r.roots); epochOf(name) > n {
			return fmt.Errorf("key folder %s: mac-root.%d: %w, but that of a later epoch is there; put it back from a backup", opts.Dir, n+1, ErrMissing)
		}
	}
	if len(r.roots) == 0 && opts.Existing {
		return fmt.Errorf("key folder %s: mac-root.1: %w: the data folder holds data, so its keys must be put back (from a backup) before it can start", opts.Dir, ErrMissing)
	}
	return nil
}

// judge tells whether the options ask for the next epoch, and refuses a secret
// that does not fit. A rotation starts one anyway, and takes a changed secret.
func (r *Ring) judge(opts Options, rotate bool) (start bool, err error) {
	n := len(r.roots)
	if n == 0 {
		return true, nil
	}
	last := &r.roots[n-1]
	switch {
	case last.kind == Derived && opts.Secret == "" && rotate:
		return false, fmt.Errorf("epoch %d: %w: it was made with LOG_SIGNATURE_SECRET; give the same one, or the one that is to follow it", n, ErrWrongSecret)
	case last.kind == Derived && opts.Secret == "":
		return false, fmt.Errorf("epoch %d: %w: it was made with LOG_SIGNATURE_SECRET, which is not set now", n, ErrWrongSecret)
	case rotate:
		return true, nil
	case last.kind != Derived:
		return opts.Secret != "", nil // from a random root to a secret
	case !last.known:
		return false, fmt.Errorf("epoch %d: %w: give the value it was made with, or give that one as LOG_SIGNATURE_SECRET_PREVIOUS to change it, or change it with `tocsin key rotate`", n, ErrWrongSecret)
	}
	return !r.fits(opts.Secret), nil // the previous secret fits: the secret has changed
}

// fits tells whether the secret is that of the last epoch, which is derived.
func (r *Ring) fits(secret string) bool {
	last := &r.roots[len(r.roots)-1]
	return checkValue(deriveRoot(secret, last.salt, r.Epoch()), r.Epoch()) == last.check
}
