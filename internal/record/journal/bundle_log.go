// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// bundleLog is the log of headers that a bundle's paths lead to: the journal's own, or
// that of an archive.
type bundleLog struct {
	origin string
	home   *archive // nil: the journal itself
	// signed is the checkpoint, size how many headers it covers.
	signed     []byte
	size       uint64
	statements [][]byte
	// at reads a header; indexes rise with the number of the range in places.
	at     func(index uint64) (Header, error)
	places func(stream string) []headerPlace
	path   func(index, size uint64) ([]hash, error)
	since  func(old, size uint64) ([]hash, error)
}

// ownLog is the journal's own log as it is now.
func (j *Journal) ownLog() *bundleLog {
	v := &j.evidence
	signed, size, _, _ := j.Checkpoint()
	return &bundleLog{
		origin: j.Origin(), signed: signed, size: size, statements: j.opts.Keys.Statements(),
		at: func(index uint64) (Header, error) {
			l, err := j.headerAt(index)
			return l.Header, err
		},
		places: func(stream string) []headerPlace {
			v.mu.RLock()
			defer v.mu.RUnlock()
			return v.streams[stream] // appended to, never changed
		},
		path: func(index, size uint64) ([]hash, error) {
			v.mu.RLock()
			defer v.mu.RUnlock()
			return proof.Inclusion(&v.log.levels, index, size)
		},
		since: j.Consistency,
	}
}

// archivedLog is the log of an archive under the last checkpoint that its keys have
// signed. What is in its files is compared with what was there when the journal opened.
func (j *Journal) archivedLog(a *archive) (*bundleLog, error) {
	var keys Archived
	if j.opts.Archived != nil {
		keys = j.opts.Archived(a.dir)
	}
	if keys.Keys == nil {
		return nil, fmt.Errorf("%w: its keys cannot be read", ErrArchived)
	}
	raw, err := os.ReadFile(filepath.Join(a.dir, checkpointName))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: it has no checkpoint, for nothing of it was sealed before the backup", ErrArchived)
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint of the archive: %w", err)
	}
	c, _, err := proof.OpenCheckpoint(raw, verifiers(keys.Keys))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: the archive's checkpoint: %w", ErrDamaged, err)
	case c.Origin != a.origin:
		return nil, fmt.Errorf("%w: the archive's checkpoint is of %s", ErrDamaged, c.Origin)
	case c.Size > uint64(len(a.leaves)):
		return nil, fmt.Errorf("%w: the archive's checkpoint covers %d headers, its log has %d", ErrDamaged, c.Size, len(a.leaves))
	}
	levels := &proof.Levels{}
	for _, leaf := range a.leaves {
		levels.Add(leaf)
	}
	if root, err := proof.RootAt(levels, c.Size); err != nil || root != c.Root {
		return nil, fmt.Errorf("%w: the archive's log is not that of its checkpoint", ErrDamaged)
	}
	return &bundleLog{
		origin: a.origin, home: a, signed: raw, size: c.Size, statements: keys.Keys.Statements(),
		at:     a.headerAt,
		places: func(stream string) []headerPlace { return a.places[stream] },
		path:   func(index, size uint64) ([]hash, error) { return proof.Inclusion(levels, index, size) },
		since: func(old, size uint64) ([]hash, error) {
			if old > size {
				return nil, fmt.Errorf("%w: consistency of %d and %d headers", ErrNoEvidence, old, size)
			}
			return proof.Consistency(levels, old, size)
		},
	}, nil
}

// headerAt reads a header of the archive's log, from the copy in which it is as it was
// when the journal opened.
func (a *archive) headerAt(index uint64) (Header, error) {
	if index >= uint64(len(a.offs)) {
		return Header{}, fmt.Errorf("%w: header %d of the archive", ErrNoEvidence, index)
	}
	for _, name := range hlogNames() {
		if l, ok := readRecord(filepath.Join(a.dir, name), a.offs[index]); ok && l.Header.Leaf() == a.leaves[index] {
			return l.Header, nil
		}
	}
	return Header{}, fmt.Errorf("%w: %w: header %d of the archive", ErrDamaged, errHeaderLog, index)
}

// readRecord reads one record of a copy of a log of headers.
func readRecord(path string, off int64) (l logged, ok bool) {
	f, err := os.Open(path)
	if err != nil {
		return l, false
	}
	defer f.Close()
	raw := make([]byte, recordHead+maxHeaderRecord)
	n, err := f.ReadAt(raw, off)
	if n == 0 && err != nil {
		return l, false
	}
	l, _, ok = hlogRecord(raw[:n], 0)
	return l, ok
}

// headerOf finds the header of the range with an entry.
func (b *bundleLog) headerOf(stream string, seq uint64) (index uint64, h *Header, err error) {
	list := b.places(stream)
	at := sort.Search(len(list), func(i int) bool {
		l, e := b.at(list[i].index)
		if e != nil {
			err = e
		}
		return l.Last() >= seq
	})
	if err != nil {
		return 0, nil, err
	}
	if at == len(list) || seq == 0 {
		return 0, nil, fmt.Errorf("%w: stream %s has no seq %d", ErrNoEvidence, stream, seq)
	}
	found, err := b.at(list[at].index)
	return list[at].index, &found, err
}
