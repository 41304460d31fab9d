// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"io"
	"math"
	"math/bits"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Filter tells of the raw texts of a page of a file, or of the texts in all its
// dictionaries, what they surely do not hold, so that a search need not read them:
// words, whole values, addresses, and keys of attributes in ColRest. It is a Bloom
// filter (B. Bloom, 1970) over the hashes of hash.go, with about filterBits bits
// and filterProbes probes for each one, which lets about one in a hundred pass for
// nothing. The zero Filter lets everything pass.
//
// That of a page of a file stays there: a probe reads the eight bytes that it needs. A
// search asks for few bits of very many of them, which together would fill a cache.
type Filter struct {
	words []uint64
	// Of one that stays in its file, instead.
	in io.ReaderAt
	at int64
	n  int // words
}

const (
	filterBits   = 10
	filterProbes = 6
	// maxFilterKeys is where there are too many different words and values for a
	// filter to pay.
	maxFilterKeys = 1 << 18
	filterStep    = 0x9e3779b97f4a7c15
)

// Has tells whether the page may hold what has that hash.
func (f Filter) Has(hash uint64) bool {
	if f.in != nil {
		return f.stored(hash)
	}
	if len(f.words) == 0 {
		return true
	}
	n := uint64(len(f.words)) * 64
	step := (hash>>32 | 1) * filterStep
	for range filterProbes {
		bit, _ := bits.Mul64(hash, n)
		if f.words[bit>>6]&(1<<(bit&63)) == 0 {
			return false
		}
		hash += step
	}
	return true
}

// stored is Has of one in a file. What cannot be read may be there.
func (f Filter) stored(hash uint64) bool {
	n := uint64(f.n) * 64 //nolint:gosec // not negative
	step := (hash>>32 | 1) * filterStep
	word := make([]byte, 8)
	for range filterProbes {
		bit, _ := bits.Mul64(hash, n)
		if _, err := f.in.ReadAt(word, f.at+int64(bit>>6)*8); err != nil {
			return true
		}
		if binary.LittleEndian.Uint64(word)&(1<<(bit&63)) == 0 {
			return false
		}
		hash += step
	}
	return true
}

// HasAll tells whether the page may hold what has all these hashes.
func (f Filter) HasAll(hashes []uint64) bool {
	for _, h := range hashes {
		if !f.Has(h) {
			return false
		}
	}
	return true
}

func (f Filter) add(hash uint64) {
	n := uint64(len(f.words)) * 64
	step := (hash>>32 | 1) * filterStep
	for range filterProbes {
		bit, _ := bits.Mul64(hash, n)
		f.words[bit>>6] |= 1 << (bit & 63)
		hash += step
	}
}

// filterBuilder gathers the hashes of a page. Most of those that come again come
// soon: recent leaves these out, and what is left is counted by how many of the
// bits of seen it sets (K.-Y. Whang and others, A linear-time probabilistic
// counting algorithm, 1990).
type filterBuilder struct {
	hashes []uint64
	recent [1 << 11]uint64
	seen   [1 << 10]uint64
	many   bool   // too many
	entry  []byte // of a dictionary
}

func (b *filterBuilder) add(hash uint64) {
	if r := &b.recent[hash%(1<<11)]; *r != hash || hash == 0 {
		*r = hash
		b.hashes = append(b.hashes, hash)
		if len(b.hashes) >= 4*maxFilterKeys {
			slices.Sort(b.hashes)
			b.hashes = slices.Compact(b.hashes)
			b.many = b.many || len(b.hashes) > maxFilterKeys
		}
	}
}

// begin empties the builder for the next page.
func (b *filterBuilder) begin() {
	b.hashes, b.many = b.hashes[:0], false
	clear(b.recent[:])
	clear(b.seen[:])
}

// dicts gathers the dictionaries of r; false when it would be too much, or there
// are none.
func (b *filterBuilder) dicts(r Reader) (bool, error) {
	b.begin()
	add := func(c Column, name string) error {
		d, err := r.Dict(c)
		if err != nil {
			return err
		}
		of := columnHash(name)
		for code := int(CodeFirst); code < d.Len() && !b.many; code++ {
			b.entry = append(b.entry[:0], d.Text(uint16(code))...)
			b.text(c, of, b.entry)
		}
		return nil
	}
	for c := ColSource; c < ColRest; c++ {
		if err := add(c, c.String()); err != nil {
			return false, err
		}
	}
	for _, a := range r.Attrs() {
		if err := add(a.Column, attrPrefix+a.Key); err != nil {
			return false, err
		}
	}
	return len(b.hashes) > 0 && !b.many, nil
}

