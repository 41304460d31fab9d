// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyFile reads a folder.
func everyFile(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		files[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func writeFile(t *testing.T, path string, raw []byte) {
	t.Helper()
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestFoldersOfAnotherFormatAreRefused: by all that open one, with the file and the
// version, and before anything in it is changed.
func TestFoldersOfAnotherFormatAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, journal string)
		says   []string
	}{
		"newer": {func(t *testing.T, journal string) {
			writeFile(t, filepath.Join(journal, formatName), formatFile(FormatVersion+1))
		}, []string{"/journal/format", fmt.Sprint("version ", FormatVersion+1), fmt.Sprint("up to ", FormatVersion)}},
		"much newer": {func(t *testing.T, journal string) {
			writeFile(t, filepath.Join(journal, formatName), formatFile(70))
		}, []string{"/journal/format", "version 70"}},
		"from before the log of headers": {func(t *testing.T, journal string) {
			names := hlogNames()
			for _, name := range append(names[:], formatName) {
				if err := os.Remove(filepath.Join(journal, name)); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(journal, "manifest")
			raw, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			binary.BigEndian.PutUint32(raw[len(manifestMagic):], 1)
			writeFile(t, path, raw)
		}, []string{"/journal/manifest", "version 1", "never released", "reads 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := build(t, 60)
			journal := filepath.Join(dir, "journal")
			c.change(t, journal)
			before := everyFile(t, dir)
			for who, try := range map[string]func() error{
				"open":   func() error { _, err := Open(t.Context(), testOptions(t, dir)); return err },
				"verify": func() error { _, err := Verify(t.Context(), journal, VerifyOptions{Keys: keysOf(t, dir)}); return err },
				"backup": func() error {
					_, err := Backup(t.Context(), journal, intoFolder(t, filepath.Join(t.TempDir(), "b")))
					return err
				},
				"lock": func() error { _, err := Lock(journal); return err },
			} {
				err := try()
				if !errors.Is(err, ErrFormat) {
					t.Errorf("%s: %v, want ErrFormat", who, err)
					continue
				}
				for _, want := range c.says {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %v, want %q in it", who, err, want)
					}
				}
			}
			if diff := cmp.Diff(before, everyFile(t, dir)); diff != "" {
				t.Errorf("the folder changed:\n%s", diff)
			}
		})
	}
}

// TestADamagedFormatFileIsNoOtherFormat: it is named, a start writes it anew, and
// nothing of the record is in doubt.
func TestADamagedFormatFileIsNoOtherFormat(t *testing.T) {
	t.Parallel()
	whole := formatFile(FormatVersion)
	newer := formatFile(FormatVersion + 1)
	for name, raw := range map[string][]byte{
		"absent":                 nil,
		"empty":                  {},
		"cut":                    whole[:9],
		"a bit turned":           append([]byte{whole[0] ^ 1}, whole[1:]...),
		"newer, by a bit turned": bytes.Replace(whole, []byte(" 2\n"), []byte(" 3\n"), 1),
		"newer, cut":             newer[:len(newer)-2],
		"another word":           addSum([]byte("tocsin-ledger 3\n")),
		"no number":              addSum([]byte("tocsin-journal two\n")),
		"older than the first":   formatFile(0),
		"longer":                 append(slices.Clone(whole), '\n'),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := build(t, 20)
			path := filepath.Join(dir, "journal", formatName)
			if raw == nil {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			} else {
				writeFile(t, path, raw)
			}
			r := verifyDir(t, dir)
			if !r.OK() || len(r.Files) != 1 || r.Files[0].File != formatName {
				t.Errorf("verify: %s, %+v", r.Status, r.Files)
			}
			_, stop := openTest(t, dir, nil)
			stop()
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, whole) {
				t.Errorf("after a start it is %q, %v", got, err)
			}
			if r := verifyDir(t, dir); !r.OK() || len(r.Files) != 0 {
				t.Errorf("verify after a start: %+v", r)
			}
		})
	}
}

// TestAnEarlierFormat is read, and is this one after a start: in an archive, too.
func TestAnEarlierFormat(t *testing.T) {
	t.Parallel()
	from, _, _ := recordedFolder(t)
	dir, _ := restored(t, from, Restoration{})
	paths := []string{filepath.Join(dir, "journal", formatName), filepath.Join(dir, "journal", "origins", "1", formatName)}
	for version := 1; version < FormatVersion; version++ {
		for _, path := range paths {
			writeFile(t, path, formatFile(version))
		}
		if r := verifyRestored(t, dir); !r.OK() || len(r.Files) != 0 {
			t.Errorf("version %d, verify: %s, %+v", version, r.Status, r.Files)
		}
		_, stop := openTest(t, dir, nil)
		stop()
		for _, path := range paths {
			if raw, err := os.ReadFile(path); err != nil || !bytes.Equal(raw, formatFile(FormatVersion)) {
				t.Errorf("version %d, after a start %s is %q, %v", version, path, raw, err)
			}
		}
	}
}

// TestAnArchiveOfAnotherFormat is refused, as the journal is that has it.
func TestAnArchiveOfAnotherFormat(t *testing.T) {
	t.Parallel()
	from, _, _ := recordedFolder(t)
	dir, _ := restored(t, from, Restoration{})
	path := filepath.Join(dir, "journal", "origins", "1", formatName)
	writeFile(t, path, formatFile(FormatVersion+1))
	if _, err := Open(t.Context(), testOptions(t, dir)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("open: %v", err)
	}
	_, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keysOf(t, dir), Archived: shelvedKeys})
	if !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("verify: %v", err)
	}
	writeFile(t, path, []byte("x"))
	if r := verifyRestored(t, dir); !r.OK() || len(r.Files) != 1 || r.Files[0].File != "origins/1/"+formatName {
		t.Errorf("verify with a damaged one: %s, %+v", r.Status, r.Files)
	}
}
