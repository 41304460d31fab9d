// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"encoding/base32"
	"fmt"
	"strings"
	"time"
)

// completion makes what a folder has not got: everything at the first start, the
// signing keys and the file `ring` in one from before them.
func (r *Ring) completion(opts Options, now time.Time) (c change, err error) {
	origin := r.origin
	if origin == "" {
		origin = newName(opts.Name)
	}
	var next contents
	for i := range r.roots {
		next.epochs = append(next.epochs, r.roots[i].epochEntry)
	}
	// from version 1 on the file ring is there, and missed when it is not
	c.put(keyFile{name: fileOrigin, version: 1, data: []byte(origin)})
	if len(next.epochs) == 0 {
		f, e := newRoot(1, opts.Secret)
		c.put(f)
		next.epochs = append(next.epochs, e)
	}
	for _, p := range Purposes() {
		f, k, err := newKey(origin, p, 1, now.UTC().Truncate(time.Second))
		if err != nil {
			return c, err
		}
		c.put(f)
		next.keys = append(next.keys, signingEntry{PublicKey: k})
	}
	c.put(next.file())
	return c, nil
}

// newName is a name that nobody else has, `<name>/<random>`.
func newName(name string) string {
	random := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(randomBytes(10))
	return cleanName(name) + "/" + strings.ToLower(random)
}

// nextEpoch starts a MAC epoch.
func (r *Ring) nextEpoch(secret string) (c change, err error) {
	next := r.contents.clone()
	if err := c.startEpoch(&next, secret); err != nil {
		return c, err
	}
	c.put(next.file())
	return c, nil
}

// startEpoch adds a MAC epoch to what will be the ring's contents.
func (c *change) startEpoch(next *contents, secret string) error {
	if len(next.epochs) >= maxEpochs {
		return fmt.Errorf("start MAC epoch %d: there are %d at most", len(next.epochs)+1, maxEpochs)
	}
	f, e := newRoot(uint32(len(next.epochs))+1, secret) //nolint:gosec // at most maxEpochs
	c.put(f)
	next.epochs = append(next.epochs, e)
	return nil
}

// rotation starts a MAC epoch and the next key of each purpose, and states that
// these follow the current ones.
func (r *Ring) rotation(secret string, now time.Time) (c change, err error) {
	next := r.contents.clone()
	if err := c.startEpoch(&next, secret); err != nil {
		return c, err
	}
	now = now.UTC().Truncate(time.Second)
	for _, p := range Purposes() {
		old := next.current(p)
		if now.Before(old.From) { // the clock was put back
			now = old.From
		}
	}
	for _, p := range Purposes() {
		old := next.current(p)
		f, k, err := newKey(r.origin, p, old.Number+1, now)
		if err != nil {
			return c, err
		}
		old.Until = now.Add(Overlap)
		statement, err := r.state(&old.PublicKey, f.data, &k)
		if err != nil {
			return c, err
		}
		c.put(f, keyFile{name: k.statement(), data: statement})
		next.keys = append(next.keys, signingEntry{PublicKey: k})
	}
	c.put(next.file())
	return c, nil
}
