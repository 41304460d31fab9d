// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

var errTaken = errors.New("its place in the stream is taken")

// adopt looks at the segment files that no manifest record names. A temporary one,
// and one whose ranges are in the log or in a file that counts, was being made or
// taken away when the process ended, and goes. One that has its place in its stream
// and is whole is taken up. Anything else goes into quarantine.
func (r *recovery) adopt(ctx context.Context) error {
	found, err := r.unnamed()
	if err != nil {
		return err
	}
	for _, name := range found {
		if err := r.adoptFile(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// unnamed lists the files below the segment folder that no manifest record names.
func (r *recovery) unnamed() (found []string, err error) {
	named := map[string]bool{}
	for _, s := range r.j.view.sealed {
		named[s.Name] = true
	}
	return unlisted(r.j.path("segments"), named)
}

func (r *recovery) adoptFile(ctx context.Context, name string) error {
	j := r.j
	path := j.path("segments", name)
	if strings.HasSuffix(name, ".tmp") {
		return j.opts.disk.remove(path)
	}
	m, err := j.judge(path)
	if err == nil && (r.inLog(m) || r.stale(m)) {
		if err := j.discard(path, name); err != nil {
			return err
		}
		return j.opts.disk.syncDir(filepath.Dir(path))
	}
	s := &sealedFile{}
	if err == nil {
		s.Name, s.coverage = name, coverageOf(m)
		s.Ranges, err = r.place(m)
	}
	if err == nil {
		j.log.WarnContext(ctx, "segment file taken up that the manifest did not name", "file", name)
		if s.Size, s.Sum, err = fileSum(path); err != nil {
			return err
		}
		if err := j.addRecord(nil, record{Change: changeAdd, listed: s.listed}); err != nil {
			return err
		}
		j.openListed(s)
		j.view.sealed = append(j.view.sealed, s)
		return nil
	}
	j.log.ErrorContext(ctx, "segment file put in quarantine", "file", name, "error", err)
	return j.opts.disk.rename(path, j.path("quarantine", quarantined(name)))
}

// judge checks a segment file from its columns up to its headers' MACs.
func (j *Journal) judge(path string) (fileMeta, error) {
	f, err := segment.OpenFile(path, j.seal.once)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		return nil, err
	}
	keys := map[uint64]*[keyring.KeyBytes]byte{}
	for i := range m {
		h := &m[i].Header
		if h.Origin != j.Origin() {
			return nil, fmt.Errorf("%w: it is of %s", ErrForeign, h.Origin)
		}
		key, err := j.opts.Keys.Key(h.Epoch, h.Stream, h.Ratchet)
		switch {
		case errors.Is(err, keyring.ErrAway):
			continue // the header in the log must do
		case err != nil:
			return nil, fmt.Errorf("key of stream %s: %w", h.Stream, err)
		case headerMAC(h, &key) != m[i].MAC:
			return nil, errors.New("its header's MAC is wrong")
		}
		keys[h.Number] = &key
	}
	return m, readBack(f, m, func(h *Header) *[keyring.KeyBytes]byte { return keys[h.Number] })
}

// inLog tells whether a range that is not sealed covers one of the file's.
func (r *recovery) inLog(m fileMeta) bool {
	s := r.streams[m[0].Header.Stream]
	if s == nil {
		return false
	}
	for _, c := range s.ranges {
		if !c.done && c.open.Number >= m[0].Header.Number && c.open.Number <= m[len(m)-1].Header.Number {
			return true
		}
	}
	return false
}

// stale tells whether each range of the file is in a file that counts, or was
// dropped.
func (r *recovery) stale(m fileMeta) bool {
	for i := range m {
		h := &m[i].Header
		at, ok := r.j.fileOf(h.Stream, h.First)
		if (!ok || at.last < h.Last()) && h.Number > r.j.seal.manifest.pruned[h.Stream] {
			return false
		}
		if l, logged := r.headerOf(h); !logged || l != h.Root {
			return false // it is not what the log knows by that number
		}
	}
	return true
}

// headerOf is the root that the log has for a range's number.
func (r *recovery) headerOf(h *Header) (root hash, ok bool) {
	index, ok := r.j.indexOf(h.Stream, h.Number)
	if !ok {
		return root, false
	}
	l, err := r.j.headerAt(index)
	return l.Header.Root, err == nil
}

// place finds the headers of a file's ranges in the log. One that continues its
// stream is appended: the log was cut off there, and the checkpoint will tell
// whether it is the same log again.
func (r *recovery) place(m fileMeta) (indexes []uint64, err error) {
	s := r.stream(m[0].Header.Stream)
	for i := range m {
		h := &m[i].Header
		if bare, ok := s.bare[h.Number]; ok {
			if bare.Header != *h {
				return nil, errors.New("its header is not the one in the log")
			}
			indexes = append(indexes, bare.index)
			delete(s.bare, h.Number)
			continue
		}
		if h.Number != s.sealed+1 || h.First != s.next {
			return nil, errTaken
		}
		index, err := r.j.addHeader(logged{Header: *h, MAC: m[i].MAC})
		if err != nil {
			return nil, err
		}
		s.sealed, s.next = h.Number, h.Last()+1
		r.ord = max(r.ord, h.LastOrd)
		r.see(h.Stream, h.LastOrd)
		indexes = append(indexes, index)
	}
	return indexes, nil
}
