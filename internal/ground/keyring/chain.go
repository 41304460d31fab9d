// SPDX-License-Identifier: Apache-2.0

package keyring

// chainID names the keys of a stream in an epoch.
type chainID struct {
	epoch  uint32
	stream string
}

// link is K_j.
type link struct {
	j   uint64
	key [KeyBytes]byte
}

// chain walks along K_from, K_{from+1}, … and keeps some of them.
type chain struct {
	marks  [][KeyBytes]byte // K_from, K_{from+stride}, …
	from   uint64
	stride uint64
	at     link // the last one asked for
}

func newChain(from uint64, key [KeyBytes]byte) *chain {
	return &chain{marks: [][KeyBytes]byte{key}, from: from, stride: 1, at: link{from, key}}
}

// key is K_j, with j not below from.
func (c *chain) key(j uint64) [KeyBytes]byte {
	n := min((j-c.from)/c.stride, uint64(len(c.marks)-1)) //nolint:gosec // at most maxMarks
	at := link{c.from + n*c.stride, c.marks[n]}
	if c.at.j <= j && c.at.j > at.j {
		at = c.at
	}
	for at.j < j {
		at = link{at.j + 1, Ratchet(at.key)}
		if at.j == c.from+uint64(len(c.marks))*c.stride {
			c.mark(at.key)
		}
	}
	c.at = at
	return at.key
}

// mark keeps the key after the last mark, and every second one when there are many.
func (c *chain) mark(key [KeyBytes]byte) {
	c.marks = append(c.marks, key)
	if len(c.marks) <= maxMarks {
		return
	}
	for i := range len(c.marks)/2 + 1 { // an odd number: the last one stays
		c.marks[i] = c.marks[2*i]
	}
	clear(c.marks[len(c.marks)/2+1:])
	c.marks = c.marks[:len(c.marks)/2+1]
	c.stride *= 2
}

// wipe forgets all keys.
func (c *chain) wipe() {
	clear(c.marks)
	c.at.key = [KeyBytes]byte{}
}
