// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"
)

// lines are the public keys in short.
func lines(r *Ring) (s []string) {
	for _, k := range r.Public() {
		s = append(s, fmt.Sprintf("%s %d %s", k.Purpose, k.Number, k.State(time.Now())))
	}
	return s
}

// TestSignersSign: what a ring signs is opened with what it publishes, by
// golang.org/x/mod, the current key first.
func TestSignersSign(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"checkpoint 1 overlap", "receipt 1 overlap", "checkpoint 2 current", "receipt 2 current"}, lines(r)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	for _, p := range Purposes() {
		signers := r.Signers(p)
		if len(signers) != 2 {
			t.Fatalf("%s: %d signers", p, len(signers))
		}
		msg, err := note.Sign(&note.Note{Text: "some text\n"}, signers...)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, k := range r.Public() {
			if k.Purpose != p {
				continue
			}
			v, err := note.NewVerifier(k.VKey)
			if err != nil {
				t.Fatal(err)
			}
			if want := map[Purpose]string{Checkpoint: r.Origin(), Receipt: r.Origin() + "/receipt"}[p]; v.Name() != want {
				t.Errorf("%s: the key's name is %s", p, v.Name())
			}
			if n, err := note.Open(msg, note.VerifierList(v)); err != nil || len(n.Sigs) != 1 {
				t.Errorf("%s key %d: %v", p, k.Number, err)
			}
			ids = append([]string{k.ID()}, ids...)
		}
		for i, s := range signers {
			if got := fmt.Sprintf("%08x", s.KeyHash()); got != ids[i] {
				t.Errorf("%s: signer %d is %s, want %s", p, i, got, ids[i])
			}
		}
	}
	if got := open(t, Options{Dir: dir, Existing: true}); !cmp.Equal(state(r), state(got)) || !cmp.Equal(signing(r), signing(got)) {
		t.Error("opened again it has other keys")
	}
}

