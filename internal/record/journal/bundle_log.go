// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
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
func (j *Journal) archivedLog(ctx context.Context, a *archive) (*bundleLog, error) {
	var keys Archived
	if j.opts.Archived != nil {
		keys = j.opts.Archived(a.dir)
	}
	if keys.Keys == nil {
		return nil, fmt.Errorf("%w: its keys cannot be read", ErrArchived)
	}
	raw, c, err := j.archivedCheckpoint(ctx, a, verifiers(keys.Keys))
	if err != nil {
		return nil, err
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

// archivedCheckpoint is the last checkpoint of an archive that its keys have signed: the
// one in its folder, or, where that is gone or damaged, the one that the first entry of
// the journal after it has.
func (j *Journal) archivedCheckpoint(ctx context.Context, a *archive, known note.Verifiers) (raw []byte, c proof.Checkpoint, err error) {
	raw, err = os.ReadFile(filepath.Join(a.dir, checkpointName))
	if err == nil {
		if c, err = a.checkpointIn(raw, known); err == nil {
			return raw, c, nil
		}
	}
	var next *archive
	for _, later := range j.archives {
		if later.number == a.number+1 {
			next = later
		}
	}
	var kept string
	bad := j.readOwn(ctx, next, func(e *event.Event) {
		if f, ok, err := proof.ParseFounding(e); ok && err == nil && f.Origin == a.origin {
			kept = f.Checkpoint
		}
	})
	if bad != nil {
		return nil, c, bad
	}
	if kept != "" {
		if c, err = a.checkpointIn([]byte(kept), known); err == nil {
			return []byte(kept), c, nil
		}
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, c, fmt.Errorf("%w: it has no checkpoint", ErrArchived)
	}
	return nil, c, fmt.Errorf("%w: the archive's checkpoint: %w", ErrDamaged, err)
}

// checkpointIn opens a checkpoint of the archive's log.
func (a *archive) checkpointIn(raw []byte, known note.Verifiers) (c proof.Checkpoint, err error) {
	c, _, err = proof.OpenCheckpoint(raw, known)
	switch {
	case err != nil:
		return c, err
	case c.Origin != a.origin:
		return c, fmt.Errorf("it is of %s", c.Origin)
	case c.Size > uint64(len(a.leaves)):
		return c, fmt.Errorf("it covers %d headers, the log has %d", c.Size, len(a.leaves))
	}
	return c, nil
}

// readOwn reads the own entries of the journal, or of an archive.
func (j *Journal) readOwn(ctx context.Context, home *archive, take func(*event.Event)) error {
	var readers []segment.Reader
	var release func()
	if home == nil {
		var err error
		if readers, release, err = j.snapshot(ctx, func(stream string) bool { return stream == SystemStream }); err != nil {
			return err
		}
	} else {
		var files []*sealedFile
		files, release = j.view.pin(func(s *sealedFile) bool { return s.home == home && s.stream == SystemStream && s.file != nil })
		for _, f := range files {
			readers = append(readers, f.file)
		}
	}
	defer release()
	var e event.Event
	for _, r := range readers {
		rows := segment.NewRows(r)
		for row := range r.Rows() {
			if err := rows.Event(row, &e); err != nil {
				return fmt.Errorf("read the own entries: %w", err)
			}
			take(&e)
		}
	}
	return nil
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
