// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// Lock takes the folder's lock without opening the journal, so that nobody opens
// it meanwhile; release lets it go. ErrLocked when somebody has it.
func Lock(dir string) (release func() error, err error) {
	if !Exists(dir) {
		return nil, fmt.Errorf("%s holds no journal", dir)
	}
	if err := CheckFormat(dir); err != nil {
		return nil, err
	}
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// Sealed tells, for each stream of a journal that is locked, which range was sealed
// last: its keys and those before are not needed for writing any more. Where the
// manifest or the log of headers is damaged that is an older one. A stream of which
// nothing is sealed has epoch 0. The log says what waits to be sealed.
func Sealed(dir string) ([]keyring.Range, error) {
	copies, err := readHeaderFiles(func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) })
	if err != nil {
		return nil, err
	}
	raw, err := readManifest(filepath.Join(dir, "manifest"))
	if err != nil {
		return nil, err
	}
	m, covered := scanManifest(raw), map[uint64]bool{}
	for _, f := range m.files {
		for _, index := range f.Ranges {
			covered[index] = true
		}
	}
	last, number := map[string]keyring.Range{}, map[string]uint64{}
	for i, l := range scanHeaders(copies).list {
		h := &l.Header
		s := last[h.Stream]
		if s.Unsealed || !covered[uint64(i)] && h.Number > m.pruned[h.Stream] {
			s.Stream, s.Unsealed = h.Stream, true // it is sealed once more
		} else {
			s, number[h.Stream] = keyring.Range{Stream: h.Stream, Epoch: h.Epoch, J: h.Ratchet}, h.Number
		}
		last[h.Stream] = s
	}
	opens, err := openFrames(filepath.Join(dir, "wal"))
	if err != nil {
		return nil, err
	}
	for i := range opens {
		if o := &opens[i]; o.Number > number[o.Stream] {
			s := last[o.Stream]
			s.Stream, s.Unsealed = o.Stream, true
			last[o.Stream] = s
		}
	}
	return slices.SortedFunc(maps.Values(last), func(a, b keyring.Range) int { return strings.Compare(a.Stream, b.Stream) }), nil
}

// openFrames are the beginnings of ranges in the log, as far as it can be read.
func openFrames(dir string) (opens []rangeOpen, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.wal"))
	if err != nil {
		return nil, fmt.Errorf("read log folder: %w", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
		l, err := scanLog(raw)
		if err != nil {
			continue // nobody can read it
		}
		for _, b := range l.Batches {
			for _, f := range b.Frames {
				if f.Kind != frameOpen {
					continue
				}
				if o, err := decodeRangeOpen(f.Body); err == nil {
					opens = append(opens, o)
				}
			}
		}
	}
	return opens, nil
}

// forgetSealed lets the keys of ranges go that were sealed before a crash came
// between. When that fails nothing is lost: the next range of the stream does it.
func (j *Journal) forgetSealed(ctx context.Context) {
	waiting := map[string]uint64{} // number of the first range that is still to be sealed
	for _, r := range j.seal.queue {
		if n, ok := waiting[r.open.Stream]; !ok || r.open.Number < n {
			waiting[r.open.Stream] = r.open.Number
		}
	}
	for stream, places := range j.evidence.streams {
		for _, at := range slices.Backward(places) {
			if n, ok := waiting[stream]; ok && at.number >= n {
				continue
			}
			l, err := j.headerAt(at.index)
			if err == nil {
				err = j.opts.Keys.Forget(l.Header.Epoch, stream, l.Header.Ratchet)
			}
			if err != nil {
				j.log.WarnContext(ctx, "MAC key of a sealed range not forgotten yet", "stream", stream, "error", err)
			}
			break
		}
	}
}

// rangeName names a range of the journal.
type rangeName struct {
	stream string
	number uint64
}

// sealedBefore tells whether a range of the log is in a whole segment file, which
// the manifest does not name.
func (r *recovery) sealedBefore(o *rangeOpen) bool {
	if r.loose == nil {
		r.findLoose()
	}
	path, ok := r.loose[rangeName{o.Stream, o.Number}]
	if !ok {
		return false
	}
	m, err := r.j.judge(path)
	return err == nil && slices.ContainsFunc(m, func(rg rangeMeta) bool {
		return rg.Header.Stream == o.Stream && rg.Header.Number == o.Number && rg.Header.First == o.First
	})
}

// findLoose looks into the segment files that the manifest does not name.
func (r *recovery) findLoose() {
	r.loose = map[rangeName]string{}
	names, err := r.unnamed()
	if err != nil {
		return // adopt says it
	}
	for _, name := range names {
		path := r.j.path("segments", name)
		if strings.HasSuffix(name, ".tmp") {
			continue
		}
		f, err := segment.OpenFile(path, r.j.seal.once)
		if err != nil {
			continue
		}
		m, err := decodeMeta(f.Meta())
		_ = f.Close() // it was only read
		for i := range m {
			at := rangeName{m[i].Header.Stream, m[i].Header.Number}
			if _, ok := r.loose[at]; err == nil && !ok { // the first was written last
				r.loose[at] = path
			}
		}
	}
}