// page gathers a page of r; false when it would be too much, or nothing is raw.
func (b *filterBuilder) page(r Reader, page int) (bool, error) {
	b.begin()
	for c := ColSource; c <= ColRest; c++ {
		if err := b.column(r, c, c.String(), page); err != nil {
			return false, err
		}
	}
	for _, a := range r.Attrs() {
		if err := b.column(r, a.Column, attrPrefix+a.Key, page); err != nil {
			return false, err
		}
	}
	return len(b.hashes) > 0 && !b.many, nil
}

func (b *filterBuilder) column(r Reader, c Column, name string, page int) error {
	if b.many || !r.Raw(c, page) {
		return nil
	}
	texts, err := r.Texts(c, page)
	if err != nil {
		return err
	}
	var keys Dict
	if c == ColRest {
		if keys, err = r.Dict(c); err != nil {
			return err
		}
	}
	of := columnHash(name)
	for i := range texts.Len() {
		text, state := texts.At(i)
		switch {
		case state != Present:
		case c == ColRest:
			b.rest(text, keys)
		default:
			b.text(c, of, text)
		}
		if b.many {
			break
		}
	}
	return nil
}

// text adds a text of a column.
func (b *filterBuilder) text(c Column, of uint64, text []byte) {
	switch {
	case c.isAttr():
		walkAttr(text, Present, func(kind event.Kind, text []byte) bool {
			b.value(of, kind, text)
			return true
		})
	case c == ColMessage:
		b.words(text)
	case c == ColIP:
		if a, ok := addressOf(text); ok {
			b.add(AddressHash(a))
		}
		b.words(text)
	default:
		b.value(of, event.KindText, text)
	}
}

// value adds the words of a value, and the value itself when it is not one word.
func (b *filterBuilder) value(of uint64, kind event.Kind, text []byte) {
	switch kind {
	case event.KindText, event.KindNumber:
		if b.words(text) && len(text) <= maxHashed {
			b.add(hashAll(of, text))
		}
	case event.KindTrue:
		b.add(WordHash("true"))
	case event.KindFalse:
		b.add(WordHash("false"))
	default:
	}
}

// rest adds the words of a row of ColRest and the keys of its attributes.
func (b *filterBuilder) rest(row []byte, keys Dict) {
	text := func(t []byte) bool {
		b.words(t)
		return true
	}
	walkRest(row, restWalk{text: text, attr: func(code uint16, key []byte, r *scanner[[]byte]) bool {
		if code != 0 {
			key = []byte(keys.Text(code))
		}
		b.add(hashAll(ofKey, key))
		return walkValue(r, func(kind event.Kind, t []byte) bool {
			if kind == event.KindText || kind == event.KindNumber {
				b.words(t)
			}
			return true
		}, 0)
	}})
}

// words adds each word of a text; more tells whether it is not one word.
func (b *filterBuilder) words(text []byte) (more bool) {
	if len(text) == 0 {
		return false
	}
	whole := false
	eachWord(text, func(from, to int) {
		b.add(hashFolded(ofWord, text, from, to))
		whole = to-from == len(text)
	})
	return !whole
}

// filter makes the Filter of what was gathered.
func (b *filterBuilder) filter() (f Filter, ok bool) {
	for _, h := range b.hashes {
		bit := h >> 48
		b.seen[bit>>6] |= 1 << (bit & 63)
	}
	set, all := 0, 64*len(b.seen)
	for _, w := range b.seen {
		set += bits.OnesCount64(w)
	}
	n := float64(all) * math.Log(float64(all)/float64(max(1, all-set)))
	if n > maxFilterKeys {
		return f, false
	}
	f.words = make([]uint64, int(n*filterBits)/64+1)
	for _, h := range b.hashes {
		f.add(h)
	}
	return f, true
}

func appendFilter(b []byte, f Filter) []byte {
	for _, w := range f.words {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

func decodeFilter(body []byte) (Filter, bool) {
	if len(body) == 0 || len(body)%8 != 0 {
		return Filter{}, false
	}
	f := Filter{words: make([]uint64, len(body)/8)}
	for i := range f.words {
		f.words[i] = binary.LittleEndian.Uint64(body[8*i:])
	}
	return f, true
}
