// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// Quiet streams seal small files. Neighbours of one stream and day are merged, a
// number of files of about one size at a time, so that each row is written a few
// times only; those of a day that is over are merged into as few as there can be.
const (
	mergeFanIn = 8
	// mergeTierBits is how much larger, in bits, a file of the next tier is.
	mergeTierBits = 3
)

// Merge puts neighbouring small files of each stream together, one group at a time,
// until there are none, and returns how many files went. Headers, leaves and proofs
// stay as they are. Run must be running.
func (j *Journal) Merge(ctx context.Context) (merged int, err error) {
	for ctx.Err() == nil {
		group := j.mergeable(time.Now())
		if len(group) == 0 {
			return merged, nil
		}
		n := 0
		err := j.do(ctx, func(context.Context) error {
			var err error
			n, err = j.mergeFiles(group)
			return err
		})
		if err != nil {
			return merged, fmt.Errorf("merge segments: %w", err)
		}
		merged += n
	}
	return merged, fmt.Errorf("merge segments: %w", ctx.Err())
}

// day is the name of the folder that a file lies in.
func (s *sealedFile) day() string { return filepath.Base(filepath.Dir(s.Name)) }

// mergeable finds the next files to be merged; they follow each other.
func (j *Journal) mergeable(now time.Time) []*sealedFile {
	files := slices.DeleteFunc(j.view.files(), func(s *sealedFile) bool { return s.file == nil || s.unmergeable.Load() })
	slices.SortFunc(files, func(a, b *sealedFile) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.firstNumber, b.firstNumber))
	})
	today := now.UTC().Format(time.DateOnly)
	for len(files) > 0 {
		n := 1
		for n < len(files) && files[n].stream == files[0].stream && files[n].day() == files[0].day() && files[n].firstNumber == files[n-1].lastNumber+1 {
			n++
		}
		group := pickMerge(files[:n], files[0].day() < today)
		if len(group) > 1 {
			return group
		}
		files = files[n:]
	}
	return nil
}

// pickMerge picks files that follow each other out of a day's. Of a day that is
// over it takes as many as fit, else a number of files of one tier.
func pickMerge(files []*sealedFile, over bool) []*sealedFile {
	for i := range files {
		rows, n := 0, 0
		for _, f := range files[i:] {
			if rows+f.rows > segment.MaxRows || !over && (n == mergeFanIn || tier(f) != tier(files[i])) {
				break
			}
			rows += f.rows
			n++
		}
		if over && n > 1 || n == mergeFanIn {
			return files[i : i+n]
		}
	}
	return nil
}

// tier is the class of size of a file.
func tier(f *sealedFile) int { return bits.Len(uint(f.rows)) / mergeTierBits }

// mergeFiles puts files that follow each other into one: new file, synced, read
// back, each range compared with the log of headers; renamed, folder synced; one
// manifest record; old files removed. It runs as a job.
func (j *Journal) mergeFiles(group []*sealedFile) (int, error) {
	counts := j.view.files()
	for _, f := range group { // a job before this one may have changed them
		if !slices.Contains(counts, f) {
			return 0, nil
		}
	}
	block := segment.NewBlock()
	var meta fileMeta
	out := &sealedFile{}
	taken := 0
	for _, f := range group {
		m, err := j.copyRows(f, block)
		switch {
		case errors.Is(err, segment.ErrFull):
		case err != nil:
			f.unmergeable.Store(true) // its damage is told where it is read or verified
			j.log.Warn("segment file cannot be merged", "file", f.Name, "error", err)
		default:
			meta = append(meta, m...)
			out.Ranges = append(out.Ranges, f.Ranges...)
			taken++
			continue
		}
		break
	}
	if taken < 2 {
		group[0].unmergeable.Store(true)
		return 0, nil
	}
	group = group[:taken]
	rows := block.Reader()
	if rows.Rows() != meta.rows() { // a file that was full took some rows in
		var err error
		if rows, err = j.exactly(group); err != nil {
			return 0, err
		}
	}
	out.coverage = coverageOf(meta)
	if err := j.replaceFiles(group, out, rows, meta); err != nil {
		return 0, err
	}
	return taken, nil
}

