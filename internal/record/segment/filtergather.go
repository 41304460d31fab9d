// SPDX-License-Identifier: Apache-2.0

package segment

// dicts gathers the dictionaries of r.
func (b *filterBuilder) dicts(r Reader) error {
	b.begin()
	return b.columns(r, func(c Column, name string) error {
		if c == ColRest {
			return nil
		}
		d, err := r.Dict(c)
		if err != nil {
			return err
		}
		of, code := columnHash(name), int(CodeFirst)
		b.run(of, 0, func() bool {
			if code >= d.Len() {
				return false
			}
			b.entry = append(b.entry[:0], d.Text(uint16(code))...) //nolint:gosec // below Len
			b.text(c, of, b.entry)
			code++
			return true
		})
		return nil
	})
}

// pages gathers the raw pages of r.
func (b *filterBuilder) pages(r Reader) error {
	b.begin()
	return b.columns(r, func(c Column, name string) error {
		var keys Dict
		of := columnHash(name)
		for page := range Pages(r) {
			if !r.Raw(c, page) {
				continue
			}
			texts, err := r.Texts(c, page)
			if err != nil {
				return err
			}
			if c == ColRest && keys.Len() == 0 {
				if keys, err = r.Dict(c); err != nil {
					return err
				}
			}
			for row := 0; row < texts.Len(); row += PartRows {
				b.run(of, (page*PageRows+row)/PartRows, b.rows(c, of, &texts, keys, row))
			}
		}
		return nil
	})
}

// rows returns a func that adds one row of a part after the other.
func (b *filterBuilder) rows(c Column, of uint64, texts *Texts, keys Dict, row int) (more func() bool) {
	end := min(row+PartRows, texts.Len())
	return func() bool {
		if row >= end {
			return false
		}
		text, state := texts.At(row)
		switch row++; {
		case state != Present:
		case c == ColRest:
			b.rest(text, keys)
		default:
			b.text(c, of, text)
		}
		return true
	}
}

// columns calls each with the columns of text.
func (b *filterBuilder) columns(r Reader, each func(c Column, name string) error) error {
	for c := ColSource; c <= ColRest; c++ {
		if err := each(c, c.String()); err != nil {
			return err
		}
	}
	for _, a := range r.Attrs() {
		if err := each(a.Column, attrPrefix+a.Key); err != nil {
			return err
		}
	}
	return nil
}
