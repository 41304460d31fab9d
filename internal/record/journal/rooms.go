// SPDX-License-Identifier: Apache-2.0

package journal

import "sync"

// rooms lends the buffers in which requests are encoded: they are the most that is
// allocated for an event, and are done with as soon as it is durable. Safe for
// concurrent use.
type rooms struct{ free sync.Pool } // of *[]byte

// maxRoom is the largest buffer that is kept.
const maxRoom = 2 * maxRequestBytes

// lend returns an empty buffer with room for n bytes, made anew when the next one
// that is free has less.
func (p *rooms) lend(n int) []byte {
	if b, ok := p.free.Get().(*[]byte); ok && cap(*b) >= n {
		return (*b)[:0]
	}
	return make([]byte, 0, n)
}

// giveBack takes a buffer, of which nobody holds a part any more.
func (p *rooms) giveBack(b []byte) {
	if cap(b) > 0 && cap(b) <= maxRoom {
		p.free.Put(&b)
	}
}
