// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"encoding/binary"
	"errors"
	"path/filepath"
)

// change is the kind of a record.
type change byte

const (
	changeAdd     change = 1 // the file was sealed
	changeReplace change = 2 // the file stands for the ranges of the files in Old
	changeDrop    change = 3 // the files in Old went: a tombstone covers the stream up to UpTo
)

// listed is a segment file that counts.
type listed struct {
	Name   string   // below segments/, "" for a range of which no row was left
	Size   int64    // of the file
	Sum    hash     // SHA-256 of the file
	Ranges []uint64 // indexes of the headers in the log, rising
}

// record is one change of the manifest.
type record struct {
	Number uint64 // counts records, from 1, also over files written anew
	Change change
	listed          // of a drop, only Ranges: those that went and had no file
	Old    []string // names of files that count no longer
	// Stream and UpTo say, of a drop, which ranges retention has taken: those of
	// the stream with that number or a lower one.
	Stream string
	UpTo   uint64
}

func (r *record) append(b []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHead)...)
	b = binary.BigEndian.AppendUint64(b, r.Number)
	b = append(b, byte(r.Change))
	b = appendName(b, r.Name)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Size)) //nolint:gosec // a size
	b = append(b, r.Sum[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Ranges))) //nolint:gosec // below maxRecord
	for _, i := range r.Ranges {
		b = binary.BigEndian.AppendUint64(b, i)
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Old))) //nolint:gosec // below maxRecord
	for _, name := range r.Old {
		b = appendName(b, name)
	}
	b = appendName(b, r.Stream)
	b = binary.BigEndian.AppendUint64(b, r.UpTo)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-recordHead)) //nolint:gosec // below maxRecord
	binary.BigEndian.PutUint32(b[at+4:], recordCRC(b[at:]))
	return b
}

func appendName(b []byte, name string) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(len(name))) //nolint:gosec // a path of ours
	return append(b, name...)
}

var errRecord = errors.New("malformed manifest record")

func decodeRecord(body []byte) (r record, err error) {
	c := cursor{B: body}
	r.Number, r.Change = c.U64(), change(c.U8())
	r.Name = c.Short()
	r.Size, r.Sum = c.I64(), c.Hash()
	for n := c.U32(); n > 0 && !c.Bad; n-- {
		r.Ranges = append(r.Ranges, c.U64())
	}
	for n := c.U32(); n > 0 && !c.Bad; n-- {
		r.Old = append(r.Old, c.Short())
	}
	r.Stream, r.UpTo = c.Short(), c.U64()
	local := func(name string) bool { return name == "" || filepath.IsLocal(name) }
	if !c.Done() || r.Change < changeAdd || r.Change > changeDrop || !local(r.Name) || r.Size < 0 {
		return r, errRecord
	}
	for i, at := range r.Ranges {
		if i > 0 && at <= r.Ranges[i-1] {
			return r, errRecord
		}
	}
	for _, name := range r.Old {
		if !local(name) {
			return r, errRecord
		}
	}
	drop := r.Change == changeDrop
	if len(r.Ranges) == 0 && !drop || drop && r.Name != "" || (r.Stream != "" && r.UpTo > 0) != drop || (len(r.Old) > 0) == (r.Change == changeAdd) && !drop {
		return r, errRecord
	}
	return r, nil
}

func recordAt(raw []byte) (r record, size int, ok bool) {
	if len(raw) < recordHead {
		return r, 0, false
	}
	n := int(binary.BigEndian.Uint32(raw))
	if n == 0 || n > maxRecord || n > len(raw)-recordHead {
		return r, 0, false
	}
	size = recordHead + n
	if recordCRC(raw[:size]) != binary.BigEndian.Uint32(raw[4:]) {
		return r, 0, false
	}
	r, err := decodeRecord(raw[recordHead:size])
	return r, size, err == nil
}
