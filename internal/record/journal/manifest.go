// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// The manifest is a file of numbered records, each atomic: u32 length of body |
// u32 CRC-32C of length and body | body. It says which segment files count, and
// which headers of the log each of them holds the ranges of. It is derived: the log
// of headers and the segment files are enough to write it anew.
const (
	manifestMagic   = "TCSNMANI"
	manifestVersion = 2
	manifestHead    = 8 + 4 + 8 // magic, version, number of the record before the first
	recordHead      = 4 + 4
	maxRecord       = 16 << 20
	// compactFactor and compactRoom say when a manifest is written anew without
	// the records of files that are gone.
	compactFactor = 4
	compactRoom   = 1024
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
	listed          // not of a drop
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
	if (len(r.Ranges) == 0) != drop || (r.Stream != "" && r.UpTo > 0) != drop || (len(r.Old) > 0) == (r.Change == changeAdd) && !drop {
		return r, errRecord
	}
	return r, nil
}

// scannedManifest is what a manifest's bytes say.
type scannedManifest struct {
	files  []listed // that count, in the order of their records
	pruned map[string]uint64
	number uint64 // of the last record
	end    int    // where the last whole record ends, when only whole ones come before it
	count  int    // of records
	// damaged: records follow a bad place; torn: the file ends within a record.
	damaged, torn bool
}

// scanManifest reads records as far as they can be.
func scanManifest(raw []byte) scannedManifest {
	var s scannedManifest
	if len(raw) < manifestHead || string(raw[:8]) != manifestMagic || binary.BigEndian.Uint32(raw[8:]) != manifestVersion {
		s.damaged = len(raw) > 0
	} else {
		s.number = binary.BigEndian.Uint64(raw[12:])
	}
	off := manifestHead
	s.end = off
	for off < len(raw) {
		r, size, ok := recordAt(raw[off:])
		if !ok {
			next := off + 1
			for next < len(raw) {
				if _, _, ok := recordAt(raw[next:]); ok {
					break
				}
				next++
			}
			if next < len(raw) || s.damaged {
				s.damaged = true
			} else {
				s.torn = !allZero(raw[off:])
			}
			off = next
			continue
		}
		off += size
		if !s.damaged {
			s.damaged = r.Number != s.number+1 || !s.applies(&r)
			s.end = off
		}
		s.apply(&r)
		s.number = max(s.number, r.Number)
		s.count++
	}
	return s
}

// applies tells whether the files that a record takes away are there.
func (s *scannedManifest) applies(r *record) bool {
	for _, name := range r.Old {
		if !slices.ContainsFunc(s.files, func(f listed) bool { return f.Name == name }) {
			return false
		}
	}
	return true
}

func (s *scannedManifest) apply(r *record) {
	if len(r.Old) > 0 {
		s.files = slices.DeleteFunc(s.files, func(f listed) bool { return f.Name != "" && slices.Contains(r.Old, f.Name) })
	}
	if r.Change != changeDrop {
		s.files = append(s.files, r.listed)
		return
	}
	if s.pruned == nil {
		s.pruned = map[string]uint64{}
	}
	s.pruned[r.Stream] = max(s.pruned[r.Stream], r.UpTo)
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

// manifest appends records. One goroutine at a time uses it.
type manifest struct {
	disk   disk
	path   string
	number uint64 // of the last record
	count  int    // of the records in the file
	f      file   // nil after an error, until the file is written anew
	at     int64
	files  []listed // what a file written anew holds
	// pruned is the number of the last range of each stream that retention took.
	pruned map[string]uint64
}

// readManifest reads the file; absent is no error.
func readManifest(path string) (raw []byte, err error) {
	raw, err = os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return raw, nil
}

// add appends a record and makes it durable; it gives the record its number.
// After an error nothing has changed, and the whole file is written anew with the
// next record: no descriptor is synced twice after a failure.
func (m *manifest) add(r record) error {
	r.Number = m.number + 1
	next := scannedManifest{files: slices.Clone(m.files), pruned: maps.Clone(m.pruned)}
	next.apply(&r)
	if m.f == nil || m.count > compactRoom+compactFactor*len(m.files) {
		if err := m.rewrite(next.files, next.pruned, r.Number); err != nil {
			return err
		}
	} else {
		raw := r.append(nil)
		_, err := m.f.WriteAt(raw, m.at)
		if err == nil {
			err = m.f.sync()
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("write manifest: %w", err), m.f.Close())
			m.f = nil
			return err
		}
		m.at += int64(len(raw))
		m.count++
	}
	m.number, m.files, m.pruned = r.Number, next.files, next.pruned
	return nil
}

// rewrite replaces the file by one that says only what counts, with records that are
// numbered up to number, or further.
func (m *manifest) rewrite(files []listed, pruned map[string]uint64, number uint64) error {
	var records []record
	for _, stream := range slices.Sorted(maps.Keys(pruned)) {
		records = append(records, record{Change: changeDrop, Stream: stream, UpTo: pruned[stream]})
	}
	for i := range files {
		records = append(records, record{Change: changeAdd, listed: files[i]})
	}
	number = max(number, uint64(len(records)))
	b := binary.BigEndian.AppendUint32([]byte(manifestMagic), manifestVersion)
	first := number - uint64(len(records))
	b = binary.BigEndian.AppendUint64(b, first)
	for i := range records {
		records[i].Number = first + uint64(i) + 1
		b = records[i].append(b)
	}
	if m.f != nil {
		_ = m.f.Close() // the file is replaced
		m.f = nil
	}
	if err := replaceFile(m.disk, m.path, b); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	f, err := m.disk.open(m.path)
	if err != nil {
		return fmt.Errorf("open manifest: %w", err)
	}
	m.f, m.at = f, int64(len(b))
	m.number, m.count, m.files, m.pruned = number, len(records), files, pruned
	return nil
}

func (m *manifest) close() error {
	if m.f == nil {
		return nil
	}
	err := m.f.Close()
	m.f = nil
	if err != nil {
		return fmt.Errorf("close manifest: %w", err)
	}
	return nil
}

// fileSum returns a file's size and SHA-256.
func fileSum(path string) (size int64, sum hash, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, sum, fmt.Errorf("open: %w", err)
	}
	h := sha256.New()
	size, err = io.Copy(h, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, sum, fmt.Errorf("read %s: %w", path, err)
	}
	h.Sum(sum[:0])
	return size, sum, nil
}
