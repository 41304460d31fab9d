// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sealed gives lines their right checksum.
func sealed(lines string) []byte {
	body := []byte(fileHead + lines)
	return fmt.Appendf(body, "sum %x\n", sha256.Sum256(body))
}

func TestKeyFileComesBack(t *testing.T) {
	t.Parallel()
	for _, want := range []keyFile{
		{name: "origin", data: []byte("host/abc")},
		{name: "mac-root.1", kind: kindRandom, check: []byte{1, 2}, data: randomBytes(KeyBytes)},
		{name: "mac-root.2", kind: kindDerived, check: []byte{0xff}, data: []byte("sum \nsum \n")},
	} {
		got, err := decode(want.encode(), want.name)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(keyFile{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", want.name, err, diff)
		}
		raw := want.encode()
		for i := range raw {
			for _, bit := range []byte{1, 0x20, 0x80} {
				raw[i] ^= bit
				if f, err := decode(raw, want.name); err == nil {
					t.Fatalf("%s: byte %d changed and it was believed: %+v", want.name, i, f)
				}
				raw[i] ^= bit
			}
			if _, err := decode(raw[:i], want.name); err == nil {
				t.Fatalf("%s: cut to %d bytes and it was believed", want.name, i)
			}
		}
	}
}

// TestForgedKeyFiles: a right checksum makes no right file.
func TestForgedKeyFiles(t *testing.T) {
	t.Parallel()
	f := func(raw []byte, want string) {
		t.Helper()
		if got, err := decode(raw, "origin"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %+v %v, want an error with %q", raw, got, err, want)
		}
	}
	f(nil, "not a whole")
	f([]byte(fileHead), "not a whole")
	f([]byte("tocsin-key 2\nname origin\ndata eA==\nsum x\n"), "checksum")
	f(append(sealed("name origin\ndata eA==\n"), '\n'), "checksum")
	f(bytes.ToUpper(sealed("name origin\ndata eA==\n")), "not a whole")
	f(sealed("name other\ndata eA==\n"), `it is the file of "other"`)
	f(sealed("data eA==\n"), `it is the file of ""`)
	f(sealed("name origin\ndata ===\n"), "line data")
	f(sealed("name origin\ncheck xy\n"), "line check")
	f(sealed("name origin\nkind borrowed\ndata eA==\n"), `unknown kind "borrowed"`)
	f(sealed("name origin\ncolour red\n"), `unknown line "colour"`)
	f(sealed("name origin\n\n"), `unknown line ""`)
}

// put writes a key file and its copy as they are given.
func put(t *testing.T, dir, name string, raw []byte) {
	t.Helper()
	for _, path := range (store{dir: dir}).paths(name) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKeysOfAWrongKind are refused at the start, by file, and left as they are.
func TestKeysOfAWrongKind(t *testing.T) {
	t.Parallel()
	long := base64.StdEncoding.EncodeToString(make([]byte, KeyBytes+1))
	right := base64.StdEncoding.EncodeToString(make([]byte, KeyBytes))
	f := func(name, lines, want string) {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "keys")
		open(t, Options{Dir: dir})
		put(t, dir, name, sealed("name "+name+"\n"+lines))
		_, err := Open(Options{Dir: dir, Existing: true})
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s %q: %v, want ErrDamaged with %q", name, lines, err, want)
		}
		if strings.Contains(fmt.Sprint(err), right[:20]) {
			t.Errorf("the key is in the error: %v", err)
		}
	}
	f("mac-root.1", "kind random\ncheck 00\ndata eA==\n", "1 bytes instead of 32")
	f("mac-root.1", "kind random\ncheck 00\ndata "+long+"\n", "33 bytes instead of 32")
	f("mac-root.1", "kind derived\ncheck 00\ndata eA==\n", "1 bytes instead of 32")
	f("mac-root.1", "kind random\ncheck 00\ndata "+right+"\n", "check value")
	f("mac-root.1", "data "+right+"\n", "check value")
	f("origin", strings.Repeat("name origin\n", 400), "too many for a key file")

	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	put(t, dir, "secret.short", sealed("name secret.short\ndata eA==\n"))
	if _, err := r.Secret("short"); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "secret.short") {
		t.Errorf("a secret of one byte: %v", err)
	}
	put(t, dir, "secret.torn", []byte("tocsin-key 1\n"))
	if _, err := r.Secret("torn"); !errors.Is(err, ErrDamaged) {
		t.Errorf("a torn secret was replaced by another: %v", err)
	}
}

