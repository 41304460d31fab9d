// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
)

// Finding is what Inspect has to say about one key file.
type Finding struct {
	// File is its name below the key folder; a second copy is `copy/<name>`.
	File string `json:"file"`
	// Damage says what is wrong with it, and what cannot be checked for it.
	Damage string `json:"damage"`
}

// Inspect reads the keys as they lie there, for a check of a folder that is
// evidence. It writes nothing: no folder, no key and no epoch is made, no copy
// healed, and no lock taken. Of two copies it takes the one that is good, and what
// a crash has interrupted it sees as done. The ring has the root of every epoch
// that the key files and the secrets give; Key says ErrNoAnchor or ErrAway for the
// others. It has no Signers. The ring is nil when the origin cannot be read, for
// all keys depend on it. Only Dir and the secrets of the options count.
func Inspect(opts Options) (*Ring, []Finding) {
	for range 3 {
		r, findings, ring := inspect(opts)
		// beside a running command the files may be of two states
		if again := newStore(Options{Dir: opts.Dir}).read(fileRing).raws; slices.EqualFunc(ring[:], again[:], bytes.Equal) {
			return r, findings
		}
	}
	r, findings, _ := inspect(opts)
	return r, findings
}

func inspect(opts Options) (*Ring, []Finding, [2][]byte) {
	in := inspection{store: store{dir: opts.Dir, log: slog.New(slog.DiscardHandler), readOnly: true}}
	raws := in.store.read(fileRing).raws
	switch c, err := in.store.pending(); {
	case err != nil:
		in.find(fileChange, "is damaged: the keys may be of two states")
	case !c.empty():
		in.store = in.store.ahead(c)
	}
	r := &Ring{store: in.store, secrets: map[string][]byte{}}
	origin, usable := in.load(fileOrigin, "no MAC can be checked")
	r.origin = string(origin.data)
	if usable {
		in.contents(r, origin.version)
	}
	for epoch := range in.epochs(r) {
		r.roots = append(r.roots, in.root(r, uint32(epoch)+1, opts))
	}
	if !usable {
		return nil, in.findings, raws
	}
	in.ratchet(r)
	in.signing(r, opts.Closed)
	in.signed(r)
	return r, in.findings, raws
}

// inspection gathers what is found.
type inspection struct {
	store    store
	findings []Finding
}

func (in *inspection) find(file, format string, args ...any) {
	in.findings = append(in.findings, Finding{File: file, Damage: fmt.Sprintf(format, args...)})
}

// load reads a key file; outcome is what follows when neither copy can be used.
func (in *inspection) load(name, outcome string) (f keyFile, usable bool) {
	c := in.store.read(name)
	good, err := c.good()
	switch bad := 1 - good; {
	case errors.Is(err, os.ErrNotExist):
		in.find(name, "is missing, and so is its copy; %s", outcome)
	case err != nil && c.errs[0] == nil:
		in.find(name, "differs from its copy, and both are whole; %s", outcome)
	case err != nil:
		in.find(name, "%s; its copy %s; %s", reason(c.errs[0]), reason(c.errs[1]), outcome)
	case c.errs[bad] != nil && !errors.Is(c.errs[bad], errStale): // which is no damage
		file := [2]string{name, "copy/" + name}
		in.find(file[bad], "%s; %s is used", reason(c.errs[bad]), file[good])
		return c.files[good], true
	default:
		return c.files[good], true
	}
	return keyFile{}, false
}

// reason is what is wrong with one copy, without its path.
func reason(err error) string {
	var path *fs.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "is missing"
	case errors.As(err, &path):
		return "cannot be read: " + path.Err.Error()
	}
	return "is damaged: " + err.Error()
}
