// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// loose looks at the segment files of an archive that its manifest does not name. One
// that was being written goes, and one whose ranges are in a file that counts, or
// were dropped: a crash came before it was removed. One that is whole is taken up
// where a range is without a file. Anything else goes into quarantine.
func (j *Journal) loose(ctx context.Context, a *archive, files []*sealedFile, pruned map[string]uint64, sound bool) (kept []*sealedFile, highest uint64, err error) {
	known := map[string]bool{}
	for _, s := range files {
		known[s.Name] = true
		highest = max(highest, generationOf(s.Name))
	}
	root := j.segments(a)
	names, err := unlisted(root, known)
	if err != nil {
		return nil, 0, err
	}
	all := slices.Clone(files)
	for _, name := range names {
		highest = max(highest, generationOf(name))
		path := filepath.Join(root, name)
		if strings.HasSuffix(name, ".tmp") {
			if err := j.opts.disk.remove(path); err != nil {
				return nil, 0, err
			}
			continue
		}
		s, err := a.candidate(j, name)
		if err != nil {
			if err := j.banish(ctx, a, name, err); err != nil {
				return nil, 0, err
			}
			continue
		}
		if s.lastNumber <= pruned[s.stream] {
			if err := j.discard(path, j.below(path)); err != nil {
				return nil, 0, err
			}
			continue
		}
		all = append(all, s)
	}
	kept = settle(all, func(s *sealedFile) *listed { return &s.listed }, func(s *sealedFile) int {
		switch _, err := os.Stat(filepath.Join(root, s.Name)); {
		case s.Name != "" && err != nil:
			return absent
		case sound && known[s.Name]:
			return named
		}
		return unnamed
	})
	for _, s := range all {
		if slices.Contains(kept, s) || s.Name == "" {
			continue
		}
		path := filepath.Join(root, s.Name)
		if err := j.discard(path, j.below(path)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, 0, err
		}
	}
	return kept, highest, nil
}

// candidate is a file of the archive that is whole and has ranges of its log.
func (a *archive) candidate(j *Journal, name string) (*sealedFile, error) {
	path := filepath.Join(j.segments(a), name)
	f, err := segment.OpenFile(path, j.seal.once)
	if err != nil {
		return nil, fmt.Errorf("open segment: %w", err)
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		return nil, err
	}
	s := &sealedFile{coverage: coverageOf(m), home: a}
	s.Name = name
	for i := range m {
		h := &m[i].Header
		at, ok := a.indexOf(h.Stream, h.Number)
		if !ok || a.leaves[at] != h.Leaf() {
			return nil, errors.New("its header is not in the log of headers")
		}
		s.Ranges = append(s.Ranges, at)
	}
	if err := readBack(f, m, nil); err != nil {
		return nil, err
	}
	s.Size, s.Sum, err = fileSum(path)
	return s, err
}

// banish puts a segment file of an archive into quarantine.
func (j *Journal) banish(ctx context.Context, a *archive, name string, why error) error {
	j.log.ErrorContext(ctx, "segment file of an archive put in quarantine", "archive", a.number, "file", name, "error", why)
	away := quarantined(filepath.Join(filepath.FromSlash(archiveName(a.number)), name))
	return j.opts.disk.rename(filepath.Join(j.segments(a), name), j.path("quarantine", away))
}