func TestNamesOfOriginsAndSecrets(t *testing.T) {
	t.Parallel()
	origin := func(name, want string) {
		t.Helper()
		if got := cleanName(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	origin("azAZ09.-_", "azAZ09.-_")
	origin("`{@[/:,^", "tocsin")
	origin("", "tocsin")
	origin("a/../b c\nd\x00", "a..bcd")
	origin("șrv-1", "rv-1")
	origin(strings.Repeat("x", 64), strings.Repeat("x", 64))
	origin(strings.Repeat("x", 65), strings.Repeat("x", 64))
	secret := func(name string, want bool) {
		t.Helper()
		if got := validName(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
	secret("az-09", true)
	secret(strings.Repeat("s", 40), true)
	secret(strings.Repeat("s", 41), false)
	for _, bad := range []string{"", "A", "a b", "`", "{", "/", ":", "..", "_", "ș", "a\x00"} {
		secret(bad, false)
	}
}

// TestEpochsThatAreNot: no key is made up for them.
func TestEpochsThatAreNot(t *testing.T) {
	t.Parallel()
	r := open(t, Options{Dir: filepath.Join(t.TempDir(), "keys")})
	for _, epoch := range []uint32{0, 2, 1<<32 - 1} {
		if key, err := r.Key(epoch, "30d", 0); !errors.Is(err, ErrNoAnchor) || key != [KeyBytes]byte{} {
			t.Errorf("epoch %d: %v", epoch, err)
		}
	}
	a, _ := r.Key(1, "30d", 0)
	if next := Ratchet(a); next == a || Ratchet(next) == next {
		t.Error("the ratchet stands still")
	}
}

// TestOneSecretForAll: whoever comes first makes it, in whatever process.
func TestOneSecretForAll(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	rings := []*Ring{open(t, Options{Dir: dir}), open(t, Options{Dir: dir})}
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			s, err := rings[i%2].Secret("sessions")
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			seen[string(s)]++
			mu.Unlock()
		})
	}
	wg.Wait()
	if len(seen) != 1 {
		t.Errorf("%d secrets were made", len(seen))
	}
	other, err := rings[0].Secret("tokens")
	if err != nil || seen[string(other)] != 0 {
		t.Errorf("two names have one secret: %v", err)
	}
}

// TestHealingIsTold, by path and reason, and without the key.
func TestHealingIsTold(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir})
	path := filepath.Join(dir, "copy", "mac-root.1")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, raw[:len(raw)-9], 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	open(t, Options{Dir: dir, Existing: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), path) || !strings.Contains(log.String(), "checksum") {
		t.Errorf("log %q", &log)
	}
	_, data, _ := bytes.Cut(raw, []byte("data "))
	if strings.Contains(log.String(), string(data[:20])) {
		t.Error("the key is in the log")
	}
	log.Reset()
	open(t, Options{Dir: dir, Existing: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if log.Len() != 0 {
		t.Errorf("healed and still told: %s", &log)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", "*.tmp")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestSecretChangesTwice: each change of LOG_SIGNATURE_SECRET begins an epoch, the
// epochs whose secret is given have keys, the others say that they have none.
func TestSecretChangesTwice(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	step := func(secret, previous string, epoch uint32, known ...bool) {
		t.Helper()
		r := open(t, Options{Dir: dir, Secret: secret, PreviousSecret: previous})
		if r.Epoch() != epoch {
			t.Fatalf("epoch %d, want %d", r.Epoch(), epoch)
		}
		for i, want := range known {
			if _, err := r.Key(uint32(i+1), "30d", 0); (err == nil) != want {
				t.Errorf("secret %q, epoch %d: %v, want a key %v", secret, i+1, err, want)
			}
		}
	}
	step("", "", 1, true)
	step("one", "", 2, true, true)
	step("one", "", 2, true, true)
	step("two", "one", 3, true, true, true)
	step("two", "", 3, true, false, true)
	step("three", "two", 4, true, false, true, true)
	if _, err := Open(Options{Dir: dir, Secret: "four"}); !errors.Is(err, ErrWrongSecret) {
		t.Errorf("a secret out of nowhere: %v", err)
	}
	if _, err := Open(Options{Dir: dir}); !errors.Is(err, ErrWrongSecret) || !strings.Contains(err.Error(), "LOG_SIGNATURE_SECRET") {
		t.Errorf("no secret any more: %v", err)
	}
	step("three", "", 4, true, false, false, true)
}
