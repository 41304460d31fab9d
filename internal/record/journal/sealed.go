// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// sealedFile is a segment file that counts, with ranges of one stream that follow
// each other.
type sealedFile struct {
	listed
	coverage
	home *archive      // that it is of, nil: the journal itself
	file *segment.File // nil when it cannot be opened; then lost stands in
	lost *segment.Lost // nil, too, for a range of which no row is left
	// unmergeable: it could not be read, or has no neighbour to go with. The
	// sealer's to set.
	unmergeable atomic.Bool
	// under view.mu
	readers int  // snapshots that read it
	gone    bool // it counts no more, and is closed when nobody reads it
}

// fileName is the path of a file below segments/: its stream, the UTC day of the
// receipt of its first event, its ranges, and a letter and number that tell a file
// that was written anew from the one it stands for.
func fileName(s *coverage, generation uint64) string {
	day := time.Unix(0, s.minReceived).UTC().Format(time.DateOnly)
	base := fmt.Sprintf("%012d", s.firstNumber)
	if s.lastNumber != s.firstNumber {
		base += fmt.Sprintf("-%012d", s.lastNumber)
	}
	if generation > 0 {
		base += fmt.Sprintf(".%d", generation)
	}
	return filepath.Join(s.stream, day, base+".seg")
}

// writeFile makes a segment file of rows and meta below root, durable under its name, after
// it was read back from the disk and every leaf, root and MAC in it was found to be
// what rows and the headers say. Steps: temporary name, synced; dropped from the
// page cache, read back; renamed; folders synced.
func (j *Journal) writeFile(root, name string, rows segment.Reader, m fileMeta) (l listed, err error) {
	d := j.opts.disk
	l.Name = name
	path := filepath.Join(root, name)
	if err := j.makeFolder(root, filepath.Dir(path)); err != nil {
		return l, err
	}
	tmp := path + ".tmp"
	if err := d.writeSegment(tmp, rows, m.encode()); err != nil {
		return l, err
	}
	f, err := segment.OpenFile(tmp, j.seal.once)
	if err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	got, err := decodeMeta(f.Meta())
	if err == nil && !bytes.Equal(got.encode(), m.encode()) {
		err = fmt.Errorf("%w: its meta differs", errReadBack)
	}
	if err == nil {
		err = readBack(f, m, nil)
	}
	if err == nil {
		err = sameMACs(f, rows)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	if l.Size, l.Sum, err = fileSum(tmp); err != nil {
		return l, fmt.Errorf("read back: %w", err)
	}
	if err := d.rename(tmp, path); err != nil {
		return l, err
	}
	return l, d.syncDir(filepath.Dir(path))
}

// makeFolder makes a folder below root, and its parents, durable. What this process has
// not made durable itself is taken for not durable. The sealer's.
func (j *Journal) makeFolder(root, dir string) error {
	if dir == root || j.seal.folders[dir] {
		return nil
	}
	parent := filepath.Dir(dir)
	if err := j.makeFolder(root, parent); err != nil {
		return err
	}
	if err := j.opts.disk.mkdir(dir); err != nil {
		return err
	}
	if err := j.opts.disk.syncDir(parent); err != nil {
		return err
	}
	if j.seal.folders == nil {
		j.seal.folders = map[string]bool{}
	}
	j.seal.folders[dir] = true
	return nil
}
