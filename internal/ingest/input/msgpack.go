// SPDX-License-Identifier: Apache-2.0

package input

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// MessagePack (github.com/msgpack/msgpack/blob/master/spec.md) is read here, for the
// libraries make room for as many members as a sender claims, or recurse as deep as it
// likes; here a value is looked at where it lies, and nothing is made of a length.

var (
	errPackShort = errors.New("msgpack: more is needed")
	errPack      = errors.New("broken msgpack")
)

// packKind is the kind of a MessagePack value.
type packKind uint8

const (
	packNil packKind = iota
	packBool
	packInt
	packFloat
	packText
	packBytes
	packList
	packMap
	packExt
)

// packValue is the head of a value: its kind, its bytes or number, and how many members
// follow it.
type packValue struct {
	kind    packKind
	text    string // of a number, bool or nil: its JSON
	bytes   []byte // of text, bytes and ext
	ext     int8
	members uint64
}

// packHead reads the head of the value at the start of b, with the bytes that belong to
// it, and returns how long that is. errPackShort says that b ends before it.
func packHead(b []byte) (v packValue, n int, err error) {
	if len(b) == 0 {
		return v, 0, errPackShort
	}
	c := b[0]
	switch {
	case c <= 0x7f:
		return packValue{kind: packInt, text: strconv.Itoa(int(c))}, 1, nil
	case c >= 0xe0:
		return packValue{kind: packInt, text: strconv.Itoa(int(int8(c)))}, 1, nil //nolint:gosec // a negative number
	case c <= 0x8f:
		return packValue{kind: packMap, members: uint64(c & 0x0f)}, 1, nil
	case c <= 0x9f:
		return packValue{kind: packList, members: uint64(c & 0x0f)}, 1, nil
	case c <= 0xbf:
		return packBlob(b, packText, 1, uint64(c&0x1f))
	}
	switch c {
	case 0xc0:
		return packValue{kind: packNil, text: "null"}, 1, nil
	case 0xc2, 0xc3:
		return packValue{kind: packBool, text: strconv.FormatBool(c == 0xc3)}, 1, nil
	case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8:
		return packBlob(b, packExt, 1, 1<<(c-0xd4))
	case 0xc1:
		return v, 0, fmt.Errorf("%w: byte 0xc1", errPack)
	}
	size := 1 << (c & 3) // of the number that follows: of lengths, of integers
	switch {
	case c == 0xca || c == 0xcb:
		size = 4 << (c & 1)
	case c >= 0xc4 && c <= 0xc9:
		size = 1 << ((c - 0xc4) % 3)
	case c >= 0xd9 && c <= 0xdb:
		size = 1 << (c - 0xd9)
	case c >= 0xdc:
		size = 2 << (c & 1)
	}
	if len(b) < 1+size {
		return v, 0, errPackShort
	}
	var room [8]byte
	copy(room[8-size:], b[1:1+size])
	u := binary.BigEndian.Uint64(room[:])
	n = 1 + size
	switch {
	case c >= 0xc4 && c <= 0xc6:
		return packBlob(b, packBytes, n, u)
	case c >= 0xc7 && c <= 0xc9:
		return packBlob(b, packExt, n, u)
	case c == 0xca:
		return packReal(float64(math.Float32frombits(uint32(u))), n) //nolint:gosec // four bytes were read
	case c == 0xcb:
		return packReal(math.Float64frombits(u), n)
	case c >= 0xcc && c <= 0xcf:
		return packValue{kind: packInt, text: strconv.FormatUint(u, 10)}, n, nil
	case c >= 0xd0 && c <= 0xd3:
		i := int64(u<<(64-8*size)) >> (64 - 8*size) //nolint:gosec // its sign
		return packValue{kind: packInt, text: strconv.FormatInt(i, 10)}, n, nil
	case c >= 0xd9 && c <= 0xdb:
		return packBlob(b, packText, n, u)
	case c == 0xdc || c == 0xdd:
		return packValue{kind: packList, members: u}, n, nil
	default: // 0xde, 0xdf
		return packValue{kind: packMap, members: u}, n, nil
	}
}

// packBlob reads the bytes behind a head of n bytes, for ext behind its type.
func packBlob(b []byte, kind packKind, n int, size uint64) (v packValue, used int, err error) {
	v.kind = kind
	if kind == packExt {
		if len(b) <= n {
			return v, 0, errPackShort
		}
		v.ext = int8(b[n]) //nolint:gosec // types are signed
		n++
	}
	if size > uint64(len(b)-n) { //nolint:gosec // b is longer than n
		return v, 0, errPackShort
	}
	v.bytes = b[n : n+int(size)] //nolint:gosec // not more than b has
	return v, n + int(size), nil //nolint:gosec // as above
}

