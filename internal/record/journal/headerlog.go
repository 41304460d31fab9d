// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
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

// headerLog is the log of headers: the leaves of the tree that checkpoints sign.
// Only the sealer appends; what is there may be read by all, under the lock of
// whoever holds it (evidence).
type headerLog struct {
	disk   disk
	path   func(...string) string
	files  [2]file // nil after an error, until the file is written anew
	end    int64
	leaves []hash
	offs   []int64
	tree   tree
}

// open reads the log and heals a copy that is damaged or gone.
func (g *headerLog) open(ctx context.Context, j *Journal) ([]logged, error) {
	g.disk, g.path = j.opts.disk, j.path
	copies, err := readHeaderFiles(j.path)
	if err != nil {
		return nil, err
	}
	s := scanHeaders(copies)
	fresh := len(copies[0])+len(copies[1]) == 0
	if s.cut {
		return s.list, fmt.Errorf("%w, after header %d: put a copy of the file %s back from a backup", errHeaderLog, len(s.list), hlogNames()[0])
	}
	for i, name := range hlogNames() {
		if !s.bad[i] {
			if g.files[i], err = g.disk.open(j.path(name)); err != nil {
				return nil, fmt.Errorf("open log of headers: %w", err)
			}
			continue
		}
		if !fresh {
			j.log.WarnContext(ctx, "a copy of the log of headers is damaged; it is written anew from the other", "file", name, "headers", len(s.list))
		}
		if err := g.rewrite(i, s.list); err != nil {
			return nil, err
		}
	}
	g.end, g.offs = int64(s.end), s.offs
	for i := range s.list {
		leaf := s.list[i].Header.Leaf()
		g.leaves = append(g.leaves, leaf)
		g.tree.Add(leaf)
	}
	return s.list, nil
}

// rewrite replaces a copy by one that holds these records.
func (g *headerLog) rewrite(i int, list []logged) error {
	b := binary.BigEndian.AppendUint32([]byte(hlogMagic), hlogVersion)
	for k := range list {
		b = list[k].append(b)
	}
	path := g.path(hlogNames()[i])
	if err := replaceFile(g.disk, path, b); err != nil {
		return fmt.Errorf("write log of headers: %w", err)
	}
	f, err := g.disk.open(path)
	if err != nil {
		return fmt.Errorf("open log of headers: %w", err)
	}
	g.files[i] = f
	return nil
}

// add appends a header to both copies and makes it durable; it returns the
// header's index. After an error nothing was added, and a copy that failed is
// written anew before the next one: no descriptor is synced twice after a failure.
func (g *headerLog) add(l logged) (index uint64, err error) {
	if err := g.mend(); err != nil {
		return 0, err
	}
	raw := l.append(nil)
	for i, f := range g.files {
		_, err = f.WriteAt(raw, g.end)
		if err == nil {
			err = f.sync()
		}
		if err != nil {
			err = errors.Join(fmt.Errorf("write log of headers: %w", err), f.Close())
			g.files[i] = nil
			return 0, err
		}
	}
	index = uint64(len(g.leaves))
	leaf := l.Header.Leaf()
	g.leaves, g.offs = append(g.leaves, leaf), append(g.offs, g.end)
	g.tree.Add(leaf)
	g.end += int64(len(raw))
	return index, nil
}

// mend writes the copies anew that an error has ended, with what was added.
func (g *headerLog) mend() error {
	if g.files[0] != nil && g.files[1] != nil {
		return nil
	}
	copies, err := readHeaderFiles(g.path)
	if err != nil {
		return err
	}
	for i := range copies { // a record beyond end was never added
		copies[i] = copies[i][:min(int64(len(copies[i])), g.end)]
	}
	s := scanHeaders(copies)
	if len(s.list) != len(g.leaves) {
		return fmt.Errorf("%w: %d of %d headers are readable", errHeaderLog, len(s.list), len(g.leaves))
	}
	for i, f := range g.files {
		if f == nil {
			if err := g.rewrite(i, s.list); err != nil {
				return err
			}
		}
	}
	return nil
}

// at reads a header again, from the copy in which it is whole.
func (g *headerLog) at(index uint64) (logged, error) {
	off, end := g.offs[index], g.end
	if index+1 < uint64(len(g.offs)) {
		end = g.offs[index+1]
	}
	for _, f := range g.files {
		if f == nil {
			continue
		}
		raw := make([]byte, end-off)
		if _, err := f.ReadAt(raw, off); err != nil {
			continue
		}
		if l, _, ok := hlogRecord(raw, 0); ok {
			return l, nil
		}
	}
	return logged{}, fmt.Errorf("%w: header %d", errHeaderLog, index)
}

func (g *headerLog) size() uint64 { return uint64(len(g.leaves)) }

func (g *headerLog) close() error {
	var err error
	for i, f := range g.files {
		if f != nil {
			err = errors.Join(err, f.Close())
			g.files[i] = nil
		}
	}
	return err
}

// recordCRC covers the length and the body of a record.
func recordCRC(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:4], castagnoli), castagnoli, b[recordHead:])
}
