// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// The manifest is a file of numbered records, each atomic: u32 length of body |
// u32 CRC-32C of length and body | body. It says which segment files count; the
// headers in it stay when a file is lost.
const (
	manifestMagic = "TCSNMANI"
	manifestHead  = 8 + 4
	recordHead    = 4 + 4
	maxRecord     = 16 << 20
	recordAdd     = 1
)

// record is one change of the manifest: a sealed range was added.
type record struct {
	Number uint64 // counts records, from 1
	Name   string // of the segment file below segments/, "" when no row was left
	Size   int64  // of that file
	Sum    hash   // SHA-256 of that file
	meta          // without the seed, which stays in the segment file
}

func (r *record) append(b []byte) []byte {
	at := len(b)
	b = append(b, make([]byte, recordHead)...)
	b = binary.BigEndian.AppendUint64(b, r.Number)
	b = append(b, recordAdd)
	b = proof.AppendShort(b, r.Name)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Size)) //nolint:gosec // a size
	b = append(b, r.Sum[:]...)
	m := r.meta
	m.Seed = hash{}
	b = append(b, m.encode()...)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-recordHead)) //nolint:gosec // below maxRecord
	binary.BigEndian.PutUint32(b[at+4:], recordCRC(b[at:]))
	return b
}

// recordCRC covers the length and the body.
func recordCRC(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:4], castagnoli), castagnoli, b[recordHead:])
}

func decodeRecord(body []byte) (r record, err error) {
	c := cursor{B: body}
	r.Number = c.U64()
	kind := c.U8()
	r.Name = c.Short()
	r.Size, r.Sum = c.I64(), c.Hash()
	if c.Bad || kind != recordAdd || r.Name != "" && !filepath.IsLocal(r.Name) {
		return r, errors.New("malformed manifest record")
	}
	r.meta, err = decodeMeta(c.B)
	return r, err
}

// scanManifest reads records. end is where the last whole one ends when nothing
// but whole ones comes before it; damaged says that records follow a bad place,
// torn that the file ends in the middle of one.
func scanManifest(raw []byte) (records []record, end int, damaged, torn bool) {
	if len(raw) < manifestHead || string(raw[:8]) != manifestMagic || binary.BigEndian.Uint32(raw[8:]) != 1 {
		damaged = len(raw) > 0
	}
	off := manifestHead
	end = off
	for off < len(raw) {
		r, size, ok := recordAt(raw[off:])
		if !ok {
			torn = true
			off++
			continue
		}
		if torn || len(records) > 0 && r.Number != records[len(records)-1].Number+1 {
			damaged = true
		}
		off += size
		if !damaged {
			end = off
		}
		records = append(records, r)
	}
	return records, end, damaged, torn
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
	f      file   // nil after an error, until the file is written anew
	at     int64
	all    []record // what a file written anew holds
}

// readManifest reads the file; absent is no error.
func readManifest(path string) (raw []byte, err error) {
	raw, err = os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read manifest: %w", err)
	}
	return raw, nil
}

// add appends a record and makes it durable. After an error the whole file is
// written anew with the next record: no descriptor is synced twice after a failure.
func (m *manifest) add(r record) error {
	r.Number = m.number + 1
	if m.f == nil {
		if err := m.rewrite(append(slices.Clip(m.all), r)); err != nil {
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
	}
	m.number = r.Number
	r.Seed = hash{}
	m.all = append(m.all, r)
	return nil
}

// rewrite replaces the file by one with these records, numbered from 1.
func (m *manifest) rewrite(records []record) error {
	b := binary.BigEndian.AppendUint32([]byte(manifestMagic), 1)
	for i := range records {
		records[i].Number = uint64(i) + 1
		b = records[i].append(b)
	}
	if err := replaceFile(m.disk, m.path, b); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	f, err := m.disk.open(m.path)
	if err != nil {
		return fmt.Errorf("open manifest: %w", err)
	}
	m.f, m.at = f, int64(len(b))
	m.number = uint64(len(records))
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
