// SPDX-License-Identifier: Apache-2.0

package backup_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/tocsin-siem/tocsin/internal/ground/backup"
)

// put is one part of a test's backup.
type put struct{ name, content string }

func parts() []put {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 200<<10)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	return []put{
		{"keys/ring", "epoch 1\n"},
		{"journal/empty", ""},
		{"journal/segments/90d/2026-01-02/000000000001.seg", string(noise)},
		{"journal/zeros", strings.Repeat("\x00", 300<<10)},
		{"a name with spaces and ünïcode/" + strings.Repeat("x", 150), "long"},
	}
}

// write makes a backup of these parts and returns its path.
func write(t *testing.T, all []put) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.tocsin")
	w, err := backup.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if err := w.Put(p.name, int64(len(p.content)), strings.NewReader(p.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Finish(map[string]int{"events": 7}), w.Publish()); err != nil {
		t.Fatal(err)
	}
	return path
}

// readAll opens a backup and reads every part.
func readAll(t *testing.T, path string) ([]put, error) {
	t.Helper()
	r, err := backup.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []put
	for _, p := range r.Contents().Parts {
		var b bytes.Buffer
		if err := r.Extract(t.Context(), p.Name, &b); err != nil {
			return nil, err
		}
		all = append(all, put{p.Name, b.String()})
	}
	return all, r.CheckRest(t.Context())
}

func TestPartsComeBack(t *testing.T) {
	t.Parallel()
	want := parts()
	path := write(t, want)
	got, err := readAll(t, path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(put{})); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
	r, err := backup.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var info map[string]int
	if err := json.Unmarshal(r.Contents().Info, &info); err != nil || info["events"] != 7 {
		t.Errorf("info %s: %v", r.Contents().Info, err)
	}
	if _, err := r.Read(t.Context(), "nowhere", 10); !errors.Is(err, backup.ErrMissing) {
		t.Errorf("a part that is not there: %v", err)
	}
	if _, err := r.Read(t.Context(), "journal/zeros", 10); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("a part that is too large: %v", err)
	}
	stat, err := os.Stat(path)
	if err != nil || stat.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", stat.Mode(), err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestOtherProgramsReadIt: it is a tar archive in zstd for everybody else.
func TestOtherProgramsReadIt(t *testing.T) {
	t.Parallel()
	want := parts()
	f, err := os.Open(write(t, want))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var got []put
	archive := tar.NewReader(d)
	for {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, put{h.Name, string(raw)})
	}
	if n := len(want); len(got) != n+1 || got[n].name != "contents.json" || !cmp.Equal(want, got[:n], cmp.AllowUnexported(put{})) {
		t.Errorf("%d members, the last is %s", len(got), got[len(got)-1].name)
	}
}

// TestDamageIsFound flips each byte of a small backup, and cuts it off at each.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	path := write(t, []put{{"a", "one"}, {"b/c", strings.Repeat("two", 100)}, {"d", ""}})
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(t.TempDir(), "bad")
	try := func(what string, at int, raw []byte) {
		t.Helper()
		if err := os.WriteFile(bad, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(t, bad); !errors.Is(err, backup.ErrDamaged) {
			t.Fatalf("%s at %d of %d: %v", what, at, len(good), err)
		}
	}
	for at := range good {
		raw := bytes.Clone(good)
		raw[at] ^= 1 << (at % 8)
		try("flip", at, raw)
		try("cut", at, good[:at])
	}
	try("longer", len(good), append(bytes.Clone(good), 0))
	try("twice", len(good), append(bytes.Clone(good), good...))
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	path := write(t, nil)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	backup.Version99(raw)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Open(path); !errors.Is(err, backup.ErrNewer) || !strings.Contains(err.Error(), path+": ") || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("open: %v", err)
	}
}

func TestWhatCannotBePut(t *testing.T) {
	t.Parallel()
	w, err := backup.Create(filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Discard() }()
	for _, name := range []string{"", ".", "..", "/etc/passwd", "a/../b", "a//b", "contents.json", `a/`} {
		if err := w.Put(name, 0, strings.NewReader("")); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
	if err := w.Put("short", 10, strings.NewReader("nine bytes")); err != nil {
		t.Error(err)
	}
	if err := w.Put("short", 1, strings.NewReader("x")); err == nil {
		t.Error("a name twice")
	}
	if err := w.Put("shorter", 11, strings.NewReader("nine bytes")); err == nil {
		t.Error("fewer bytes than were told")
	}
	if err := w.Publish(); err == nil {
		t.Error("published before it was finished")
	}
}

// TestNamesAreTakenOnce: no file is replaced, two writers do not mix, and what a
// killed run has left is written over.
func TestNamesAreTakenOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(path+".partial", bytes.Repeat([]byte("left by a run that was killed"), 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := backup.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Create(path); !errors.Is(err, backup.ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
	if err := errors.Join(w.Put("a", 1, strings.NewReader("x")), w.Finish(nil)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(); !errors.Is(err, backup.ErrExists) {
		t.Errorf("publish over a file: %v", err)
	}
	if raw, err := os.ReadFile(path); err != nil || string(raw) != "mine" {
		t.Errorf("the file is %q: %v", raw, err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(t, path); err != nil || len(got) != 1 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := backup.Create(path); !errors.Is(err, backup.ErrExists) {
		t.Errorf("create over a backup: %v", err)
	}
}

func TestDiscardLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := backup.Create(filepath.Join(dir, "b"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Put("a", 1, strings.NewReader("x")), w.Discard()); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(dir); err != nil || len(names) != 0 {
		t.Errorf("left: %v, %v", names, err)
	}
	if _, err := backup.Create(filepath.Join(dir, "nowhere", "b")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a folder that is not there: %v", err)
	}
}
