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
	"time"
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
	in.signing(r)
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

// contents reads what belongs to the ring. A folder from before signing keys has
// no such file, which is no finding.
func (in *inspection) contents(r *Ring, version uint64) {
	c := in.store.read(fileRing)
	if _, err := c.good(); errors.Is(err, os.ErrNotExist) && version == 0 {
		return
	}
	const outcome = "it is not known which keys there were"
	f, usable := in.load(fileRing, outcome)
	if !usable {
		return
	}
	var err error
	if r.contents, err = decodeContents(f, r.origin); err != nil {
		in.find(fileRing, "is damaged: %v; %s", err, outcome)
	}
}

// root reads the root of an epoch, which is not known when it cannot be had.
func (in *inspection) root(r *Ring, epoch uint32, opts Options) root {
	var known *epochEntry
	if n := int64(epoch); n <= int64(len(r.contents.epochs)) {
		known = &r.contents.epochs[epoch-1]
		if known.kind == Away {
			if !in.store.absent(rootName(epoch)) {
				in.find(rootName(epoch), "is there, although the root of epoch %d was exported; it is not used", epoch)
			}
			return root{epochEntry: *known}
		}
	}
	name := rootName(epoch)
	outcome := fmt.Sprintf("MACs of epoch %d are not checked", epoch)
	f, usable := in.load(name, outcome)
	if !usable {
		return root{}
	}
	rt, err := readRoot(f, epoch, opts)
	switch {
	case err != nil:
		in.find(name, "does not hold a key that fits its check value; %s", outcome)
	case known != nil && *known != rt.epochEntry:
		in.find(name, "is not the one that the file ring knows; %s", outcome)
		return root{}
	case rt.known:
	case opts.Secret == "" && opts.PreviousSecret == "":
		in.find(name, "was made with LOG_SIGNATURE_SECRET, which is not set; %s", outcome)
	default:
		in.find(name, "was made with another LOG_SIGNATURE_SECRET; %s", outcome)
	}
	return rt
}

// ratchet reads the keys that are left of epochs whose root is away.
func (in *inspection) ratchet(r *Ring) {
	if !slices.ContainsFunc(r.roots, func(rt root) bool { return rt.kind == Away }) {
		return
	}
	const outcome = "MACs of what is not sealed are not checked"
	f, usable := in.load(fileRatchet, outcome)
	if !usable {
		return
	}
	t, err := decodeRatchet(f)
	if err != nil {
		in.find(fileRatchet, "is damaged: %v; %s", err, outcome)
		return
	}
	r.ratchet = t
}

// signing looks at the private parts of the signing keys, which it does not keep,
// and at the statements.
func (in *inspection) signing(r *Ring) {
	now := time.Now()
	for i := range r.contents.keys {
		k := &r.contents.keys[i]
		if k.wiped || k.State(now) == "retired" {
			continue
		}
		const outcome = "nothing can be signed with it"
		f, usable := in.load(k.file(), outcome)
		if !usable {
			continue
		}
		if _, err := newSigner(f.data, k.PublicKey); err != nil {
			in.find(k.file(), "is damaged: %v; %s", err, outcome)
		}
	}
	for i := len(Purposes()); i < len(r.contents.keys); i++ {
		newer, older := &r.contents.keys[i].PublicKey, &r.contents.keys[i-len(Purposes())].PublicKey
		const outcome = "nothing shows that this key followed the one before"
		f, usable := in.load(newer.statement(), outcome)
		if !usable {
			continue
		}
		if err := checkStatement(f.data, r.origin, older, newer); err != nil {
			in.find(newer.statement(), "is damaged: %v; %s", err, outcome)
			continue
		}
		r.statements = append(r.statements, f.data)
	}
}

// epochs is how many the ring knows, or the highest that has a file in either
// place, and 1 at least.
func (in *inspection) epochs(r *Ring) int {
	highest := max(1, len(r.contents.epochs))
	for _, name := range in.store.names() {
		if n := epochOf(name); n <= maxEpochs {
			highest = max(highest, n)
		}
	}
	return highest
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
