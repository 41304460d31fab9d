// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// maxRounds is how often files that vanished meanwhile are looked up in a newer
// manifest.
const maxRounds = 1000

// checkSealed checks every segment file that counts. Beside a running journal a
// file may be replaced before it was read: then the newer manifest tells what
// stands for it.
func (v *verifier) checkSealed(ctx context.Context) error {
	v.judging = len(v.headers)
	v.skipRanges()
	for range maxRounds {
		files, err := v.readManifest()
		if err != nil {
			return err
		}
		if v.opts.between != nil {
			v.opts.between()
		}
		vanished, err := v.checkFiles(ctx, files)
		if err != nil {
			return err
		}
		if v.stopped || !vanished {
			v.excusePruned()
			return nil
		}
	}
	return errors.New("the segment files change faster than they can be read")
}

// skipRanges leaves out what lies outside From and To, or was verified before. The
// system stream is always read: its tombstones excuse what is gone elsewhere.
func (v *verifier) skipRanges() {
	for i := range v.headers {
		h := &v.headers[i].Header
		early := v.opts.From != 0 && h.MaxTime < v.opts.From
		late := v.opts.To != 0 && h.MinTime > v.opts.To
		if h.Stream != SystemStream && (early || late || uint64(i) < v.since || i >= v.judging) {
			v.ranges[i].state = skipped
		}
	}
}

// checkFiles checks the files that have ranges to be checked, those of the system
// stream first. vanished tells that one was gone: then not all of them were checked.
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
				gone, err := v.readFile(ctx, f, cache)
				if err != nil {
					return err
				}
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
			return false, err //nolint:wrapcheck // only the context's, or that of Pace or Fetch
		}
		if vanished { // of the journal's own: without its tombstones nothing else is judged
			return true, nil
		}
	}
	return vanished, nil
}

// readFile checks a file, wherever it lies.
func (v *verifier) readFile(ctx context.Context, l *listed, cache *segment.Cache) (gone bool, err error) {
	if v.opts.Fetch == nil || l.Name == "" {
		return v.checkFile(l, filepath.Join(v.dir, "segments", l.Name), cache), nil
	}
	path, release, err := v.opts.Fetch(ctx, "segments/"+filepath.ToSlash(l.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return v.checkFile(l, "", cache), nil
	}
	if err != nil {
		return false, fmt.Errorf("fetch segment: %w", err)
	}
	defer release()
	return v.checkFile(l, path, cache), nil
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
