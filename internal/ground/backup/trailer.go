// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash/crc32"
)

// The trailer is a skippable frame of zstd (RFC 8878, 3.1.2): its magic and length,
// little-endian, and then, big-endian: "TCSNBKUP", u32 version, i64 offset and i64
// length of the frame of the table of contents, 32 bytes SHA-256 of that frame, u32
// CRC-32C of all before it.
const (
	skippable    = 0x184D2A5C
	trailerMagic = "TCSNBKUP"
	trailerBody  = len(trailerMagic) + 4 + 8 + 8 + sha256.Size + 4
	trailerBytes = 4 + 4 + trailerBody
)

// trailer says where the table of contents is.
type trailer struct {
	version        uint32
	offset, stored int64
	sum            [sha256.Size]byte
}

func (t *trailer) encode() []byte {
	b := make([]byte, 0, trailerBytes)
	b = binary.LittleEndian.AppendUint32(b, skippable)
	b = binary.LittleEndian.AppendUint32(b, uint32(trailerBody))
	b = append(b, trailerMagic...)
	b = binary.BigEndian.AppendUint32(b, t.version)
	b = binary.BigEndian.AppendUint64(b, uint64(t.offset)) //nolint:gosec // a place in a file
	b = binary.BigEndian.AppendUint64(b, uint64(t.stored)) //nolint:gosec // a length
	b = append(b, t.sum[:]...)
	return binary.BigEndian.AppendUint32(b, crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)))
}

// decodeTrailer reads the last bytes of a file of that size.
func decodeTrailer(b []byte, size int64) (t trailer, err error) {
	if len(b) != trailerBytes || binary.LittleEndian.Uint32(b) != skippable || binary.LittleEndian.Uint32(b[4:]) != uint32(trailerBody) ||
		string(b[8:8+len(trailerMagic)]) != trailerMagic {
		return t, fmt.Errorf("%w: it does not end as a backup does: it was cut off, or is none", ErrDamaged)
	}
	end := trailerBytes - 4
	if crc32.Checksum(b[:end], crc32.MakeTable(crc32.Castagnoli)) != binary.BigEndian.Uint32(b[end:]) {
		return t, fmt.Errorf("%w: its last bytes have a wrong checksum", ErrDamaged)
	}
	b = b[8+len(trailerMagic):]
	t.version = binary.BigEndian.Uint32(b)
	t.offset, t.stored = int64(binary.BigEndian.Uint64(b[4:])), int64(binary.BigEndian.Uint64(b[12:])) //nolint:gosec // checked below
	copy(t.sum[:], b[20:])
	if t.version > Version {
		return t, fmt.Errorf("%w: version %d, this program reads up to %d", ErrNewer, t.version, Version)
	}
	limit := size - int64(trailerBytes)
	if t.offset < 0 || t.stored <= 0 || t.offset > limit || t.stored > maxContents || t.offset+t.stored != limit {
		return t, fmt.Errorf("%w: its table of contents does not end where the file does", ErrDamaged)
	}
	return t, nil
}