// exactly is a block with the rows of these files and no others.
func (j *Journal) exactly(group []*sealedFile) (segment.Reader, error) {
	block := segment.NewBlock()
	for _, f := range group {
		if _, err := j.copyRows(f, block); err != nil {
			return nil, err
		}
	}
	return block.Reader(), nil
}

// copyRows appends a file's rows to a block and returns its meta, whose headers are
// those in the log.
func (j *Journal) copyRows(f *sealedFile, block *segment.Block) (fileMeta, error) {
	m, err := decodeMeta(f.file.Meta())
	if err != nil {
		return nil, err
	}
	if len(m) != len(f.Ranges) {
		return nil, fmt.Errorf("%w: %d ranges", errReadBack, len(m))
	}
	for i := range m {
		l, err := j.headerAt(f.Ranges[i])
		if err != nil {
			return nil, err
		}
		if l.Header != m[i].Header || l.MAC != m[i].MAC {
			return nil, fmt.Errorf("%w: the header of range %d is not the one in the log", errReadBack, m[i].Header.Number)
		}
	}
	rows := segment.NewScan(f.file)
	var e event.Event
	for row := range f.file.Rows() {
		if err := rows.Event(row, &e); err != nil {
			return nil, err
		}
		leaf8, mac, err := rows.Integrity(row)
		if err != nil {
			return nil, err
		}
		if err := block.Append(&e, leaf8, mac); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// replaceFiles writes the file that takes the place of others, and takes them away.
func (j *Journal) replaceFiles(old []*sealedFile, out *sealedFile, rows segment.Reader, m fileMeta) (err error) {
	ranges, root := out.Ranges, j.segments(out.home)
	name := fileName(&out.coverage, j.manifestOf(out.home).number+1)
	path := filepath.Join(root, name)
	if out.listed, err = j.writeFile(root, name, rows, m); err != nil {
		return errors.Join(err, j.abandon(path))
	}
	out.Ranges = ranges
	r := record{Change: changeReplace, listed: out.listed}
	for _, f := range old {
		r.Old = append(r.Old, f.Name)
	}
	if err := j.addRecord(out.home, r); err != nil {
		m := j.manifestOf(out.home)
		m.unsure = append(m.unsure, path)
		return err
	}
	j.openListed(out)
	return j.retire(old, out)
}

// addRecord adds to the manifest of an archive, or with nil to the journal's. The file
// on the disk is then sure to say what the one in memory says.
func (j *Journal) addRecord(a *archive, r record) error {
	m := j.manifestOf(a)
	if err := m.add(r); err != nil {
		return err
	}
	j.seal.leftover, m.unsure = append(j.seal.leftover, m.unsure...), nil
	return nil
}

// abandon removes a file that was not finished. What cannot be removed is a leftover.
func (j *Journal) abandon(path string) error {
	j.seal.leftover = append(j.seal.leftover, path, path+".tmp")
	return j.sweep()
}

// retire takes files out of sight, closes them when nobody reads them any more, and
// removes them. One that cannot be removed now is a leftover.
func (j *Journal) retire(old []*sealedFile, out *sealedFile) error {
	err := j.view.replace(old, out)
	folders := map[string]bool{}
	for _, f := range old {
		if f.Name != "" {
			path := filepath.Join(j.segments(f.home), f.Name)
			j.seal.leftover = append(j.seal.leftover, path)
			folders[filepath.Dir(path)] = true
		}
	}
	err = errors.Join(err, j.sweep())
	for dir := range folders {
		if names, e := os.ReadDir(dir); e == nil && len(names) == 0 {
			delete(j.seal.folders, dir)
			err = errors.Join(err, j.opts.disk.remove(dir), j.opts.disk.syncDir(filepath.Dir(dir)))
		}
	}
	return err
}
