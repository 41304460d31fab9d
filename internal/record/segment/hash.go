// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"slices"
)

// The hashes in filters are part of the format. A text is taken as little-endian
// words of eight bytes, the last one filled up with zeros; bit 0x20 of each byte
// of a text is set, which makes letters lower-case. h begins as hashBegin ^ what
// the hash is of ^ the text's length<<8; for each word h = (h ^ word) *
// hashPrime, rotated left by 29; at the end comes the finalizer of MurmurHash3
// (A. Appleby). What a value is of is the hash of its column's name.
const (
	hashBegin uint64 = 0xcbf29ce484222325
	hashPrime uint64 = 0x9e3779b97f4a7c15
	lower     uint64 = 0x2020202020202020
	ones      uint64 = 0x0101010101010101
	high      uint64 = 0x8080808080808080
	ofWord    uint64 = 1
	ofAddress uint64 = 2
	ofKey     uint64 = 3
	ofColumn  uint64 = 4
	// maxHashed is how long a value may be to have a hash of its own.
	maxHashed = 64
)

// hashFolded is the hash of text[from:to].
func hashFolded(of uint64, text []byte, from, to int) uint64 {
	h := hashBegin ^ of ^ uint64(to-from)<<8 //nolint:gosec // not negative
	for ; to-from >= 8; from += 8 {
		h = bits.RotateLeft64((h^(binary.LittleEndian.Uint64(text[from:])|lower))*hashPrime, 29)
	}
	if n := to - from; n > 0 {
		var word uint64
		if from+8 <= len(text) {
			word = (binary.LittleEndian.Uint64(text[from:]) | lower) & (1<<(8*n) - 1)
		} else {
			for i, c := range text[from:to] {
				word |= uint64(c|0x20) << (8 * i)
			}
		}
		h = bits.RotateLeft64((h^word)*hashPrime, 29)
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

func hashAll(of uint64, text []byte) uint64 { return hashFolded(of, text, 0, len(text)) }

// WordHash is the hash of a word: a run of ASCII letters, digits and underscores
// between other bytes, in any text in which words are looked for.
func WordHash(word string) uint64 { return hashAll(ofWord, []byte(word)) }

// AddressHash is the hash of the address in a row of ColIP, without its zone and
// as IPv4 where it is one in IPv6.
func AddressHash(a netip.Addr) uint64 {
	b := a.As16()
	return hashAll(ofAddress, b[:])
}

// addressOf reads a text in the form in which addresses are hashed. It makes no
// garbage for IPv4.
func addressOf(text []byte) (netip.Addr, bool) {
	var four [4]byte
	part, digits := 0, 0
	for _, c := range text {
		switch {
		case c-'0' < 10 && digits < 3 && (digits == 0 || four[part] > 0):
			value := int(four[part])*10 + int(c-'0')
			if value > 255 {
				return netip.Addr{}, false
			}
			four[part] = byte(value & 0xff)
			digits++
		case c == '.' && part < 3 && digits > 0:
			part, digits = part+1, 0
		case c == ':':
			a, err := netip.ParseAddr(string(text))
			return a.Unmap().WithZone(""), err == nil
		default:
			if !slices.Contains(text, ':') {
				return netip.Addr{}, false
			}
			a, err := netip.ParseAddr(string(text))
			return a.Unmap().WithZone(""), err == nil
		}
	}
	return netip.AddrFrom4(four), part == 3 && digits > 0
}

// ValueHashes returns hashes that a page's filter has, all of them, when the
// column of that name is raw there and a row's text equals the given one but for
// the case of ASCII letters; of an attribute, when its value or a member of its
// list does, a bool as a word. They are those of its words when it is a single
// word, very long, or a message; there may be none.
func ValueHashes(column, text string) []uint64 {
	b := []byte(text)
	switch column {
	case "ip":
		if a, ok := addressOf(b); ok {
			return []uint64{AddressHash(a)}
		}
	case "message":
	default:
		if len(b) > 0 && len(b) <= maxHashed && !oneWord(b) {
			return []uint64{hashAll(columnHash(column), b)}
		}
	}
	var hashes []uint64
	eachWord(b, func(from, to int) { hashes = append(hashes, hashFolded(ofWord, b, from, to)) })
	return hashes
}

// columnHash is what the values of a column are of.
func columnHash(name string) uint64 { return hashAll(ofColumn, []byte(name)) }

// KeyHash is the hash of the key of an attribute that lies in ColRest.
func KeyHash(key string) uint64 { return hashAll(ofKey, []byte(key)) }

// inWord tells whether a byte belongs to a word.
func inWord(c byte) bool {
	return c-'0' < 10 || c|0x20-'a' < 26 || c == '_'
}

// oneWord tells whether a text is one word.
func oneWord(text []byte) bool {
	for _, c := range text {
		if !inWord(c) {
			return false
		}
	}
	return len(text) > 0
}

// eachWord calls yield with the begin and the end of each word of a text.
func eachWord(text []byte, yield func(from, to int)) {
	from := -1 // of the word that is not over
	for i := 0; i < len(text); i += 8 {
		var eight uint64 // filled up with zeros, which are in no word
		if i+8 <= len(text) {
			eight = binary.LittleEndian.Uint64(text[i:])
		} else {
			for k, c := range text[i:] {
				eight |= uint64(c) << (8 * k)
			}
		}
		in := inWords(eight)
		for at := 0; at < 64; {
			if from < 0 {
				at += bits.TrailingZeros64(in>>at) &^ 7
				if at >= 64 {
					break
				}
				from = i + at/8
			} else {
				at += bits.TrailingZeros64(^in&high>>at) &^ 7
				if at >= 64 {
					break
				}
				yield(from, i+at/8)
				from = -1
			}
		}
	}
	if from >= 0 {
		yield(from, len(text))
	}
}

// inWords is inWord of eight bytes at once: the high bit of each tells.
func inWords(b uint64) uint64 {
	low := b &^ high // no sum below is carried into the next byte
	folded := low | lower
	letter := (folded + (0x80-'a')*ones) &^ (folded + (0x80-'z'-1)*ones)
	digit := (low + (0x80-'0')*ones) &^ (low + (0x80-'9'-1)*ones)
	line := ^((low ^ '_'*ones) + 0x7f*ones)
	return (letter | digit | line) & high &^ b
}
