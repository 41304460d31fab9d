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
	damage = append(damage, fresh.checkFilter("filter of the dictionaries", &f.footer.words), fresh.checkFilter("filter", &f.footer.filter))
	for i := range f.footer.unused {
		damage = append(damage, fresh.checkFilter("unused filter", &f.footer.unused[i]))
	}
	return errors.Join(damage...)
}

// checkFilter reads a filter whole.
func (f *File) checkFilter(name string, x *extent) error {
	if x.form == formNone {
		return nil
	}
	err := f.stored(make([]byte, x.stored), x)
	if _, ok := filterBlocks(int(x.stored)); err == nil && (x.form != formFilter || !ok) {
		err = ErrCorrupt
	}
	if err != nil {
		return f.wrap(fmt.Errorf("%s: %w", name, err))
	}
	return nil
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
