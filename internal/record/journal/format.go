// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// FormatVersion is the format of a journal's folder, all of its files together, that
// this program writes; it reads the earlier ones, too. It is raised by one when a
// program that knows the old one would misread a file, or call it damaged
// (docs/journal-format.md, Versions).
const FormatVersion = 2

const (
	formatName = "format"
	formatWord = "tocsin-journal "
)

// ErrFormat says that a journal's folder is of a format that this program does not
// read; the text names the file and the version. Nothing in the folder was changed.
var ErrFormat = errors.New("journal is of another format")

// formatFile is the file that names the format.
func formatFile(version int) []byte {
	return addSum(fmt.Appendf(nil, "%s%d\n", formatWord, version))
}

// readFormat reads which format a folder is of. It is 0 when the file is not there, or
// damaged, which is no other format: then the journal writes it anew. ErrFormat when it
// is one that this program does not read.
func readFormat(dir string) (version int, err error) {
	path := filepath.Join(dir, formatName)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, unreleased(dir)
	}
	if err != nil {
		return 0, fmt.Errorf("read format: %w", err)
	}
	for version := 1; version <= FormatVersion; version++ {
		if string(raw) == string(formatFile(version)) {
			return version, nil
		}
	}
	body, ok := cutSum(raw)
	if !ok {
		return 0, nil
	}
	text, ok := strings.CutPrefix(strings.TrimSuffix(string(body), "\n"), formatWord)
	if n, err := strconv.Atoi(text); ok && err == nil && n > FormatVersion {
		return 0, fmt.Errorf("%w: %s says version %d, this program reads up to %d; use the Tocsin that wrote it, or a newer one", ErrFormat, path, n, FormatVersion)
	}
	return 0, nil
}

// unreleased is ErrFormat for a folder from before there was a log of headers, which
// no release has written.
func unreleased(dir string) error {
	for _, name := range hlogNames() {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
			return nil
		}
	}
	const old, head = 1, len(manifestMagic) + 4
	path := filepath.Join(dir, "manifest")
	raw, err := readManifest(path)
	if err != nil || len(raw) < head || string(raw[:len(manifestMagic)]) != manifestMagic {
		return err
	}
	if v := binary.BigEndian.Uint32(raw[len(manifestMagic):]); v == old {
		return fmt.Errorf("%w: %s is of version %d, which was never released; this program reads %d", ErrFormat, path, v, manifestVersion)
	}
	return nil
}

// openFormat writes the file that names the format of a journal, or an archive, where
// it is not whole, or names an earlier one: from now on there are files of this one.
func (j *Journal) openFormat(ctx context.Context, dir string) error {
	version, err := readFormat(dir)
	if err != nil || version == FormatVersion {
		return err
	}
	path := filepath.Join(dir, formatName)
	if version > 0 {
		j.log.InfoContext(ctx, "the journal's folder becomes one of a newer format, which earlier versions of Tocsin do not read", "file", path, "from", version, "to", FormatVersion)
	} else if _, err := os.Stat(path); err == nil {
		j.log.WarnContext(ctx, "the file that names the journal's format is damaged; it is written anew", "file", path)
	}
	if err := replaceFile(j.opts.disk, path, formatFile(FormatVersion)); err != nil {
		return fmt.Errorf("write format: %w", err)
	}
	return nil
}

// CheckFormat is ErrFormat for a folder that this program must not touch, for the
// sake of an archive in it, too. A folder that is not there, or holds no journal, is
// none.
func CheckFormat(dir string) error {
	if _, err := readFormat(dir); err != nil {
		return err
	}
	numbers, err := archiveNumbers(dir)
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if _, err := readFormat(filepath.Join(dir, filepath.FromSlash(archiveName(n)))); err != nil {
			return fmt.Errorf("archive %d: %w", n, err)
		}
	}
	return nil
}

// checkFormat looks at the file that names the format; opened is that there must be
// one.
func (v *verifier) checkFormat(opened bool) error {
	version, err := readFormat(v.dir)
	if err != nil || version > 0 {
		return err
	}
	switch _, err := os.Stat(filepath.Join(v.dir, formatName)); {
	case err == nil:
		v.report.file(formatName, "is not what a journal writes there", false)
	case opened:
		v.report.file(formatName, "there is none", false)
	}
	return nil
}
