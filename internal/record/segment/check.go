// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"context"
	"errors"
	"fmt"
)

// Check reads every body of the file from disk, past the cache, and returns
// what is damaged, joined: each error names column and page and wraps
// ErrCorrupt. It says nothing about whether the events are those that were
// recorded: that is what their leaf hashes are for.
func (f *File) Check(ctx context.Context) error {
	cache, err := NewCache(0)
	if err != nil {
		return err
	}
	fresh := *f
	fresh.cache = cache
	var damage []error
	for c := range numColumns + Column(len(f.footer.attrs)) { //nolint:gosec // at most maxColumns
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("check segment %s: %w", f.path, err)
		}
		damage = append(damage, fresh.checkColumn(c))
	}
	_, err = fresh.Rollup()
	damage = append(damage, err)
	_, err = fresh.DictFilter()
	damage = append(damage, err)
	for page := range f.footer.bounds {
		_, err := fresh.Filter(page)
		damage = append(damage, err)
	}
	return errors.Join(damage...)
}

func (f *File) checkColumn(c Column) error {
	var damage []error
	if c.isTexts() {
		_, err := f.Dict(c)
		damage = append(damage, err)
	}
	for page := range f.footer.bounds {
		var err error
		switch {
		case c.isInts():
			_, err = f.Ints(c, page)
		case c.isBytes():
			_, err = f.Bytes(c, page)
		default:
			_, err = f.Texts(c, page)
		}
		damage = append(damage, err)
	}
	return errors.Join(damage...)
}
