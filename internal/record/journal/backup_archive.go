// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"path"
	"path/filepath"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// shelves reads the manifests of the journal and of its archives.
func (b *backup) shelves() ([]*shelf, error) {
	own, err := b.manifest("")
	if err != nil {
		return nil, err
	}
	all := []*shelf{own}
	numbers, err := archiveNumbers(b.dir)
	if err != nil {
		return nil, err
	}
	for _, n := range numbers {
		s, err := b.manifest(archiveName(n))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// putArchive puts what does not change of an archive, and counts what it holds.
func (b *backup) putArchive(s *shelf) error {
	dir := filepath.Join(b.dir, filepath.FromSlash(s.dir))
	copies, err := readHeaderFiles(func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) })
	if err != nil {
		return err
	}
	list := scanHeaders(copies)
	if list.cut {
		return fmt.Errorf("%s: %w, after header %d", s.dir, errHeaderLog, len(list.list))
	}
	if err := b.putBytes(path.Join(s.dir, hlogNames()[0]), encodeHeaders(list.list)); err != nil {
		return err
	}
	for _, name := range []string{formatName, checkpointName, cosignedName} {
		signed, err := b.small(path.Join(s.dir, name))
		if err != nil {
			return err
		}
		if len(signed) == 0 {
			continue
		}
		if err := b.putBytes(path.Join(s.dir, name), signed); err != nil {
			return err
		}
	}
	files, err := keyring.Files(filepath.Join(dir, ArchiveKeys), b.opts.Secrets)
	if err != nil {
		return fmt.Errorf("keys of an archive: %w", err)
	}
	for _, f := range files {
		if err := b.putBytes(path.Join(s.dir, ArchiveKeys, f.Name), f.Raw); err != nil {
			return err
		}
	}
	for _, f := range s.files {
		for _, at := range f.Ranges {
			if at >= uint64(len(list.list)) {
				return fmt.Errorf("%s: the manifest names a range whose header is not in the log", s.dir)
			}
			if h := &list.list[at].Header; h.Stream != SystemStream {
				b.out.Events += int64(h.Count - h.Lost)
			}
		}
	}
	if len(list.list) > 0 {
		b.out.Archives = append(b.out.Archives, list.list[0].Header.Origin)
	}
	return nil
}
