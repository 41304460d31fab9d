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
	"slices"
)

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
	// unsure are segment files, by their whole path, that a record which failed names:
	// it may be on the disk for all that. The sealer's.
	unsure []string
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
	b, number := encodeManifest(files, pruned, number)
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
	m.number, m.count, m.files, m.pruned = number, len(files)+len(pruned), files, pruned
	return nil
}

// encodeManifest is a manifest that says only what counts; last is the number of its
// last record, number or a higher one.
func encodeManifest(files []listed, pruned map[string]uint64, number uint64) (b []byte, last uint64) {
	var records []record
	for _, stream := range slices.Sorted(maps.Keys(pruned)) {
		records = append(records, record{Change: changeDrop, Stream: stream, UpTo: pruned[stream]})
	}
	for i := range files {
		records = append(records, record{Change: changeAdd, listed: files[i]})
	}
	number = max(number, uint64(len(records)))
	b = binary.BigEndian.AppendUint32([]byte(manifestMagic), manifestVersion)
	first := number - uint64(len(records))
	b = binary.BigEndian.AppendUint64(b, first)
	for i := range records {
		records[i].Number = first + uint64(i) + 1
		b = records[i].append(b)
	}
	return b, number
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
