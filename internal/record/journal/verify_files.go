// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// maxRounds is how often files that vanished meanwhile are looked up in a newer
// manifest.
const maxRounds = 8

// checkSealed checks every segment file that counts. Beside a running journal a
// file may be replaced before it was read: then the newer manifest tells what
// stands for it.
func (v *verifier) checkSealed(ctx context.Context) error {
	v.skipRanges()
	for round := range maxRounds {
		files, err := v.readManifest(round == 0)
		if err != nil {
			return err
		}
		vanished, err := v.checkFiles(ctx, files)
		if err != nil {
			return err
		}
		if v.stopped || !vanished {
			break
		}
	}
	v.excusePruned()
	return nil
}

// skipRanges leaves out what lies outside From and To, or was verified before. The
// system stream is always read: its tombstones excuse what is gone elsewhere.
func (v *verifier) skipRanges() {
	for i := range v.headers {
		h := &v.headers[i].Header
		early := v.opts.From != 0 && h.MaxTime < v.opts.From
		late := v.opts.To != 0 && h.MinTime > v.opts.To
		if h.Stream != SystemStream && (early || late || uint64(i) < v.since) {
			v.ranges[i].state = skipped
		}
	}
}

// readManifest gathers the files that count: those of the manifest, and those of
// the folder that it should have named. The manifest is derived: where it cannot be
// read, the headers in the segment files tell what they hold.
func (v *verifier) readManifest(first bool) ([]listed, error) {
	raw, err := readManifest(filepath.Join(v.dir, "manifest"))
	if err != nil {
		return nil, err
	}
	m := scanManifest(raw)
	if first && (m.damaged || m.torn && v.stopped || raw == nil && len(v.headers) > 0 && v.stopped) {
		v.report.file("manifest", "records are damaged", false)
	}
	named := map[string]bool{}
	covered := make([]bool, len(v.headers))
	files := make([]listed, 0, len(m.files))
	for _, f := range m.files {
		named[f.Name] = true
		f.Ranges = slices.DeleteFunc(slices.Clone(f.Ranges), func(at uint64) bool { return at >= uint64(len(v.headers)) })
		for _, at := range f.Ranges {
			covered[at] = true
		}
		if len(f.Ranges) > 0 { // else it was sealed after the headers were read
			files = append(files, f)
		}
	}
	if !v.stopped && !m.damaged {
		return files, nil // what the manifest does not name yet is in the log
	}
	root := filepath.Join(v.dir, "segments")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".seg") {
			return err
		}
		if name, err := filepath.Rel(root, path); err == nil && !named[name] {
			if f, ok := v.unlisted(path, name, covered, first); ok {
				files = append(files, f)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read segment folder: %w", err)
	}
	return files, nil
}

// unlisted takes up a segment file that the manifest does not name, when its
// ranges have headers and no other file.
func (v *verifier) unlisted(path, name string, covered []bool, first bool) (l listed, ok bool) {
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		v.stray(name, "cannot be opened: "+cause(err), first)
		return l, false
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		v.stray(name, "its header cannot be read", first)
		return l, false
	}
	l.Name = name
	s := v.streams[m[0].Header.Stream]
	for i := range m {
		at, found := v.indexOf(s, m[i].Header.Number)
		if !found || v.leaves[at] != m[i].Header.Leaf() {
			if s == nil || !s.inLog(m[i].Header.Number) { // else it is sealed again when the journal opens
				v.stray(name, "the log of headers does not have its header", first)
			}
			return l, false
		}
		if covered[at] {
			v.stray(name, "its place in the stream is taken", first)
			return l, false
		}
		l.Ranges = append(l.Ranges, uint64(at)) //nolint:gosec // an index
	}
	for _, at := range l.Ranges {
		covered[at] = true
	}
	if s.inLog(m[0].Header.Number) {
		return l, true // it was being sealed when the process ended
	}
	if first && v.stopped {
		v.report.file("manifest", "does not name segments/"+filepath.ToSlash(name), false)
	}
	return l, true
}

// indexOf is where the log has the header of a range.
func (v *verifier) indexOf(s *verified, number uint64) (int, bool) {
	if s == nil || len(s.indexes) == 0 {
		return 0, false
	}
	i, ok := slices.BinarySearchFunc(s.indexes, number, func(at int, n uint64) int {
		return cmpUint(v.headers[at].Header.Number, n)
	})
	if !ok {
		return 0, false
	}
	return s.indexes[i], true
}

func cmpUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// stray names a segment file that stands for no range: opening the journal removes
// it or puts it in quarantine. If entries are gone with it, they are named.
func (v *verifier) stray(name, damage string, first bool) {
	if v.stopped && first {
		v.report.file("segments/"+filepath.ToSlash(name), damage+"; the manifest does not name it", false)
	}
}

// inLog tells whether a range's beginning lies in the log.
func (s *verified) inLog(number uint64) bool {
	return slices.ContainsFunc(s.log, func(l *logRange) bool { return l.open.Number == number })
}

// checkFiles checks the files that have ranges to be checked, those of the system
// stream first. vanished tells that one was gone.
func (v *verifier) checkFiles(ctx context.Context, files []listed) (vanished bool, err error) {
	workers := v.opts.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	cache, err := segment.NewCache(0)
	if err != nil {
		return false, fmt.Errorf("page cache: %w", err)
	}
	of := func(f *listed) bool { return v.headers[f.Ranges[0]].Header.Stream == SystemStream }
	for _, system := range []bool{true, false} {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(workers)
		for i := range files {
			f := &files[i]
			if of(f) != system || !v.pending(f) {
				continue
			}
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				gone := v.checkFile(f, cache)
				v.mu.Lock()
				vanished = vanished || gone
				v.mu.Unlock()
				if v.opts.Pace != nil {
					return v.opts.Pace(ctx)
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return false, err //nolint:wrapcheck // only the context's, or that of Pace
		}
	}
	return vanished, nil
}

// pending tells whether a range of the file is still to be checked.
func (v *verifier) pending(f *listed) bool {
	for _, at := range f.Ranges {
		if v.ranges[at].state == unchecked {
			return true
		}
	}
	return false
}

// excusePruned marks the ranges without a file that a tombstone names.
func (v *verifier) excusePruned() {
	for _, s := range v.streams {
		for _, at := range s.indexes {
			h := &v.headers[at].Header
			if c := &v.ranges[at]; c.state == unchecked && v.tombs.covers(h.Stream, h.Number, func(first, last uint64) string { return v.sumOf(s, first, last) }) {
				c.state = dropped
			}
		}
	}
}

// sumOf is headersSum of the ranges first to last of a stream.
func (v *verifier) sumOf(s *verified, first, last uint64) string {
	var leaves []hash
	for _, at := range s.indexes {
		if n := v.headers[at].Header.Number; first <= n && n <= last {
			leaves = append(leaves, v.leaves[at])
		}
	}
	return headersSum(leaves)
}

// merge adds a part's findings to the report.
func (v *verifier) merge(r *Report) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range r.Entries {
		v.report.find(f.Stream, f.Seq, max(f.Seq, f.LastSeq), f.Verdict)
	}
	for _, f := range r.Files {
		v.report.file(f.File, f.Damage, f.Evidence, f.Entries...)
	}
	v.report.Omitted += r.Omitted
}
