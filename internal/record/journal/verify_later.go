// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// readLater reads, beside a running journal, the headers and the checkpoint that came
// since the check began. A file that the manifest has by now may have been written
// anew, and others dropped, under tombstones that were not there then: they are under
// that checkpoint, for what is gone is taken away only afterwards.
func (v *verifier) readLater() error {
	if v.stopped {
		return nil
	}
	// The checkpoint comes first: one that was signed after the headers were read would
	// cover more than these, and could not be compared.
	raw, err := os.ReadFile(filepath.Join(v.dir, checkpointName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	if v.opts.between != nil {
		v.opts.between()
	}
	copies, err := readHeaderFiles(func(name ...string) string { return filepath.Join(append([]string{v.dir}, name...)...) })
	if err != nil {
		return err
	}
	list := scanHeaders(copies).list
	for i := len(v.headers); i < len(list); i++ {
		h := &list[i].Header
		v.headers, v.leaves = append(v.headers, list[i]), append(v.leaves, h.Leaf())
		v.ranges = append(v.ranges, checked{})
		s := v.stream(h.Stream)
		s.indexes = append(s.indexes, i)
	}
	v.skipRanges()
	if c, _, err := v.openCheckpoint(raw); err == nil {
		v.vouch(&c)
	}
	return nil
}

// vouch notes what a checkpoint covers that the log of headers continues.
func (v *verifier) vouch(c *proof.Checkpoint) {
	if c.Size > v.vouched && c.Size <= uint64(len(v.leaves)) && proof.RootOf(v.leaves[:c.Size]) == c.Root {
		v.vouched = c.Size
		v.admit()
	}
}

// foundTombstone is one in the range with that header. It is authentic when the
// journal's keys have made its MAC.
type foundTombstone struct {
	proof.Tombstone
	founding  *proof.Founding // instead of a tombstone
	at        uint64
	authentic bool
}

// takeOwn remembers what entries of a range of the system stream have decided. A
// tombstone that cannot be read excuses nothing.
func (v *verifier) takeOwn(list []*event.Event, at uint64, authentic bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, e := range list {
		if repeated(e) {
			v.decided = append(v.decided, e)
		}
		if t, ok, err := proof.ParseTombstone(e); ok && err == nil {
			v.waiting = append(v.waiting, foundTombstone{t, nil, at, authentic})
		}
		if t, ok, err := proof.ParseArchiveTombstone(e); ok && err == nil {
			v.waiting = append(v.waiting, foundTombstone{t, nil, at, authentic})
		}
		if f, ok, err := proof.ParseFounding(e); ok && err == nil {
			v.waiting = append(v.waiting, foundTombstone{founding: &f, at: at, authentic: authentic})
		}
	}
	v.admit()
}

// admit lets the tombstones count that a checkpoint covers, or, where none can be
// read, those that are authentic.
func (v *verifier) admit() {
	v.waiting = slices.DeleteFunc(v.waiting, func(f foundTombstone) bool {
		ok := f.at < v.vouched || v.vouched == 0 && f.authentic
		switch {
		case ok && f.founding != nil:
			v.tombs.founding = f.founding
		case ok:
			v.tombs.take(&f.Tombstone)
		}
		return ok
	})
}

// excused tells whether a tombstone names a slot as erased. The journal's own entries
// are read first, and nothing of them is ever erased.
func (v *verifier) excused(stream string, seq uint64, slot uint8) bool {
	return stream != SystemStream && v.tombs.excuses(stream, seq, slot)
}
