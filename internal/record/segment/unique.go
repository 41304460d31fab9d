// SPDX-License-Identifier: Apache-2.0

package segment

import "fmt"

// A block in memory learns only at the end of a page that a column's texts are
// unique, and a short one never does. Their dictionary would be in the way of
// every search: it is read whole, and no filter covers it. So the file has these
// pages raw.

// uniqueReader is a Reader in which the columns whose dictionary does not pay are
// raw.
type uniqueReader struct {
	Reader
	dicts map[Column]Dict // of those columns
}

// fewTexts is how many different texts a dictionary may have in any case.
const fewTexts = 16

// withoutUnique returns r, or a view of it without dictionaries of texts of which
// more than half occur once. Source and category keep theirs, which counts need.
func withoutUnique(r Reader) (Reader, error) {
	u := uniqueReader{Reader: r, dicts: map[Column]Dict{}}
	check := func(c Column) error {
		d, err := r.Dict(c)
		if err != nil || d.Len() <= int(CodeFirst)+fewTexts {
			return err
		}
		rows := 0
		for page := range Pages(r) {
			t, err := r.Texts(c, page)
			if err != nil {
				return err
			}
			rows += t.texts()
		}
		if 2*(d.Len()-int(CodeFirst)) > rows {
			u.dicts[c] = d
		}
		return nil
	}
	for c := ColAction; c < ColRest; c++ {
		if err := check(c); err != nil {
			return nil, err
		}
	}
	for _, a := range r.Attrs() {
		if err := check(a.Column); err != nil {
			return nil, err
		}
	}
	if len(u.dicts) == 0 {
		return r, nil
	}
	return u, nil
}

// texts is the number of rows with a text, 0 when the page is raw.
func (t *Texts) texts() (n int) {
	switch {
	case t.codes8 != nil:
		for _, c := range t.codes8 {
			if c >= uint8(CodeFirst) {
				n++
			}
		}
	case t.codes16 != nil:
		for _, c := range t.codes16 {
			if c >= CodeFirst {
				n++
			}
		}
	case t.ends == nil && t.constant >= CodeFirst:
		n = t.rows
	}
	return n
}

func (u uniqueReader) Dict(c Column) (Dict, error) {
	if _, unique := u.dicts[c]; unique {
		return Dict{}, nil
	}
	return u.Reader.Dict(c)
}

func (u uniqueReader) Raw(c Column, page int) bool {
	if u.Reader.Raw(c, page) {
		return true
	}
	if _, unique := u.dicts[c]; !unique {
		return false
	}
	t, err := u.Reader.Texts(c, page)
	return err == nil && t.texts() > 0
}

func (u uniqueReader) Part(c Column, page, part int) (Texts, error) {
	t, err := u.Texts(c, page)
	return t.part(part), err
}

func (u uniqueReader) Texts(c Column, page int) (Texts, error) {
	t, err := u.Reader.Texts(c, page)
	d, unique := u.dicts[c]
	if err != nil || !unique || t.texts() == 0 {
		return t, err
	}
	raw := Texts{rows: t.rows, ends: make([]uint32, t.rows)}
	size := 0
	for i := range t.rows {
		size += len(d.Text(t.Code(i)))
	}
	if size > maxPageBytes { // no Block holds as much
		return Texts{}, fmt.Errorf("%d bytes of text: %w", size, ErrCorrupt)
	}
	raw.data = make([]byte, 0, size)
	for i := range t.rows {
		code := t.Code(i)
		raw.data = append(raw.data, d.Text(code)...)
		raw.ends[i] = uint32(len(raw.data)) | uint32(StateOf(code))<<endBits //nolint:gosec // at most maxPageBytes
	}
	return raw, nil
}
