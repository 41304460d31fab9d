// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readListed notes how far the manifest has each stream before the log is read:
// entries below were sealed, and are checked in their segment files.
func (v *verifier) readListed() error {
	raw, err := readManifest(filepath.Join(v.dir, "manifest"))
	if err != nil {
		return err
	}
	records, _, _, _ := scanManifest(raw)
	for i := range records {
		s := v.stream(records[i].Header.Stream)
		s.listed = max(s.listed, records[i].Header.Last()+1)
	}
	return nil
}

// readManifest gathers the sealed ranges: those of the manifest, and those of
// segment files that it should have named. The manifest is derived: where it
// cannot be read, the segment files with their headers and the log tell what was
// sealed, as they do when the journal opens.
func (v *verifier) readManifest() error {
	raw, err := readManifest(filepath.Join(v.dir, "manifest"))
	if err != nil {
		return err
	}
	records, _, damaged, torn := scanManifest(raw)
	if damaged || torn && v.stopped {
		v.report.file("manifest", "records are damaged", false)
	}
	named := map[string]bool{}
	for i := range records {
		r := &records[i]
		named[r.Name] = true
		s := v.stream(r.Header.Stream)
		s.sealed = append(s.sealed, &sealedCheck{record: *r, listed: true})
		s.listed = max(s.listed, r.Header.Last()+1)
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
			v.unlisted(path, name)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read segment folder: %w", err)
	}
	for _, s := range v.streams {
		slices.SortStableFunc(s.sealed, func(a, b *sealedCheck) int {
			return cmp.Compare(a.Header.First, b.Header.First)
		})
	}
	return nil
}

// unlisted takes up a segment file that the manifest does not name, when no other
// range has its place.
func (v *verifier) unlisted(path, name string) {
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		v.stray(name, "cannot be opened: "+cause(err))
		return
	}
	defer f.Close()
	m, err := decodeMeta(f.Meta())
	if err != nil {
		v.stray(name, "its header cannot be read")
		return
	}
	if name != segmentName(m.Header.Stream, m.Header.Number) {
		v.stray(name, "does not lie where a range of that header lies")
		return
	}
	s := v.stream(m.Header.Stream)
	if m.Header.First >= s.listed && s.inLog(m.Header.Number) {
		return // it is being sealed, or will be again: the log has its entries
	}
	for _, c := range s.sealed {
		if c.Header.First <= m.Header.Last() && m.Header.First <= c.Header.Last() {
			v.stray(name, "its place in the stream is taken")
			return
		}
	}
	s.sealed = append(s.sealed, &sealedCheck{record: record{Name: name, meta: m}})
	if v.stopped {
		v.report.file("manifest", "does not name segments/"+filepath.ToSlash(name), false)
	}
}

// stray names a segment file that stands for no range: opening the journal removes
// it or puts it in quarantine. If entries are gone with it, they are named.
func (v *verifier) stray(name, damage string) {
	if v.stopped {
		v.report.file("segments/"+filepath.ToSlash(name), damage+"; the manifest does not name it", false)
	}
}

// inLog tells whether a range's beginning lies in the log. Ranges are sealed in
// their order: one before a range that is listed was sealed, and is kept in the
// log only because a range of another stream still needs the file.
func (s *verified) inLog(number uint64) bool {
	return slices.ContainsFunc(s.log, func(l *logRange) bool { return l.open.Number == number })
}
