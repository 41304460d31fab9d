// SPDX-License-Identifier: Apache-2.0

package segment

import "sync/atomic"

// Meter counts the bytes that whoever reads through it looks at: of the pages of
// columns and of the dictionaries, as they lie in memory when they are unpacked (8 bytes
// for a number, 1 or 2 for a code, 4 and its text for a text of a page; of a dictionary
// its texts). Each counts once for a reader, however often it is used, and the same
// whether it came from the file, from the cache or out of a block in memory. What only
// helps to leave pages out is not counted: bounds, filters and rollups.
//
// The zero value has counted nothing. It is safe for concurrent use, takes no lock, and
// costs one atomic read where a page is used again.
type Meter struct{ bytes atomic.Int64 }

// Bytes is what was looked at so far.
func (m *Meter) Bytes() int64 { return m.bytes.Load() }

// Over returns views of readers that count on m; a *Lost has nothing to count, and is
// returned as it is. The readers are to be used at their own place.
func (m *Meter) Over(readers []Reader) []Reader {
	out := make([]Reader, len(readers))
	for i, r := range readers {
		if _, lost := r.(*Lost); lost {
			out[i] = r
			continue
		}
		out[i] = &metered{Reader: r, meter: m}
	}
	return out
}

// Unmetered returns the reader behind a view that counts, or r.
func Unmetered(r Reader) Reader {
	if m, ok := r.(*metered); ok {
		return m.Reader
	}
	return r
}

// metered is a view of a reader that counts what is used of it.
type metered struct {
	Reader
	meter *Meter
	used  atomic.Pointer[used] // nil until something is: most readers of a call are left out
}

// used says what counts already, by column.
type used struct {
	pages []atomic.Uint32                            // a bit for each
	parts [][maxPages * pageParts / 64]atomic.Uint64 // of pages that were not read as one, too
	dicts []atomic.Bool
}

// Path is the path of the reader's file, "" in memory; see FileOf.
func (m *metered) Path() string { return FileOf(m.Reader) }

func (m *metered) seen() *used {
	u := m.used.Load()
	if u == nil {
		n := int(numColumns) + len(m.Attrs())
		u = &used{make([]atomic.Uint32, n), make([][maxPages * pageParts / 64]atomic.Uint64, n), make([]atomic.Bool, n)}
		if !m.used.CompareAndSwap(nil, u) {
			u = m.used.Load()
		}
	}
	return u
}

// first tells whether a page is used for the first time.
func (m *metered) first(c Column, page int) bool {
	pages, bit := &m.seen().pages[c], uint32(1)<<page
	return pages.Load()&bit == 0 && pages.Or(bit)&bit == 0
}

// Ints counts the page.
func (m *metered) Ints(c Column, page int) ([]int64, error) {
	values, err := m.Reader.Ints(c, page)
	if err == nil && m.first(c, page) {
		m.meter.bytes.Add(8 * int64(len(values)))
	}
	return values, err
}

// Bytes counts the page.
func (m *metered) Bytes(c Column, page int) ([]byte, error) {
	b, err := m.Reader.Bytes(c, page)
	if err == nil && m.first(c, page) {
		m.meter.bytes.Add(int64(len(b)))
	}
	return b, err
}

// Texts counts the page, but for parts of it that count already.
func (m *metered) Texts(c Column, page int) (Texts, error) {
	t, err := m.Reader.Texts(c, page)
	if err != nil || !m.first(c, page) {
		return t, err
	}
	n := textBytes(&t)
	for part := range pageParts {
		if m.seen().parts[c][page/(64/pageParts)].Load()>>(page%(64/pageParts)*pageParts+part)&1 != 0 {
			p := t.part(part)
			n -= textBytes(&p)
		}
	}
	m.meter.bytes.Add(n)
	return t, nil
}

// Part counts the part, unless its page counts already.
func (m *metered) Part(c Column, page, part int) (Texts, error) {
	t, err := m.Reader.Part(c, page, part)
	if err != nil || !t.Raw() {
		return t, err
	}
	u, bit := m.seen(), uint64(1)<<(page%(64/pageParts)*pageParts+part)
	if u.pages[c].Load()>>page&1 == 0 && u.parts[c][page/(64/pageParts)].Or(bit)&bit == 0 {
		m.meter.bytes.Add(textBytes(&t))
	}
	return t, nil
}

func textBytes(t *Texts) int64 {
	return int64(len(t.codes8) + 2*len(t.codes16) + 4*len(t.ends) + len(t.Data()))
}

// Dict counts the dictionary's texts.
func (m *metered) Dict(c Column) (Dict, error) {
	d, err := m.Reader.Dict(c)
	if err != nil {
		return d, err
	}
	if known := &m.seen().dicts[c]; !known.Load() && known.CompareAndSwap(false, true) {
		m.meter.bytes.Add(int64(d.size()))
	}
	return d, nil
}

var _ Reader = (*metered)(nil)
