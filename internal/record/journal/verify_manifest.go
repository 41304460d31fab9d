// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readManifest gathers the files that count: those of the manifest, and those of
// the folder that it should have named. The manifest is derived: where it cannot be
// read, the headers in the segment files tell what they hold.
func (v *verifier) readManifest() ([]listed, error) {
	raw, err := readManifest(filepath.Join(v.dir, "manifest"))
	if err != nil {
		return nil, err
	}
	if err := v.readLater(); err != nil {
		return nil, err
	}
	m := scanManifest(raw)
	first := !v.listedOnce
	v.listedOnce = true
	if first && (m.damaged || m.torn && v.stopped || raw == nil && len(v.headers) > 0 && v.stopped) {
		v.report.file("manifest", "records are damaged", false)
	}
	known := map[string]bool{}
	files := make([]listed, 0, len(m.files))
	for _, f := range m.files {
		known[f.Name] = true
		f.Ranges = slices.DeleteFunc(slices.Clone(f.Ranges), func(at uint64) bool { return at >= uint64(len(v.headers)) })
		if len(f.Ranges) > 0 { // else it was sealed after the headers were read
			files = append(files, f)
		}
	}
	if !v.stopped && !m.damaged {
		return files, nil // what the manifest does not name yet is in the log
	}
	names, err := unlisted(filepath.Join(v.dir, "segments"), known)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if f, ok := v.unlisted(name, first); ok {
			files = append(files, f)
		}
	}
	rank := func(f *listed) int {
		switch {
		case f.Name != "" && v.absent(f):
			return absent
		case known[f.Name] && !m.damaged && !m.torn:
			return named
		}
		return unnamed
	}
	taken := settle(files, func(f listed) *listed { return &f }, func(f listed) int { return rank(&f) })
	for i := range files {
		f := &files[i]
		kept := slices.ContainsFunc(taken, func(o listed) bool { return o.key() == f.key() })
		switch {
		case !first || !v.stopped || known[f.Name]:
		case !kept:
			v.stray(f.Name, "its place in the stream is taken", first)
		case !v.sealing(f):
			v.report.file("manifest", "does not name segments/"+filepath.ToSlash(f.Name), false)
		}
	}
	return taken, nil
}

// absent tells whether a file is not there.
func (v *verifier) absent(f *listed) bool {
	_, err := os.Stat(filepath.Join(v.dir, "segments", f.Name))
	return errors.Is(err, os.ErrNotExist)
}

// sealing tells whether a file was being sealed when the process ended: its entries
// are in the log still.
func (v *verifier) sealing(f *listed) bool {
	h := &v.headers[f.Ranges[0]].Header
	return v.streams[h.Stream].inLog(h.Number)
}

// unlisted takes up a segment file that the manifest does not name, when its ranges
// have headers.
func (v *verifier) unlisted(name string, first bool) (l listed, ok bool) {
	if !strings.HasSuffix(name, ".seg") {
		return l, false
	}
	f, err := segment.OpenFile(filepath.Join(v.dir, "segments", name), nil)
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
		l.Ranges = append(l.Ranges, uint64(at)) //nolint:gosec // an index
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
