// SPDX-License-Identifier: Apache-2.0

package segment

import "fmt"

// Filter returns what a page's raw texts do not hold. It is read whole, and its
// checksum compared, the first time that it is asked for after the file was opened;
// later only the words that are probed are read.
func (f *File) Filter(page int) (Filter, error) {
	if page < 0 || page >= len(f.footer.bounds) {
		return Filter{}, f.wrap(fmt.Errorf("filter of page %d: %w", page, ErrRange))
	}
	x := f.footer.filters.page(page)
	if x.form == formNone {
		return Filter{}, nil
	}
	sound, bit := &f.sound[page/32], uint32(1)<<(page%32)
	if sound.Load()&bit == 0 {
		if err := f.checkFilter(x); err != nil {
			return Filter{}, f.wrap(fmt.Errorf("filter of page %d: %w", page, err))
		}
		sound.Or(bit)
	}
	return Filter{in: f.in, at: x.offset, n: int(x.stored / 8)}, nil
}

func (f *File) checkFilter(x *extent) error {
	if x.form != formFilter || x.stored == 0 || x.stored%8 != 0 {
		return ErrCorrupt
	}
	buffer := f.cache.buffer(int(x.stored))
	defer f.cache.give(buffer)
	return f.stored(*buffer, x)
}

// DictFilter returns what the dictionaries do not hold.
func (f *File) DictFilter() (Filter, error) {
	if f.footer.words.form == formNone {
		return Filter{}, nil
	}
	p, err := f.read(pageKey{f.id, filterColumn, dictPage}, &f.footer.words, func(p *cachedPage, form byte, body []byte) (ok bool) {
		p.filter, ok = decodeFilter(body)
		return ok && form == formFilter
	})
	if err != nil {
		return Filter{}, f.wrap(fmt.Errorf("filter of the dictionaries: %w", err))
	}
	return p.filter, nil
}
