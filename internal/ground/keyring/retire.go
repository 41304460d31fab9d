// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"fmt"
	"slices"
	"time"
)

// retired wipes the private parts whose overlap is over.
func (r *Ring) retired(now time.Time) (c change) {
	next := r.contents.clone()
	for i := range next.keys {
		if k := &next.keys[i]; !k.wiped && k.State(now) == "retired" {
			k.wiped = true
			c.remove(k.file())
		}
	}
	if !c.empty() {
		c.put(next.file())
	}
	return c
}

// Retire wipes the private parts of signing keys whose overlap is over, as Open
// does; who runs for months calls it now and then.
func (r *Ring) Retire() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	c := r.retired(now)
	if c.empty() || r.store.readOnly {
		return nil
	}
	unlock, err := lockDir(r.store.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.store.commit(c); err != nil {
		return fmt.Errorf("wipe retired signing keys: %w", err)
	}
	for i := range r.contents.keys {
		k := &r.contents.keys[i]
		k.wiped = k.wiped || k.State(now) == "retired"
	}
	r.signers = slices.DeleteFunc(r.signers, func(s *signer) bool { return s.public.State(now) == "retired" })
	return nil
}

// Current tells whether the key folder still has the signing keys and epochs of
// this ring: whoever has opened the keys first and taken the journal's lock
// afterwards asks, for a command may have changed them in between. The error says
// that it has.
func (r *Ring) Current() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	f, err := r.store.load(fileRing)
	if err != nil {
		return err
	}
	if !slices.Equal(f.entries, r.contents.file().entries) {
		return fmt.Errorf("key folder %s: the keys were changed meanwhile; start again", r.store.dir)
	}
	return nil
}
