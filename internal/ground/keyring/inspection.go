// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

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
func (in *inspection) signing(r *Ring, closed bool) {
	now := time.Now()
	for i := range r.contents.keys {
		k := &r.contents.keys[i]
		if closed || k.wiped || k.State(now) == "retired" {
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
