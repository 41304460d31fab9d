// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// OpenBytes is OpenFile of a file that lies in memory.
func OpenBytes(b []byte, cache *Cache) (*File, error) {
	return newFile("bytes", bytes.NewReader(b), int64(len(b)), cache)
}

// Reseal makes the magic and the checksums of a changed file right again, that of
// its footer and, where that can be read, those of the bodies.
func Reseal(b []byte) {
	at := len(b) - trailerSize
	if at < magicSize {
		return
	}
	copy(b, magic)
	copy(b[len(b)-magicSize:], magic)
	n := int(binary.LittleEndian.Uint32(b[at:]))
	if n > at-magicSize {
		return
	}
	if f, err := parseFooter(b[at-n:at], int64(at-n), versionOf(b[:magicSize])); err == nil {
		fix := func(list ...*extent) {
			for _, x := range list {
				if !x.none() {
					x.crc = crc32.Checksum(b[x.offset:x.offset+int64(x.stored)], castagnoli())
				}
			}
		}
		all := func(p *pageList) {
			for i := range p.list {
				fix(&p.list[i])
			}
		}
		for c := range numColumns + Column(len(f.attrs)) {
			fix(&f.column(c).dict)
			all(&f.column(c).pages)
		}
		fix(&f.rollup, &f.words, &f.filter)
		if again := f.append(nil); len(again) == n { // it may have been written otherwise
			copy(b[at-n:], again)
		}
	}
	binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(b[at-n:at], castagnoli()))
}
