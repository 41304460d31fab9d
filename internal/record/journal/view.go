// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// view is what can be read: sealed files and hot ranges. A range moves from one to
// the other, and from a file to the one that takes its place, in one step, so that
// whoever looks sees it once. A file that counts no more stays open until the last
// snapshot with it is released.
type view struct {
	mu     sync.Mutex
	hot    []*hotRange   // by their first publication
	sealed []*sealedFile // by their record
	// archived are the files of archives. Only Snapshot and what goes through
	// everything has them: their sequence numbers are those of other journals.
	archived []*sealedFile
	closed   bool
}

// track makes a range readable, and keeps the log files from file on.
func (v *view) track(r *hotRange, file uint64) {
	r.file.Store(file)
	r.block = segment.NewBlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hot = append(v.hot, r)
}

// swap puts a sealed file in the place of a hot range.
func (v *view) swap(r *hotRange, s *sealedFile) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, h := range v.hot {
		if h == r {
			v.hot = append(append(make([]*hotRange, 0, len(v.hot)), v.hot[:i]...), v.hot[i+1:]...)
			break
		}
	}
	v.sealed = append(v.sealed, s)
}

// oldestFile is the first log file that a hot range still needs; none of the
// files below it is needed.
func (v *view) oldestFile(current uint64) uint64 {
	v.mu.Lock()
	defer v.mu.Unlock()
	oldest := current
	for _, h := range v.hot {
		oldest = min(oldest, h.file.Load())
	}
	return oldest
}

// replace puts one file, nil for none, in the place of others. Those are closed
// when nobody reads them any more.
func (v *view) replace(old []*sealedFile, s *sealedFile) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	list := &v.sealed
	if len(old) > 0 && old[0].home != nil {
		list = &v.archived
	}
	next := make([]*sealedFile, 0, len(*list)+1)
	for _, f := range *list {
		if !slices.Contains(old, f) {
			next = append(next, f)
		}
	}
	if s != nil {
		next = append(next, s)
	}
	*list = next
	var err error
	for _, f := range old {
		f.gone = true
		if f.readers == 0 {
			err = errors.Join(err, f.close())
		}
	}
	return err
}

// files are the sealed files of the moment, in the order of their records.
func (v *view) files() []*sealedFile {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.sealed)
}

// all are files and those of archives.
func (v *view) all() []*sealedFile {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Concat(v.archived, v.sealed)
}

// pin keeps the sealed files that are wanted, also of archives, open until release.
func (v *view) pin(wanted func(*sealedFile) bool) (files []*sealedFile, release func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range slices.Concat(v.archived, v.sealed) {
		if wanted(f) {
			files = append(files, f)
			f.readers++
		}
	}
	pinned := slices.Clone(files)
	return files, func() { v.unpin(pinned) }
}

func (s *sealedFile) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// Snapshot returns readers that together hold each committed row once: a file's
// rows from its segment, the others from memory. The stream of the journal's own
// entries is not among them; the rows of archives are. A file that cannot be opened is there as a
// segment.Lost. Rows of a commit that is being published may be there or not. The
// readers stay valid until release, which may be called more than once.
func (j *Journal) Snapshot(ctx context.Context) (readers []segment.Reader, release func(), err error) {
	return j.snapshot(ctx, func(stream string) bool { return stream != SystemStream })
}

// snapshot is Snapshot of some streams. What archives hold of their own entries is
// never in it.
func (j *Journal) snapshot(ctx context.Context, wanted func(stream string) bool) (readers []segment.Reader, release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("snapshot: %w", err)
	}
	v := &j.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, nil, fmt.Errorf("snapshot: %w", ErrClosed)
	}
	sealed := slices.Concat(v.archived, v.sealed)
	readers = make([]segment.Reader, 0, len(sealed)+len(v.hot))
	var pinned []*sealedFile
	for _, s := range sealed {
		switch {
		case !wanted(s.stream) || s.home != nil && s.stream == SystemStream:
		case s.file != nil:
			readers = append(readers, s.file)
			pinned = append(pinned, s)
			s.readers++
		case s.lost != nil:
			readers = append(readers, s.lost)
		}
	}
	for _, h := range v.hot {
		if !wanted(h.open.Stream) {
			continue
		}
		if r := h.block.Reader(); r.Rows() > 0 {
			readers = append(readers, r)
		}
	}
	var once sync.Once
	return readers, func() { once.Do(func() { v.unpin(pinned) }) }, nil
}

// unpin releases files; those that count no more, or of a journal that was closed,
// are closed with their last reader. That closing fails costs nothing: they were
// only read.
func (v *view) unpin(files []*sealedFile) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range files {
		f.readers--
		if f.readers == 0 && (f.gone || v.closed) {
			_ = f.close()
		}
	}
}

// close closes the segment files, each after its last reader.
func (v *view) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	v.closed = true
	var err error
	for _, s := range slices.Concat(v.archived, v.sealed) {
		if s.readers == 0 {
			err = errors.Join(err, s.close())
		}
	}
	return err
}

// untrack forgets a range without entries.
func (v *view) untrack(r *hotRange) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hot = slices.DeleteFunc(v.hot, func(h *hotRange) bool { return h == r })
}
