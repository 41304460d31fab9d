// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxLoneName bounds the name of a lone key, as C2SP cosignatures do.
const maxLoneName = 255

// LoneOptions say where the one key of a folder without a ring is.
type LoneOptions struct {
	// Dir is the folder of the key files, made with mode 0700 when it is not there.
	Dir string
	// Name is what the key is called in signed notes: one word without '+'. "" keeps
	// the name of a key that is there, and gives a new one the name `<Host>/<random>`.
	Name, Host string
	// Existing says that there is something that the key has signed, so that a
	// missing key is an error and not a first start.
	Existing bool
	// Logger gets a warning for a healed copy; nil logs nothing.
	Logger *slog.Logger
}

// Lone is the only Ed25519 key of a folder that has no journal, such as a
// witness's, made at the first use and kept with the same care as those of a ring:
//
//	<dir>/lone, <dir>/copy/lone    the seed, and then the name
//
// The name is part of what was signed and does not change: another one is an error.
// The errors are those of Open.
func Lone(opts LoneOptions) (name string, key ed25519.PrivateKey, err error) {
	const file = "lone"
	s := newStore(Options{Dir: opts.Dir, Logger: opts.Logger})
	if opts.Name != "" && !validLoneName(opts.Name) {
		return "", nil, fmt.Errorf("name of a key %.60q: want one word without '+', at most %d bytes", opts.Name, maxLoneName)
	}
	if err := os.MkdirAll(filepath.Join(opts.Dir, "copy"), 0o700); err != nil {
		return "", nil, fmt.Errorf("make key folder: %w", err)
	}
	unlock, err := lockDir(opts.Dir)
	if err != nil {
		return "", nil, err
	}
	defer unlock()
	if err := s.clean(); err != nil {
		return "", nil, err
	}
	f, err := s.load(file)
	if errors.Is(err, os.ErrNotExist) {
		if opts.Existing {
			return "", nil, fmt.Errorf("key folder %s: %s: %w: something was signed with it, so it must be put back (from a backup)", opts.Dir, file, ErrMissing)
		}
		name = opts.Name
		if name == "" {
			name = newName(opts.Host)
		}
		f = keyFile{name: file, data: append(randomBytes(ed25519.SeedSize), name...)}
		err = errors.Join(s.create(f), syncDir(filepath.Dir(filepath.Clean(opts.Dir))))
	}
	if err != nil {
		return "", nil, err
	}
	if len(f.data) <= ed25519.SeedSize || !validLoneName(string(f.data[ed25519.SeedSize:])) {
		return "", nil, fmt.Errorf("key file %s: %w: %d bytes are no key with a name", file, ErrDamaged, len(f.data))
	}
	name = string(f.data[ed25519.SeedSize:])
	if opts.Name != "" && opts.Name != name {
		return "", nil, fmt.Errorf("the key in %s is called %q, not %q; a key keeps its name", opts.Dir, name, opts.Name)
	}
	return name, ed25519.NewKeyFromSeed(f.data[:ed25519.SeedSize]), nil
}

// validLoneName tells whether a key may be called so in signed notes.
func validLoneName(s string) bool {
	return s != "" && len(s) <= maxLoneName && utf8.ValidString(s) &&
		strings.IndexFunc(s, func(r rune) bool { return r == '+' || unicode.IsSpace(r) || unicode.IsControl(r) }) < 0
}
