// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// generationOf is the number in the name of a file that was written anew, 0 in the
// name of one that was sealed.
func generationOf(name string) uint64 {
	parts := strings.Split(filepath.Base(name), ".")
	if len(parts) != 3 {
		return 0
	}
	n, err := strconv.ParseUint(parts[1], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// unlisted lists the files below a folder of segments that are not named, those that
// were written last first: of two that hold the same ranges the first one counts.
func unlisted(root string, named map[string]bool) (found []string, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went meanwhile
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err == nil && !named[name] {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read segment folder: %w", err)
	}
	slices.SortFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(generationOf(b), generationOf(a)), strings.Compare(a, b))
	})
	return found, nil
}

// settle takes, of files that claim the same ranges, the one of the highest rank,
// and among those the one that was written last. The others keep their order.
func settle[T any](files []T, of func(T) *listed, rank func(T) int) []T {
	order := slices.Clone(files)
	slices.SortStableFunc(order, func(a, b T) int {
		return cmp.Or(rank(b)-rank(a), cmp.Compare(generationOf(of(b).Name), generationOf(of(a).Name)))
	})
	held, chosen := map[uint64]bool{}, map[string]bool{}
	for _, f := range order {
		l := of(f)
		if slices.ContainsFunc(l.Ranges, func(at uint64) bool { return held[at] }) {
			continue
		}
		for _, at := range l.Ranges {
			held[at] = true
		}
		chosen[l.key()] = true
	}
	return slices.DeleteFunc(slices.Clone(files), func(f T) bool {
		keep := chosen[of(f).key()]
		delete(chosen, of(f).key()) // a file may be listed twice
		return !keep
	})
}

// key tells a listed file from the others, also one without a name.
func (l *listed) key() string { return l.Name + "\x00" + strconv.FormatUint(l.Ranges[0], 10) }

// The ranks of files that claim the same ranges.
const (
	absent = iota // not there
	unnamed
	named // by a manifest that can be believed
)

// rebuild puts the list of files right when the manifest cannot be believed, or, when
// it is sound, is doubtful: a file that is not listed, is whole and
// holds ranges of the log of headers is taken up unless a better one holds them. It
// returns the highest number in a file's name.
func (j *Journal) rebuild(ctx context.Context, sound bool) (highest uint64, err error) {
	known := map[string]bool{}
	for _, s := range j.view.sealed {
		known[s.Name] = true
		highest = max(highest, generationOf(s.Name))
	}
	names, err := unlisted(j.path("segments"), known)
	if err != nil {
		return 0, err
	}
	all := slices.Clone(j.view.sealed)
	for _, name := range names {
		highest = max(highest, generationOf(name))
		if err := ctx.Err(); err != nil {
			return 0, fmt.Errorf("rebuild manifest: %w", err)
		}
		if s := j.candidate(name); s != nil {
			j.openListed(s)
			all = append(all, s)
		}
	}
	j.view.sealed = settle(all, func(s *sealedFile) *listed { return &s.listed }, func(s *sealedFile) int {
		switch {
		case s.file == nil && s.Name != "":
			return absent
		case sound && known[s.Name]:
			return named
		}
		return unnamed
	})
	for _, s := range all {
		switch kept := slices.Contains(j.view.sealed, s); {
		case !kept && s.file != nil:
			if err := s.file.Close(); err != nil {
				return 0, fmt.Errorf("rebuild manifest: %w", err)
			}
		case kept && !known[s.Name]:
			j.log.WarnContext(ctx, "segment file taken up that the manifest did not name", "file", s.Name)
		}
	}
	return highest, nil
}

// candidate is a file that is not listed, is whole and has ranges that are in the
// log of headers; nil when it is not like that: then adopt looks at it.
func (j *Journal) candidate(name string) *sealedFile {
	path := j.path("segments", name)
	if !strings.HasSuffix(name, ".seg") {
		return nil
	}
	m, err := j.judge(path)
	if err != nil {
		return nil
	}
	s := &sealedFile{coverage: coverageOf(m)}
	s.Name = name
	for i := range m {
		at, ok := j.indexOf(m[i].Header.Stream, m[i].Header.Number)
		if !ok || j.leafAt(at) != m[i].Header.Leaf() {
			return nil
		}
		s.Ranges = append(s.Ranges, at)
	}
	if s.Size, s.Sum, err = fileSum(path); err != nil {
		return nil
	}
	return s
}

// doubtful tells whether the list of files must be put right: files that it names are
// not there, or files are there that it does not name. The latter a crash leaves, and
// so does a manifest that was cut off between two records: then the log may hold a
// part of their ranges only, and they are not to go.
func (j *Journal) doubtful() (bool, error) {
	known := map[string]bool{}
	for _, s := range j.view.sealed {
		known[s.Name] = true
		if s.Name == "" || s.file != nil {
			continue
		}
		if _, err := os.Stat(j.path("segments", s.Name)); errors.Is(err, os.ErrNotExist) {
			return true, nil
		}
	}
	names, err := unlisted(j.path("segments"), known)
	return slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, ".seg") }), err
}
