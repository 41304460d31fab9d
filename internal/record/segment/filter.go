// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Filter tells of a page of a file what its raw texts surely do not hold, so
// that a search need not read them. It is a Bloom filter (B. Bloom, 1970) over
// the hashes below, with filterBits bits and filterProbes probes for each one,
// which lets about one in a hundred pass for nothing. The zero Filter lets
// everything pass; dictionaries are not covered.
type Filter struct{ words []uint64 }

const (
	filterBits   = 10
	filterProbes = 6
	// maxFilterKeys is where a page has too many words for a filter to pay.
	maxFilterKeys = 1 << 18
)

// Has tells whether the page may hold what has that hash.
func (f Filter) Has(hash uint64) bool {
	if len(f.words) == 0 {
		return true
	}
	n := uint64(len(f.words)) * 64
	step := hash>>32 | 1
	for range filterProbes {
		bit := hash % n
		if f.words[bit>>6]&(1<<(bit&63)) == 0 {
			return false
		}
		hash += step * 0x9e3779b97f4a7c15
	}
	return true
}

func (f Filter) add(hash uint64) {
	n := uint64(len(f.words)) * 64
	step := hash>>32 | 1
	for range filterProbes {
		bit := hash % n
		f.words[bit>>6] |= 1 << (bit & 63)
		hash += step * 0x9e3779b97f4a7c15
	}
}

// The hashes are part of the format. A text is taken as little-endian words of
// eight bytes, the last one filled up with zeros; bit 0x20 of each byte of a text
// is set, which makes letters lower-case. h begins as hashBegin ^ what the hash is
// of ^ the text's length<<8; for each word h = (h ^ word) * hashPrime, rotated left
// by 29; at the end comes the finalizer of MurmurHash3 (A. Appleby).
const (
	hashBegin  uint64 = 0xcbf29ce484222325
	hashPrime  uint64 = 0x9e3779b97f4a7c15
	lower      uint64 = 0x2020202020202020
	ofSource   byte   = 1
	ofCategory byte   = 2
	ofUser     byte   = 3
	ofAddress  byte   = 4
	ofWord     byte   = 5
)

func hashFolded(of byte, s []byte) uint64 {
	h := hashBegin ^ uint64(of) ^ uint64(len(s))<<8
	for ; len(s) >= 8; s = s[8:] {
		h = bits.RotateLeft64((h^(binary.LittleEndian.Uint64(s)|lower))*hashPrime, 29)
	}
	if n := len(s); n > 0 {
		var word uint64
		for i, c := range s {
			word |= uint64(c|0x20) << (8 * i)
		}
		h = bits.RotateLeft64((h^word)*hashPrime, 29)
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// WordHash is the hash of a word: a run of ASCII letters, digits and underscores
// between other bytes, in any text in which words are looked for.
func WordHash(word string) uint64 { return hashFolded(ofWord, []byte(word)) }

// ValueHash is the hash of the whole text of a row of ColSource, ColCategory or
// ColUser.
func ValueHash(c Column, text string) uint64 { return hashFolded(kindOf(c), []byte(text)) }

func kindOf(c Column) byte {
	switch c {
	case ColSource:
		return ofSource
	case ColCategory:
		return ofCategory
	default:
		return ofUser
	}
}

// AddressHash is the hash of the address in a row of ColIP, without its zone and
// as IPv4 where it is one in IPv6.
func AddressHash(a netip.Addr) uint64 {
	b := a.As16()
	return hashFolded(ofAddress, b[:])
}

// filterBuilder gathers the different hashes of a page.
type filterBuilder struct {
	table []uint64 // open addressing; 0 is free
	n     int
	word  [256]bool // the bytes of words
}

func (b *filterBuilder) add(hash uint64) {
	if hash == 0 {
		hash = 1
	}
	if 4*b.n >= 3*len(b.table) {
		old := b.table
		b.table, b.n = make([]uint64, max(1<<14, 2*len(old))), 0
		for _, h := range old {
			if h != 0 {
				b.insert(h)
			}
		}
	}
	b.insert(hash)
}

func (b *filterBuilder) insert(hash uint64) {
	mask := uint64(len(b.table) - 1) //nolint:gosec // never empty here
	for i := hash & mask; ; i = (i + 1) & mask {
		switch b.table[i] {
		case hash:
			return
		case 0:
			b.table[i] = hash
			b.n++
			return
		}
	}
}

// words adds each word of a text.
func (b *filterBuilder) words(text []byte) {
	for i := 0; i < len(text); i++ {
		from := i
		for i < len(text) && b.word[text[i]] {
			i++
		}
		if i > from {
			b.add(hashFolded(ofWord, text[from:i]))
		}
	}
}

// begin empties the builder for the next page.
func (b *filterBuilder) begin() {
	clear(b.table)
	b.n = 0
	for c := range b.word {
		b.word[c] = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_'
	}
}

// page gathers a page of r; false when it would be too much, or nothing is raw.
func (b *filterBuilder) page(r Reader, page int) (bool, error) {
	b.begin()
	raw := false
	for c := ColSource; c <= ColRest; c++ {
		if !r.Raw(c, page) {
			continue
		}
		raw = true
		texts, err := r.Texts(c, page)
		if err != nil {
			return false, err
		}
		for i := range texts.Len() {
			text, _ := texts.At(i)
			b.row(c, text)
			if b.n > maxFilterKeys {
				return false, nil
			}
		}
	}
	return raw, nil
}

func (b *filterBuilder) row(c Column, text []byte) {
	switch c {
	case ColRest:
		RestTexts(text, func(t []byte) bool {
			b.words(t)
			return b.n <= maxFilterKeys
		})
		return
	case ColSource, ColCategory, ColUser:
		b.add(hashFolded(kindOf(c), text))
	case ColIP:
		if a, err := netip.ParseAddr(string(text)); err == nil {
			b.add(AddressHash(a.Unmap().WithZone("")))
		}
	default:
	}
	b.words(text)
}

// filter makes the Filter of what was gathered.
func (b *filterBuilder) filter() Filter {
	f := Filter{words: make([]uint64, max(1, (b.n*filterBits+63)/64))}
	for _, h := range b.table {
		if h != 0 {
			f.add(h)
		}
	}
	return f
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
