// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

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
