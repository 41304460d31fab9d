// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// mac is a range key in short: its number's letters, or why there is none.
func mac(r *Ring, epoch uint32, stream string, j uint64) string {
	k, err := r.Key(epoch, stream, j)
	switch {
	case errors.Is(err, ErrAway):
		return "away"
	case err != nil:
		return err.Error()
	}
	return hex.EncodeToString(k[:])
}

// below is everything that lies in a folder, as one text.
func below(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all.Write(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// TestExport: afterwards the folder has what writing needs and nothing that was
// sealed before, and the exported file has all of it.
func TestExport(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir, file := filepath.Join(base, "keys"), filepath.Join(base, "anchors")
	whole := open(t, Options{Dir: dir, Name: "host"})
	if _, err := Rotate(Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{Dir: dir, Existing: true})
	want := func(epoch uint32, stream string, j uint64) string { return mac(r, epoch, stream, j) }
	type key struct {
		epoch  uint32
		stream string
		j      uint64
	}
	keep, gone := map[key]string{}, map[key]string{}
	// 30d has sealed up to 7 in epoch 1, and more waits; 90d has sealed up to 2 in
	// epoch 2; 180d has sealed nothing yet; 366d and system have never been
	for _, k := range []key{
		{1, "30d", 8},
		{1, "30d", 5000},
		{2, "30d", 0},
		{2, "90d", 3},
		{1, "180d", 0},
		{2, "180d", 0},
		{2, "system", 3},
		{2, "366d", 9},
	} {
		keep[k] = want(k.epoch, k.stream, k.j)
	}
	for _, k := range []key{
		{1, "30d", 0},
		{1, "30d", 7},
		{1, "90d", 0},
		{1, "90d", 100},
		{2, "90d", 0},
		{2, "90d", 2},
		{1, "other", 0},
		{1, "system", 0},
		{1, "366d", 0},
	} {
		gone[k] = want(k.epoch, k.stream, k.j)
	}
	root1, err := os.ReadFile(filepath.Join(dir, "mac-root.1"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{hex.EncodeToString(r.roots[0].anchor[:]), hex.EncodeToString(r.roots[1].anchor[:])}
	epochs, err := r.Export(file, []string{"30d", "180d", "366d", "system"}, []Range{
		{Stream: "30d", Epoch: 1, J: 7, Unsealed: true},
		{Stream: "90d", Epoch: 2, J: 2},
		{Stream: "180d", Unsealed: true},
	})
	if err != nil || !cmp.Equal(epochs, []uint32{1, 2}) {
		t.Fatalf("export: %v, epochs %v", err, epochs)
	}
	inspected, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 {
		t.Errorf("findings %v", findings)
	}
	for name, r := range map[string]*Ring{"the ring": r, "opened again": open(t, Options{Dir: dir, Existing: true}), "inspected": inspected} {
		for k, want := range keep {
			if got := mac(r, k.epoch, k.stream, k.j); got != want {
				t.Errorf("%s: %v is %s, want %s", name, k, got, want)
			}
		}
		for k := range gone {
			if got := mac(r, k.epoch, k.stream, k.j); got != "away" {
				t.Errorf("%s: %v is %s", name, k, got)
			}
		}
		if diff := cmp.Diff([]Epoch{{1, Away, false}, {2, Away, false}}, r.Epochs()); diff != "" {
			t.Errorf("%s: epochs (-want +got):\n%s", name, diff)
		}
	}
	for _, k := range []key{{1, "30d", 7}, {2, "90d", 2}} {
		secrets = append(secrets, gone[k])
	}
	text := below(t, dir)
	for _, s := range secrets {
		raw, _ := hex.DecodeString(s)
		if strings.Contains(text, s) || strings.Contains(text, string(raw)) || strings.Contains(text, base64.StdEncoding.EncodeToString(raw)) {
			t.Error("what was exported still lies in the folder")
		}
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v %v", st.Mode(), err)
	}

	// with the file everything is there again
	if err := inspected.Attach(file); err != nil {
		t.Fatal(err)
	}
	for k, want := range gone {
		if got := mac(inspected, k.epoch, k.stream, k.j); got != want {
			t.Errorf("with the file: %v is %s, want %s", k, got, want)
		}
	}
	if got := mac(inspected, 1, "30d", 8); got != keep[key{1, "30d", 8}] || !inspected.Epochs()[0].Known {
		t.Error("with the file a key is another one")
	}
	if whole.Origin() != inspected.Origin() {
		t.Error("another origin")
	}

	// a root that comes back with a backup is told, and not taken
	put(t, dir, "mac-root.1", root1)
	var log bytes.Buffer
	r = open(t, Options{Dir: dir, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if mac(r, 1, "30d", 0) != "away" || !strings.Contains(log.String(), "mac-root.1") {
		t.Errorf("log %q", &log)
	}
	if _, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || findings[0].File != "mac-root.1" {
		t.Errorf("findings %v", findings)
	}
}

func TestExportIsRefused(t *testing.T) {
	t.Parallel()
	f := func(name, want string, opts Options, streams []string, sealed []Range, before func(dir, file string)) {
		t.Helper()
		base := t.TempDir()
		dir, file := filepath.Join(base, "keys"), filepath.Join(base, "anchors")
		opts.Dir = dir
		r := open(t, opts)
		before(dir, file)
		files := snapshot(t, base)
		if _, err := r.Export(file, streams, sealed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
		if diff := cmp.Diff(files, snapshot(t, base)); diff != "" {
			t.Errorf("%s: something was changed:\n%s", name, diff)
		}
		if got := mac(r, 1, "30d", 0); len(got) != 2*KeyBytes {
			t.Errorf("%s: the ring has no keys any more: %s", name, got)
		}
	}
	nothing := func(string, string) {}
	f("over a file", "exists", Options{}, nil, nil, func(_, file string) {
		if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	})
	f("over a dangling link", "exists", Options{}, nil, nil, func(dir, file string) {
		if err := os.Symlink(filepath.Join(dir, "nowhere"), file); err != nil {
			t.Fatal(err)
		}
	})
	f("with a secret", "LOG_SIGNATURE_SECRET is the anchor", Options{Secret: "a secret of the operator"}, nil, nil, nothing)
	f("a name that is none", "no name of a stream", Options{}, []string{"../x"}, nil, nothing)
	f("a number far out", "beyond", Options{}, nil, []Range{{Stream: "30d", Epoch: 1, J: 1 << 40}}, nothing)

	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	r, _ := Inspect(Options{Dir: dir})
	if _, err := r.Export(filepath.Join(t.TempDir(), "anchors"), nil, nil); err == nil {
		t.Error("an inspected folder was changed")
	}
	r = open(t, Options{Dir: dir})
	if _, err := r.Export(filepath.Join(t.TempDir(), "anchors"), nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Export(filepath.Join(t.TempDir(), "anchors"), nil, nil); err == nil || !strings.Contains(err.Error(), "no MAC root") {
		t.Errorf("twice: %v", err)
	}
	if _, err := open(t, Options{Dir: dir}).Export(filepath.Join(t.TempDir(), "nowhere", "x"), nil, nil); err == nil {
		t.Error("twice, opened again")
	}
}
