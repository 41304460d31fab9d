// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
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
	// 30d has sealed up to 7 in epoch 1; 90d up to 2 in epoch 2; 180d and system
	// have sealed nothing; 366d has never been
	for _, k := range []key{
		{1, "30d", 8},
		{1, "30d", 5000},
		{2, "30d", 0},
		{2, "90d", 3},
		{1, "180d", 0},
		{2, "180d", 0},
		{1, "system", 3},
		{1, "366d", 0},
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
	} {
		gone[k] = want(k.epoch, k.stream, k.j)
	}
	root1, err := os.ReadFile(filepath.Join(dir, "mac-root.1"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{hex.EncodeToString(r.roots[0].anchor[:]), hex.EncodeToString(r.roots[1].anchor[:])}
	epochs, err := r.Export(file, []string{"30d", "180d", "366d", "system"}, []Range{
		{Stream: "30d", Epoch: 1, J: 7},
		{Stream: "90d", Epoch: 2, J: 2},
		{Stream: "180d"},
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

// TestForget moves the keys forward, durably, in the folder and in memory, and
// only forward.
func TestForget(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if err := r.Forget(1, "30d", 5); err != nil {
		t.Fatal(err)
	}
	all := make([]string, 20)
	for j := range all {
		all[j] = mac(r, 1, "30d", uint64(j)) // and still with the root on the host
	}
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d", "90d"}, nil); err != nil {
		t.Fatal(err)
	}
	check := func(lowest int) {
		t.Helper()
		inspected, _ := Inspect(Options{Dir: dir})
		for name, r := range map[string]*Ring{"the ring": r, "opened again": open(t, Options{Dir: dir}), "inspected": inspected} {
			for j := range all {
				want := all[j]
				if j < lowest {
					want = "away"
				}
				if got := mac(r, 1, "30d", uint64(j)); got != want {
					t.Errorf("%s, lowest %d: K_%d is %s, want %s", name, lowest, j, got, want)
				}
			}
			if got := mac(r, 1, "90d", 0); len(got) != 2*KeyBytes {
				t.Errorf("%s: another stream is %s", name, got)
			}
		}
		text := below(t, dir)
		for j := range lowest {
			if strings.Contains(text, all[j]) {
				t.Errorf("K_%d lies in the folder", j)
			}
		}
	}
	check(0)
	for _, step := range []struct {
		j      uint64
		lowest int
	}{{0, 1}, {1, 2}, {1, 2}, {7, 8}, {3, 8}, {8, 9}} {
		held, err := os.Open(filepath.Join(dir, "ratchet"))
		if err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		if err := r.Forget(1, "30d", step.j); err != nil {
			t.Fatal(err)
		}
		check(step.lowest)
		raw := make([]byte, 4096)
		n, _ := held.ReadAt(raw, 0)
		if changed := !cmp.Equal(before, snapshot(t, dir)); changed != bytes.Equal(raw[:n], make([]byte, n)) {
			t.Errorf("forget %d: changed %v, what was there before: %.60q", step.j, changed, raw[:n])
		}
		held.Close()
	}
	for _, no := range []Range{{"365d", 1, 3}, {"30d", 0, 3}} {
		if err := r.Forget(no.Epoch, no.Stream, no.J); err != nil {
			t.Errorf("%v: %v", no, err)
		}
	}
	check(9)
	inspected, _ := Inspect(Options{Dir: dir})
	before := snapshot(t, dir)
	if err := inspected.Forget(1, "30d", 12); err != nil || !cmp.Equal(before, snapshot(t, dir)) {
		t.Errorf("over an inspected folder: %v", err)
	}
}

// TestRotationWhileAway: the new epoch's root is on the host until it is exported;
// a range that was sealed in it leaves the stream no keys of the old one.
func TestRotationWhileAway(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	streams := []string{"30d", "90d"}
	r := open(t, Options{Dir: dir})
	k1 := mac(r, 1, "30d", 3)
	if _, err := r.Export(filepath.Join(base, "first"), streams, nil); err != nil {
		t.Fatal(err)
	}
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Epoch{{1, Away, false}, {2, Random, true}}, r.Epochs()); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
	k2 := mac(r, 2, "30d", 2)
	if got := mac(r, 1, "30d", 3); got != k1 || len(k2) != 2*KeyBytes {
		t.Errorf("K_3 of epoch 1 is %s, want %s", got, k1)
	}
	if err := r.Forget(2, "30d", 0); err != nil {
		t.Fatal(err)
	}
	if got := mac(r, 1, "30d", 3); got != "away" {
		t.Errorf("a range of epoch 2 was sealed, and K_3 of epoch 1 is %s", got)
	}
	if got := mac(r, 1, "90d", 0); got == "away" {
		t.Error("the other stream lost its keys")
	}
	epochs, err := r.Export(filepath.Join(base, "second"), streams, []Range{{"30d", 2, 0}})
	if err != nil || !cmp.Equal(epochs, []uint32{2}) {
		t.Fatalf("epochs %v, %v", epochs, err)
	}
	r = open(t, Options{Dir: dir, Existing: true})
	got := []string{mac(r, 1, "30d", 3), mac(r, 2, "30d", 0), mac(r, 2, "30d", 2)}
	if diff := cmp.Diff([]string{"away", "away", k2}, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	inspected, _ := Inspect(Options{Dir: dir})
	for _, file := range []string{"first", "second"} {
		if err := inspected.Attach(filepath.Join(base, file)); err != nil {
			t.Fatal(err)
		}
	}
	if got := mac(inspected, 1, "30d", 3); got != k1 {
		t.Errorf("with both files K_3 of epoch 1 is %s", got)
	}
}

// TestSecretAfterExport: a secret begins the next epoch also when the root of the
// last one is away.
func TestSecretAfterExport(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d"}, nil); err != nil {
		t.Fatal(err)
	}
	if r := open(t, Options{Dir: dir, Existing: true}); r.Epoch() != 1 {
		t.Errorf("epoch %d", r.Epoch())
	}
	r = open(t, Options{Dir: dir, Existing: true, Secret: "a secret of the operator"})
	if diff := cmp.Diff([]Epoch{{1, Away, false}, {2, Derived, true}}, r.Epochs()); diff != "" {
		t.Errorf("epochs (-want +got):\n%s", diff)
	}
}

func TestLostRatchetIsRefused(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	dir := filepath.Join(base, "keys")
	r := open(t, Options{Dir: dir})
	if _, err := r.Export(filepath.Join(base, "anchors"), []string{"30d"}, nil); err != nil {
		t.Fatal(err)
	}
	older, err := os.ReadFile(filepath.Join(dir, "ratchet"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Forget(1, "30d", 3); err != nil {
		t.Fatal(err)
	}
	want := mac(r, 1, "30d", 9)
	// one copy a state behind is what a crash leaves, and no finding
	if err := os.WriteFile(filepath.Join(dir, "ratchet"), older, 0o600); err != nil {
		t.Fatal(err)
	}
	inspected, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 || mac(inspected, 1, "30d", 3) != "away" {
		t.Errorf("findings %v", findings)
	}
	if r := open(t, Options{Dir: dir}); mac(r, 1, "30d", 3) != "away" || mac(r, 1, "30d", 9) != want {
		t.Error("the older of two states was taken")
	}
	for _, harm := range []string{"cut", "gone"} {
		hurt(t, filepath.Join(dir, "ratchet"), harm)
		hurt(t, filepath.Join(dir, "copy", "ratchet"), harm)
		if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", harm, err)
		}
		if r, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || mac(r, 1, "30d", 9) != "away" {
			t.Errorf("%s: findings %v", harm, findings)
		}
	}
	// an older state from a backup serves, for the keys go forward
	put(t, dir, "ratchet", older)
	if r := open(t, Options{Dir: dir}); mac(r, 1, "30d", 9) != want {
		t.Error("an older state gives another key")
	}
}

func TestForeignAnchors(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	export := func(name string) (file string, r *Ring) {
		dir := filepath.Join(base, name, "keys")
		r = open(t, Options{Dir: dir, Name: name})
		file = filepath.Join(base, name, "anchors")
		if _, err := r.Export(file, nil, nil); err != nil {
			t.Fatal(err)
		}
		return file, r
	}
	mine, r := export("mine")
	other, _ := export("other")
	f := func(file, want string) {
		t.Helper()
		before := state(r)
		if err := r.Attach(file); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%v, want %q", err, want)
		}
		if diff := cmp.Diff(before, state(r)); diff != "" {
			t.Errorf("the ring was changed:\n%s", diff)
		}
	}
	forged := func(name string, entries ...string) string {
		path := filepath.Join(base, name)
		if err := os.WriteFile(path, keyFile{name: fileAnchor, entries: entries}.encode(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var a [KeyBytes]byte
	line := func(epoch uint32) string { return fmt.Sprintf("anchor %d %x %x", epoch, checkValue(a, epoch), a) }
	f(filepath.Join(base, "nowhere"), "no such file")
	f(other, "of the journal other/")
	f(forged("another root", "origin "+r.Origin(), line(1)), "not the one of these keys")
	f(forged("empty"), "holds no anchors")
	f(forged("no anchors", "origin "+r.Origin()), "holds no anchors")
	f(forged("no origin", line(1), line(2)), "holds no anchors")
	f(forged("epoch 0", "origin "+r.Origin(), line(0)), "check value")
	f(forged("wrong check", "origin "+r.Origin(), strings.Replace(line(1), "anchor 1", "anchor 2", 1)), "check value")
	f(forged("something else", "origin "+r.Origin(), "epoch 1 random 00"), "does not belong there")
	if err := r.Attach(forged("later epoch", "origin "+r.Origin(), line(2), line(4000000000))); err != nil || r.Epoch() != 1 {
		t.Errorf("an epoch that the ring does not know yet: %v", err)
	}
	raw, err := os.ReadFile(mine)
	if err != nil {
		t.Fatal(err)
	}
	for i := range raw {
		raw[i] ^= 4
		path := filepath.Join(base, "flipped")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := r.Attach(path); err == nil {
			t.Fatalf("byte %d changed and it was believed", i)
		}
		raw[i] ^= 4
	}
	if err := r.Attach(mine); err != nil || !r.Epochs()[0].Known {
		t.Errorf("mine: %v", err)
	}
}

func FuzzAnchors(f *testing.F) {
	var a [KeyBytes]byte
	f.Add(keyFile{name: fileAnchor, entries: []string{"origin a/b", fmt.Sprintf("anchor 1 %x %x", checkValue(a, 1), a)}}.encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, roots, err := decodeAnchors(resum(raw)); err == nil {
			for epoch, rt := range roots {
				if checkValue(rt.anchor, epoch) != rt.check || !rt.known {
					t.Error("a root that does not fit its check value was taken")
				}
			}
		}
	})
}
