// SPDX-License-Identifier: Apache-2.0

package segment

import "math/bits"

// A raw page of a file is cut into parts, so that who wants a row, or looks for a word
// that few rows have, need not unpack the texts of 2,048.
const (
	// PartRows is the number of rows in each part but the last of a page.
	PartRows  = 512
	pageParts = PageRows / PartRows
	// fewParts are worth to be read one by one.
	fewParts = pageParts / 2
)

// Parts is a set of parts of the pages of a reader: bit i is the part of the rows from
// PartRows × i on.
type Parts [maxPages * pageParts / 64]uint64

// AllParts has each part that a reader can have.
func AllParts() Parts { return Parts{1<<64 - 1, 1<<64 - 1} }

// Page returns the parts of one page, the first one in the lowest bit.
func (s Parts) Page(page int) uint8 {
	const pages = 64 / pageParts
	return uint8(s[page/pages] >> (page % pages * pageParts) & (1<<pageParts - 1))
}

// Has tells whether a part of a page is in the set.
func (s Parts) Has(page int) bool { return s.Page(page) != 0 }

// None tells whether nothing is in the set.
func (s Parts) None() bool { return s == Parts{} }

// And returns what is in both sets, Or what is in one of them.
func (s Parts) And(o Parts) Parts { return Parts{s[0] & o[0], s[1] & o[1]} }

// Or returns what is in one of the sets.
func (s Parts) Or(o Parts) Parts { return Parts{s[0] | o[0], s[1] | o[1]} }

func (s *Parts) add(part int)      { s[part>>6] |= 1 << (part & 63) }
func (s Parts) hasPart(i int) bool { return s[i>>6]>>(i&63)&1 != 0 }

// addPage adds all parts of a page.
func (s *Parts) addPage(page int) {
	for i := range pageParts {
		s.add(page*pageParts + i)
	}
}

// partsOf is the number of parts of that many rows.
func partsOf(rows, partRows int) int { return (rows + partRows - 1) / partRows }

// RawParts are the parts of the pages in which a text column is raw.
func RawParts(r Reader, c Column) (raw Parts) {
	for page := range Pages(r) {
		if r.Raw(c, page) {
			raw.addPage(page)
		}
	}
	return raw
}

// EachPart calls yield with texts of a page in which all rows of the parts in set are:
// with the page, or with one part after the other of a raw page of which few are wanted.
// from is the row of the page that is row 0 of texts.
func EachPart(r Reader, c Column, page int, set Parts, yield func(from int, texts *Texts) error) error {
	wanted := set.Page(page)
	if r.Raw(c, page) && bits.OnesCount8(wanted) <= fewParts {
		for part := range pageParts {
			if wanted>>part&1 == 0 || part*PartRows >= PageLen(r, page) {
				continue
			}
			texts, err := r.Part(c, page, part)
			if err == nil {
				err = yield(part*PartRows, &texts)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	texts, err := r.Texts(c, page)
	if err != nil {
		return err
	}
	return yield(0, &texts)
}

// part returns the rows of a part of a page.
func (t *Texts) part(part int) Texts {
	from := part * PartRows
	out := Texts{rows: max(0, min(PartRows, t.rows-from)), constant: t.constant}
	end := from + out.rows
	switch {
	case t.codes8 != nil:
		out.codes8 = t.codes8[from:end]
	case t.codes16 != nil:
		out.codes16 = t.codes16[from:end]
	case t.ends != nil:
		from, end = min(from, len(t.ends)), min(end, len(t.ends))
		out.ends, out.data, out.before = t.ends[from:end:end], t.data, t.before
		if from > 0 {
			out.before = t.ends[from-1] & endMask
		}
	}
	return out
}
