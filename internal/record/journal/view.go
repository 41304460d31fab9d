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

// view is what can be read: sealed ranges and hot ones. A range moves from one to
// the other in one step, so that whoever looks sees it once.
type view struct {
	mu     sync.Mutex
	hot    []*hotRange    // by their first publication
	sealed []*sealedRange // by their seal
	pins   int            // snapshots that are not released
	closed bool
}

// sealedRange is a range in a segment file.
type sealedRange struct {
	header Header
	leaf   hash // of the header
	name   string
	file   *segment.File // nil when it cannot be opened; then lost stands in
	lost   *segment.Lost // nil, too, for a range of which nothing is left
}

// track makes a range readable, and keeps the log files from file on.
func (v *view) track(r *hotRange, file uint64) {
	r.file.Store(file)
	r.block = segment.NewBlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hot = append(v.hot, r)
}

// swap puts a sealed range in the place of a hot one.
func (v *view) swap(r *hotRange, s *sealedRange) {
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

// Snapshot returns readers that together hold each committed row once: a file's
// rows from its segment, the others from memory. A file that cannot be opened is
// there as a segment.Lost. Rows of a commit that is being
// published may be there or not. The readers stay valid until release, which may
// be called more than once.
func (j *Journal) Snapshot(ctx context.Context) (readers []segment.Reader, release func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("snapshot: %w", err)
	}
	v := &j.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil, nil, fmt.Errorf("snapshot: %w", ErrClosed)
	}
	readers = make([]segment.Reader, 0, len(v.sealed)+len(v.hot))
	for _, s := range v.sealed {
		switch {
		case s.file != nil:
			readers = append(readers, s.file)
		case s.lost != nil:
			readers = append(readers, s.lost)
		}
	}
	for _, h := range v.hot {
		if r := h.block.Reader(); r.Rows() > 0 {
			readers = append(readers, r)
		}
	}
	v.pins++
	var once sync.Once
	return readers, func() { once.Do(v.unpin) }, nil
}

func (v *view) unpin() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.pins--
	if v.closed && v.pins == 0 {
		_ = v.closeFiles() // Close has returned; reading is over
	}
}

// close closes the segment files, after the last snapshot's release.
func (v *view) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.closed {
		return nil
	}
	v.closed = true
	if v.pins > 0 {
		return nil
	}
	return v.closeFiles()
}

func (v *view) closeFiles() error {
	var err error
	for _, s := range v.sealed {
		if s.file != nil {
			err = errors.Join(err, s.file.Close())
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

// overlaps tells whether a sealed range has some of the header's entries.
func (v *view) overlaps(h *Header) bool {
	for _, s := range v.sealed {
		if s.header.Stream == h.Stream && s.header.First <= h.Last() && h.First <= s.header.Last() {
			return true
		}
	}
	return false
}
