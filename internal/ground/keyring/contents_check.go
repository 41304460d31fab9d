// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"slices"
)

// check wants the keys of each purpose numbered from 1, in turns, and only the
// last of each without an end.
func (c *contents) check() error {
	all := Purposes()
	for i := range c.keys {
		k := &c.keys[i]
		last := i+len(all) >= len(c.keys)
		if k.Purpose != all[i%len(all)] || int(k.Number) != i/len(all)+1 || k.Until.IsZero() != last || k.wiped && last || !last && k.Until.Before(k.From) {
			return fmt.Errorf("its key %s %d does not fit the others", k.Purpose, k.Number)
		}
	}
	if len(c.keys)%len(all) != 0 {
		return errors.New("it lists a key of one purpose without that of the other")
	}
	return nil
}

// current is the newest key of a purpose; there is one once the ring has contents.
func (c *contents) current(p Purpose) *signingEntry {
	for i := len(c.keys) - 1; i >= 0; i-- {
		if c.keys[i].Purpose == p {
			return &c.keys[i]
		}
	}
	return nil
}

// clone is a copy that can be changed.
func (c *contents) clone() contents {
	return contents{epochs: slices.Clone(c.epochs), keys: slices.Clone(c.keys)}
}
