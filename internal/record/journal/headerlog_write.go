// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

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
	levels proof.Levels // over leaves
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
		g.levels.Add(leaf)
	}
	return s.list, nil
}

// rewrite replaces a copy by one that holds these records.
func (g *headerLog) rewrite(i int, list []logged) error {
	path := g.path(hlogNames()[i])
	if err := replaceFile(g.disk, path, encodeHeaders(list)); err != nil {
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
	g.levels.Add(leaf)
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

// root is the root over the first size headers; size is at most g.size().
func (g *headerLog) root(size uint64) hash {
	root, err := proof.RootAt(&g.levels, size)
	if err != nil { // cannot be: every node below size is held
		return hash{}
	}
	return root
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
