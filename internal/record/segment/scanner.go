// SPDX-License-Identifier: Apache-2.0

package segment

// scanner takes values off the front of s; bad is set, and stays set, when it
// is too short or wrong.
type scanner[T string | []byte] struct {
	s   T
	bad bool
}

func (r *scanner[T]) take(n int) (t T) {
	if r.bad || n < 0 || n > len(r.s) {
		r.bad = true
		return t
	}
	t, r.s = r.s[:n], r.s[n:]
	return t
}

func (r *scanner[T]) byte() byte {
	if r.bad || len(r.s) == 0 {
		r.bad = true
		return 0
	}
	b := r.s[0]
	r.s = r.s[1:]
	return b
}

func (r *scanner[T]) uvarint() uint64 {
	var x uint64
	for shift := uint(0); shift < 64; shift += 7 {
		b := r.byte()
		x |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return x
		}
	}
	r.bad = true
	return 0
}

func (r *scanner[T]) varint() int64 {
	u := r.uvarint()
	return int64(u>>1) ^ -int64(u&1)
}

func (r *scanner[T]) text() (t T) {
	n := r.uvarint()
	if n > uint64(len(r.s)) {
		r.bad = true
		return t
	}
	return r.take(int(n)) //nolint:gosec // compared with a length
}

func (r *scanner[T]) texts(n int) {
	for range n {
		r.text()
	}
}

// count reads a number of things that take at least size bytes each, so that it
// is never larger than what is left.
func (r *scanner[T]) count(size int) int {
	n := r.uvarint()
	if r.bad || n > uint64(len(r.s)/size) { //nolint:gosec // a length
		r.bad = true
		return 0
	}
	return int(n) //nolint:gosec // compared with a length
}

// key reads an attribute's key: its code, or 0 and the key itself.
func (r *scanner[T]) key() (code uint16, key T) {
	n := r.uvarint()
	if n == 0 {
		return 0, r.text()
	}
	r.bad = r.bad || n > maxCodes
	return uint16(n & maxCodes), key
}