// TestStatements: each says in its text what follows what, and both keys signed it.
func TestStatements(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	if r := open(t, Options{Dir: dir, Name: "host"}); len(r.Statements()) != 0 {
		t.Errorf("%d statements at the start", len(r.Statements()))
	}
	for range 2 {
		if _, err := Rotate(Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
	}
	r := open(t, Options{Dir: dir, Existing: true})
	keys := r.Public()
	if len(r.Statements()) != 4 {
		t.Fatalf("%d statements", len(r.Statements()))
	}
	for i, raw := range r.Statements() {
		older, newer := keys[i], keys[i+2]
		var vs []note.Verifier
		for _, k := range []PublicKey{older, newer} {
			v, err := note.NewVerifier(k.VKey)
			if err != nil {
				t.Fatal(err)
			}
			vs = append(vs, v)
		}
		n, err := note.Open(raw, note.VerifierList(vs...))
		if err != nil || len(n.Sigs) != 2 {
			t.Fatalf("statement %d: %v", i, err)
		}
		want := strings.Join([]string{"tocsin-key/1", r.Origin(), string(newer.Purpose), older.VKey, newer.VKey, newer.From.Format(time.RFC3339), ""}, "\n")
		if n.Text != want {
			t.Errorf("statement %d:\n%s\nwant\n%s", i, n.Text, want)
		}
		if !strings.HasSuffix(want, "Z\n") {
			t.Errorf("the time is not UTC: %q", want)
		}
	}
	// a statement with one signature, or of other keys, is none
	file := keys[2].statement()
	for name, bad := range map[string]func(raw []byte) []byte{
		"one signature":     func(raw []byte) []byte { return raw[:bytes.LastIndex(raw, []byte("— "))] },
		"another statement": func([]byte) []byte { return r.Statements()[2] },
		"another text":      func(raw []byte) []byte { return bytes.Replace(raw, []byte("tocsin-key/1"), []byte("tocsin-key/2"), 1) },
		"no note":           func([]byte) []byte { return []byte("x") },
	} {
		put(t, dir, file, keyFile{name: file, data: bad(bytes.Clone(r.Statements()[0]))}.encode())
		if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSigningIsFrozen keeps the bytes of docs/journal-format.md: a verifier key and
// a statement of two seeds that are 0, 1, 2, … and 1, 2, 3, ….
func TestSigningIsFrozen(t *testing.T) {
	t.Parallel()
	const origin = "siem.example/abcdefgh"
	from := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	var keys []PublicKey
	var seeds [][]byte
	r := &Ring{origin: origin}
	for n := range uint32(2) {
		seed := make([]byte, KeyBytes)
		for i := range seed {
			seed[i] = byte(i) + byte(n)
		}
		k := PublicKey{Purpose: Receipt, Number: n + 1, From: from}
		var err error
		if k.VKey, err = vkeyOf(Receipt.noteName(origin), newSeed(seed)); err != nil {
			t.Fatal(err)
		}
		s, err := newSigner(seed, k)
		if err != nil {
			t.Fatal(err)
		}
		keys, seeds, r.signers = append(keys, k), append(seeds, seed), append(r.signers, s)
	}
	statement, err := r.state(&keys[0], seeds[1], &keys[1])
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "statement.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(statement)); diff != "" {
		t.Errorf("statement (-want +got):\n%s", diff)
	}
}

// TestOldKeysAreWiped: a key signs for ninety days beside the next one; then its
// private part goes, at the next Open or by Retire, and its public part stays.
func TestOldKeysAreWiped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "keys")
		open(t, Options{Dir: dir, Name: "host"})
		time.Sleep(24 * time.Hour)
		r, err := Rotate(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		old := r.Public()[0]
		if want := r.Public()[2].From.Add(90 * 24 * time.Hour); !old.Until.Equal(want) {
			t.Errorf("until %v, want %v", old.Until, want)
		}
		private := filepath.Join(dir, "sign.checkpoint.1")
		held, err := os.Open(private)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Close()

		time.Sleep(Overlap - time.Second)
		if err := r.Retire(); err != nil || len(r.Signers(Checkpoint)) != 2 {
			t.Errorf("before its end: %v, %d signers", err, len(r.Signers(Checkpoint)))
		}
		if r := open(t, Options{Dir: dir}); len(r.Signers(Checkpoint)) != 2 {
			t.Error("before its end the key does not sign")
		}
		time.Sleep(time.Second)
		if len(r.Signers(Checkpoint)) != 1 || len(r.Signers(Receipt)) != 1 {
			t.Error("after its end the key signs")
		}
		before := snapshot(t, dir)
		if seen, findings := Inspect(Options{Dir: dir}); len(findings) != 0 || !cmp.Equal(lines(seen), lines(r)) {
			t.Errorf("inspected: %v", findings)
		}
		if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
			t.Errorf("Inspect wiped a key:\n%s", diff)
		}
		if err := r.Retire(); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{private, filepath.Join(dir, "copy", "sign.checkpoint.1"), filepath.Join(dir, "sign.receipt.1")} {
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there (%v)", path, err)
			}
		}
		left := make([]byte, 4096)
		n, _ := held.ReadAt(left, 0)
		if n == 0 || !bytes.Equal(left[:n], make([]byte, n)) {
			t.Errorf("its bytes are still on the disk: %q", left[:n])
		}
		want := []string{"checkpoint 1 retired", "receipt 1 retired", "checkpoint 2 current", "receipt 2 current"}
		for _, r := range []*Ring{r, open(t, Options{Dir: dir, Existing: true})} {
			if diff := cmp.Diff(want, lines(r)); diff != "" || len(r.Signers(Receipt)) != 1 || len(r.Statements()) != 2 {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		}
		if _, findings := Inspect(Options{Dir: dir}); len(findings) != 0 {
			t.Errorf("a wiped key is missed: %v", findings)
		}
		// the next one goes at Open
		if _, err := Rotate(Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(Overlap)
		if got := open(t, Options{Dir: dir}); len(got.Signers(Checkpoint)) != 1 || len(got.Public()) != 6 {
			t.Errorf("keys %v", lines(got))
		}
		if _, err := os.Stat(filepath.Join(dir, "sign.checkpoint.2")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("still there (%v)", err)
		}
	})
}

