// SPDX-License-Identifier: Apache-2.0

package segment

import "fmt"

// textPage returns the column and the extent of a page of a text column, nil
// when there is none.
func (f *File) textPage(c Column, page int) (*column, *extent) {
	if !c.isTexts() || page < 0 || page >= len(f.footer.bounds) {
		return nil, nil
	}
	col := f.footer.column(c)
	if col == nil {
		return nil, nil
	}
	return col, col.pages.page(page)
}

// Texts returns a page of a text column.
func (f *File) Texts(c Column, page int) (Texts, error) {
	col, x := f.textPage(c, page)
	if col != nil && x.form == formConst && int(x.code) < max(col.codes, int(CodeFirst)) {
		return Texts{rows: pageLen(f.footer.rows, page), constant: x.code}, nil
	}
	if col != nil && len(col.pages.parts(page)) > 1 {
		return f.joined(c, page, col.pages.parts(page))
	}
	p, err := f.page(c, page, c.isTexts())
	if err != nil {
		return Texts{}, err
	}
	return p.texts, nil
}

// Raw tells whether a page of a text column is raw.
func (f *File) Raw(c Column, page int) bool {
	col, x := f.textPage(c, page)
	return col != nil && x.form&^formZstd == formRaw
}

// Part returns the rows of a part of a page of a text column; of a raw page the others
// are not unpacked.
func (f *File) Part(c Column, page, part int) (Texts, error) {
	col, _ := f.textPage(c, page)
	if col == nil || part < 0 || len(col.pages.parts(page)) <= max(1, part) {
		t, err := f.Texts(c, page)
		return t.part(max(0, part)), err
	}
	whole := pageKey{f.id, c, int16(page)} //nolint:gosec // below maxPages
	if p := f.cache.peek(whole); p != nil {
		return p.texts.part(part), nil
	}
	rows := min(PartRows, pageLen(f.footer.rows, page)-part*PartRows)
	key := whole
	key.page += int16(maxPages * (1 + part)) //nolint:gosec // at most maxPages × (1 + pageParts)
	p, err := f.read(key, &col.pages.parts(page)[part], func(p *cachedPage, form byte, body []byte) (ok bool) {
		p.texts, ok = decodeTexts(form, body, rows, int(CodeFirst))
		return ok && form == formRaw
	})
	if err != nil {
		return Texts{}, f.wrap(fmt.Errorf("column %s, page %d, part %d: %w", f.footer.name(c), page, part, err))
	}
	return p.texts, nil
}

// joined returns a raw page of several parts as one.
func (f *File) joined(c Column, page int, parts []extent) (Texts, error) {
	key := pageKey{f.id, c, int16(page)} //nolint:gosec // below maxPages
	if p := f.cache.get(key); p != nil {
		return p.texts, nil
	}
	rows, size := pageLen(f.footer.rows, page), 0
	for i := range parts {
		size += int(parts[i].raw)
	}
	if size > maxBody {
		return Texts{}, f.wrap(fmt.Errorf("column %s, page %d: %d bytes in parts: %w", f.footer.name(c), page, size, ErrCorrupt))
	}
	p := &cachedPage{texts: Texts{rows: rows, ends: make([]uint32, rows), data: make([]byte, 0, size)}}
	for i := range parts {
		from := i * PartRows
		if err := f.join(&p.texts, p.texts.ends[from:min(from+PartRows, rows)], &parts[i]); err != nil {
			return Texts{}, f.wrap(fmt.Errorf("column %s, page %d, part %d: %w", f.footer.name(c), page, i, err))
		}
	}
	f.cache.put(key, p)
	return p.texts, nil
}

// join appends a part, whose texts end at ends.
func (f *File) join(t *Texts, ends []uint32, x *extent) error {
	if x.form&^formZstd != formRaw {
		return ErrCorrupt
	}
	buffer := f.cache.buffer(int(x.raw))
	defer f.cache.give(buffer)
	body, err := f.unpack((*buffer)[:0], x)
	if err != nil {
		return err
	}
	before := uint32(len(t.data)) //nolint:gosec // at most maxPageBytes, of each part and of all
	texts, ok := decodeEnds(body, ends, before)
	if !ok || len(t.data)+len(texts) > maxPageBytes {
		return ErrCorrupt
	}
	t.data = append(t.data, texts...)
	return nil
}