func packReal(f float64, n int) (packValue, int, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return packValue{kind: packFloat, text: strconv.Quote(strconv.FormatFloat(f, 'g', -1, 64))}, n, nil
	}
	return packValue{kind: packFloat, text: strconv.FormatFloat(f, 'g', -1, 64)}, n, nil
}

// packScan finds where a value ends that comes piece by piece: it goes on where it was.
type packScan struct {
	at    int
	stack []uint64 // the values that are still to come, level by level
}

// next goes on in b, which begins with the value, and returns its length when it is all
// there; else errPackShort.
func (s *packScan) next(b []byte) (int, error) {
	if s.at == 0 {
		s.stack = append(s.stack[:0], 1)
	}
	for len(s.stack) > 0 {
		top := len(s.stack) - 1
		if s.stack[top] == 0 {
			s.stack = s.stack[:top]
			continue
		}
		v, n, err := packHead(b[s.at:])
		if err != nil {
			return 0, err
		}
		s.at += n
		s.stack[top]--
		if v.members > 0 {
			if len(s.stack) > event.MaxDepth+2 {
				return 0, fmt.Errorf("%w: more than %d levels deep", errPack, event.MaxDepth)
			}
			if v.kind == packMap {
				v.members *= 2
			}
			s.stack = append(s.stack, v.members)
		}
	}
	n := s.at
	s.at = 0
	return n, nil
}

// packLen is the length of the value at the start of b.
func packLen(b []byte) (int, error) {
	var s packScan
	return s.next(b)
}

// appendPackJSON writes the value at the start of b as JSON, and returns its length.
// Bytes are text where they are UTF-8, else base64; what is neither number nor text as
// the key of a map becomes the text of its JSON.
func appendPackJSON(dst, b []byte, depth int) ([]byte, int, error) {
	v, n, err := packHead(b)
	switch {
	case err != nil:
		return dst, 0, err
	case depth > event.MaxDepth+2:
		return dst, 0, fmt.Errorf("%w: more than %d levels deep", errPack, event.MaxDepth)
	}
	switch v.kind {
	case packText:
		return appendPackText(dst, v.bytes), n, nil
	case packBytes:
		if utf8.Valid(v.bytes) {
			return appendPackText(dst, v.bytes), n, nil
		}
		return strconv.AppendQuote(dst, base64.StdEncoding.EncodeToString(v.bytes)), n, nil
	case packExt:
		if text, ok := eventTime(v); ok {
			return append(dst, text...), n, nil
		}
		return strconv.AppendQuote(dst, base64.StdEncoding.EncodeToString(v.bytes)), n, nil
	case packList, packMap:
	default:
		return append(dst, v.text...), n, nil
	}
	ends := "[]"
	if v.kind == packMap {
		ends = "{}"
	}
	dst = append(dst, ends[0])
	for i := range v.members {
		if i > 0 {
			dst = append(dst, ',')
		}
		var used int
		if v.kind == packMap {
			var key []byte
			if key, used, err = appendPackJSON(nil, b[n:], depth+1); err != nil {
				return dst, 0, err
			}
			if key[0] != '"' {
				key = appendPackText(nil, key)
			}
			dst = append(append(dst, key...), ':')
			n += used
		}
		if dst, used, err = appendPackJSON(dst, b[n:], depth+1); err != nil {
			return dst, 0, err
		}
		n += used
	}
	return append(dst, ends[1]), n, nil
}

func appendPackText(dst, text []byte) []byte {
	quoted, err := json.Marshal(strings.ToValidUTF8(string(text), "\ufffd"))
	if err != nil { // a text can always be written
		return append(dst, `""`...)
	}
	return append(dst, quoted...)
}

// eventTime reads the EventTime of the forward protocol (ext type 0: seconds and
// nanoseconds of four bytes each) as a number of seconds.
func eventTime(v packValue) (string, bool) {
	if v.kind != packExt || v.ext != 0 || len(v.bytes) != 8 {
		return "", false
	}
	s, ns := binary.BigEndian.Uint32(v.bytes), binary.BigEndian.Uint32(v.bytes[4:])
	return fmt.Sprintf("%d.%09d", s, ns%1e9), true
}