// TestClockPutBack: the times of the keys only go forward.
func TestClockPutBack(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	r := open(t, Options{Dir: dir})
	from := r.Public()[0].From
	c, err := r.rotation("", from.Add(-48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.store.commit(c); err != nil {
		t.Fatal(err)
	}
	keys := open(t, Options{Dir: dir}).Public()
	if got := keys[3].From; !got.Equal(from) || !keys[0].Until.Equal(from.Add(Overlap)) {
		t.Errorf("from %v, before it %v", got, from)
	}
}

// TestFolderFromBeforeSigningKeys gets them once, keeps what it had, and misses
// them from then on.
func TestFolderFromBeforeSigningKeys(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	legacy(t, dir)
	before, findings := Inspect(Options{Dir: dir})
	if len(findings) != 0 || len(before.Public()) != 0 {
		t.Fatalf("findings %v, keys %v", findings, before.Public())
	}
	k, err := before.Key(2, "30d", 3)
	if err != nil {
		t.Fatal(err)
	}
	r := open(t, Options{Dir: dir, Existing: true})
	if again, err := r.Key(2, "30d", 3); err != nil || again != k || r.Epoch() != 2 || r.Origin() != "old.example/abcdefgh" {
		t.Errorf("MAC keys changed: %v", err)
	}
	if diff := cmp.Diff([]string{"checkpoint 1 current", "receipt 1 current"}, lines(r)); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
	if again := open(t, Options{Dir: dir, Existing: true}); !cmp.Equal(r.Public(), again.Public()) {
		t.Error("the keys were made again")
	}
	// everything but origin and roots gone: not a folder from before any more
	for _, name := range newStore(Options{Dir: dir}).names() {
		if name != fileOrigin && epochOf(name) == 0 {
			remove(t, dir, name)
		}
	}
	if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrMissing) || !strings.Contains(err.Error(), "ring") {
		t.Errorf("open: %v", err)
	}
	if left := newStore(Options{Dir: dir}).names(); len(left) != 3 {
		t.Errorf("new keys over old data: %v", left)
	}
}

// remove takes both copies of a file away.
func remove(t *testing.T, dir, name string) {
	t.Helper()
	hurt(t, filepath.Join(dir, name), "gone")
	hurt(t, filepath.Join(dir, "copy", name), "gone")
}

// TestLostKeysAreRefused: whichever file of a rotated ring is lost or damaged in
// both places, the next start says which, and makes no other.
func TestLostKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"origin", "ring", "mac-root.1", "mac-root.2", "sign.checkpoint.1", "sign.checkpoint.2", "sign.receipt.1", "sign.receipt.2",
		"statement.checkpoint.2", "statement.receipt.2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "keys")
			open(t, Options{Dir: dir})
			r, err := Rotate(Options{Dir: dir})
			if err != nil {
				t.Fatal(err)
			}
			before := state(r)
			for _, harm := range []string{"flip", "gone"} {
				whole := hurt(t, filepath.Join(dir, name), harm)
				hurt(t, filepath.Join(dir, "copy", name), harm)
				files := snapshot(t, dir)
				for _, opts := range []Options{{Dir: dir, Existing: true}, {Dir: dir}} {
					want := map[string]error{"flip": ErrDamaged, "gone": ErrMissing}[harm]
					if _, err := Open(opts); !errors.Is(err, want) || !strings.Contains(err.Error(), name) {
						t.Errorf("%s: %v", harm, err)
					}
					if _, err := Rotate(opts); !errors.Is(err, want) {
						t.Errorf("%s: rotate: %v", harm, err)
					}
				}
				if diff := cmp.Diff(files, snapshot(t, dir)); diff != "" {
					t.Errorf("%s: the folder was changed:\n%s", harm, diff)
				}
				if _, findings := Inspect(Options{Dir: dir}); len(findings) != 1 || findings[0].File != name {
					t.Errorf("%s: findings %v", harm, findings)
				}
				// one copy is enough
				if err := os.WriteFile(filepath.Join(dir, "copy", name), whole, 0o600); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(before, state(open(t, Options{Dir: dir, Existing: true}))); diff != "" {
					t.Errorf("%s: healed (-before +after):\n%s", harm, diff)
				}
			}
		})
	}
}

// TestFilesOfTwoRings: keys of another ring, and a ring that is older than its keys,
// are refused.
func TestFilesOfTwoRings(t *testing.T) {
	t.Parallel()
	dir, other := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "a"})
	open(t, Options{Dir: other, Name: "b"})
	old := map[string][]byte{}
	for _, name := range []string{"ring", "sign.checkpoint.1", "mac-root.1", "origin"} {
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		old[name] = raw
		foreign, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, name, foreign)
		if _, err := Open(Options{Dir: dir, Existing: true}); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s of another ring: %v", name, err)
		}
		put(t, dir, name, raw)
	}
	if _, err := Rotate(Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	put(t, dir, "ring", old["ring"])
	_, err := Open(Options{Dir: dir, Existing: true})
	if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "mac-root.2 is there") {
		t.Errorf("a ring from before the rotation: %v", err)
	}
}

func newSeed(seed []byte) ed25519.PrivateKey { return ed25519.NewKeyFromSeed(seed) }
