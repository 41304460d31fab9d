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
	l, err := takeLock(dir)
	if err != nil {
		return nil, err
	}
	return l.release, nil
}

// Sealed tells, for each stream of a journal that is locked, which range was sealed
// last: its keys and those before are not needed for writing any more. Where the
// manifest or the log of headers is damaged that is an older one. A stream of which
// nothing is sealed has epoch 0.
func Sealed(dir string) ([]keyring.Range, error) {
	h, damaged, err := readHead(dir)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, "head")); err != nil || damaged {
		// it alone has the streams of which nothing is sealed yet
		return nil, fmt.Errorf("the file head of %s is damaged or missing; start and stop the server once, which mends it", dir)
	}
	copies, err := readHeaderFiles(func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) })
	if err != nil {
		return nil, err
	}
	raw, err := readManifest(filepath.Join(dir, "manifest"))
	if err != nil {
		return nil, err
	}
	last := map[string]keyring.Range{}
	for i := range h.Next {
		last[h.Next[i].Stream] = keyring.Range{Stream: h.Next[i].Stream}
	}
	m, list := scanManifest(raw), scanHeaders(copies).list
	covered := map[uint64]bool{}
	for _, f := range m.files {
		for _, index := range f.Ranges {
			covered[index] = true
		}
	}
	bare := map[string]bool{} // streams that have come to a range without a file
	for i := range list {
		h := &list[i].Header
		bare[h.Stream] = bare[h.Stream] || !covered[uint64(i)] && h.Number > m.pruned[h.Stream]
		if !bare[h.Stream] {
			last[h.Stream] = keyring.Range{Stream: h.Stream, Epoch: h.Epoch, J: h.Ratchet}
		} else if _, ok := last[h.Stream]; !ok {
			last[h.Stream] = keyring.Range{Stream: h.Stream}
		}
	}
	return slices.SortedFunc(maps.Values(last), func(a, b keyring.Range) int { return strings.Compare(a.Stream, b.Stream) }), nil
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
			if h := &m[i].Header; err == nil {
				r.loose[rangeName{h.Stream, h.Number}] = path
			}
		}
	}
}
