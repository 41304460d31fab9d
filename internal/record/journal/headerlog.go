// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// The log of headers is a file of records, in two copies of the same bytes:
// "TCSNHLOG" | u32 version, then for each header u32 length of the body | u32
// CRC-32C of length and body | body: header | its MAC. A record that is damaged in
// one copy is taken from the other.
const (
	hlogMagic   = "TCSNHLOG"
	hlogVersion = 1
	hlogHead    = len(hlogMagic) + 4
	// maxHeaderRecord bounds a record's body: three names and fixed fields.
	maxHeaderRecord = 4 << 10
)

// hlogNames are the two copies, below the journal's folder.
func hlogNames() [2]string { return [2]string{"headers", "headers.copy"} }

// errHeaderLog: both copies of a record are damaged.
var errHeaderLog = errors.New("log of headers is damaged in both copies")

// logged is a header in the log.
type logged struct {
	Header Header
	MAC    hash // of the header
}

func (l *logged) append(b []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHead)...)
	b = l.Header.Append(b)
	b = append(b, l.MAC[:]...)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-recordHead)) //nolint:gosec // below maxHeaderRecord
	binary.BigEndian.PutUint32(b[at+4:], recordCRC(b[at:]))
	return b
}

// hlogRecord reads the record at off of one copy.
func hlogRecord(raw []byte, off int) (l logged, size int, ok bool) {
	if off > len(raw)-recordHead {
		return l, 0, false
	}
	n := int(binary.BigEndian.Uint32(raw[off:]))
	if n == 0 || n > maxHeaderRecord || n > len(raw)-off-recordHead {
		return l, 0, false
	}
	size = recordHead + n
	body := raw[off : off+size]
	if recordCRC(body) != binary.BigEndian.Uint32(body[4:]) {
		return l, 0, false
	}
	r := cursor{B: body[recordHead:]}
	l.Header, l.MAC = proof.ReadHeader(&r), r.Hash()
	return l, size, r.Done()
}

// scannedHeaders is what the two copies hold together.
type scannedHeaders struct {
	list []logged
	offs []int64
	end  int // of the last whole record
	bad  [2]bool
	// cut says that both copies are unreadable at end although more follows.
	cut bool
}

// scanHeaders takes each record from a copy in which it is whole. A copy is bad
// when it is not, byte for byte, what a whole one must be; a torn record at the end
// of both is none.
func scanHeaders(copies [2][]byte) scannedHeaders {
	s := scannedHeaders{end: hlogHead}
	head := binary.BigEndian.AppendUint32([]byte(hlogMagic), hlogVersion)
	for i, raw := range copies {
		s.bad[i] = len(raw) < hlogHead || string(raw[:hlogHead]) != string(head)
	}
	for {
		var found bool
		for i, raw := range copies {
			l, size, ok := hlogRecord(raw, s.end)
			if !ok {
				continue
			}
			s.list, s.offs = append(s.list, l), append(s.offs, int64(s.end))
			for k, other := range copies {
				if k != i && (len(other) < s.end+size || string(other[s.end:s.end+size]) != string(raw[s.end:s.end+size])) {
					s.bad[k] = true
				}
			}
			s.end += size
			found = true
			break
		}
		if !found {
			break
		}
	}
	s.cut = hlogResumes(copies, s.end)
	for i, raw := range copies {
		if len(raw) > s.end && !allZero(raw[s.end:]) {
			s.bad[i] = true
		}
	}
	return s
}

// hlogResumes tells whether a whole record follows somewhere behind end: then
// what lies at end was one as well.
func hlogResumes(copies [2][]byte, end int) bool {
	for _, raw := range copies {
		for off := end + 1; off < len(raw); off++ {
			if _, _, ok := hlogRecord(raw, off); ok {
				return true
			}
		}
	}
	return false
}

// readHeaderFiles reads both copies; an absent one is empty.
func readHeaderFiles(path func(...string) string) (copies [2][]byte, err error) {
	for i, name := range hlogNames() {
		copies[i], err = os.ReadFile(path(name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return copies, fmt.Errorf("read log of headers: %w", err)
		}
	}
	return copies, nil
}

// recordCRC covers the length and the body of a record.
func recordCRC(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:4], castagnoli), castagnoli, b[recordHead:])
}
