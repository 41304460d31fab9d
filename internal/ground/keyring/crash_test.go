// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errCrash = errors.New("crash")

// crash lets the file operation with that number fail, and all after it. A file that
// was being written then is torn.
type crash struct {
	at, n int
	log   []string
}

func (c *crash) step(operation, path string) error {
	c.n++
	c.log = append(c.log, operation+" "+filepath.Base(path))
	if c.n < c.at {
		return nil
	}
	if c.n == c.at && operation == "write" {
		if err := os.WriteFile(path, []byte("tocsin-key 1\nname x\nda"), 0o600); err != nil {
			return err
		}
	}
	return errCrash
}

// state is all that a ring can do, in words.
func state(r *Ring) []string {
	if r == nil {
		return nil
	}
	s := []string{"origin " + r.Origin()}
	for _, e := range r.Epochs() {
		s = append(s, fmt.Sprintf("epoch %d %s %v", e.Number, e.Kind, e.Known))
		for _, stream := range []string{"30d", "system"} {
			for _, j := range []uint64{0, 4, 5, 9} {
				k, err := r.Key(e.Number, stream, j)
				s = append(s, fmt.Sprintf("  %s %d %s away %v", stream, j, hex.EncodeToString(k[:4]), errors.Is(err, ErrAway)))
			}
		}
	}
	for _, k := range r.Public() {
		s = append(s, fmt.Sprintf("key %s %d %s until %s", k.Purpose, k.Number, k.VKey, k.Until))
	}
	for _, st := range r.Statements() {
		s = append(s, "statement "+hex.EncodeToString(st[len(st)-9:]))
	}
	return s
}

// signing is the state of the private parts.
func signing(r *Ring) (s []string) {
	for _, p := range Purposes() {
		for _, signer := range r.Signers(p) {
			s = append(s, fmt.Sprintf("%s %08x", signer.Name(), signer.KeyHash()))
		}
	}
	return s
}

// legacy makes a folder as it was before signing keys, with two epochs.
func legacy(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "copy"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, dir, fileOrigin, keyFile{name: fileOrigin, data: []byte("old.example/abcdefgh")}.encode())
	for epoch := range uint32(2) {
		f, _ := newRoot(epoch+1, "")
		put(t, dir, f.name, f.encode())
	}
}

// TestCrashAnywhere cuts everything that changes more than one file after each of
// its file operations, and opens the folder again: it finds the old state or the
// new one, Inspect has seen the same before, and what was cut can be done again.
func TestCrashAnywhere(t *testing.T) {
	t.Parallel()
	const first, second = "first secret of the operator", "second secret of the operator"
	made := func(t *testing.T, dir string) { t.Helper(); open(t, Options{Dir: dir, Name: "host"}) }
	sealed := []Range{{Stream: "30d", Epoch: 1, J: 4}, {Stream: "90d"}}
	rotated := func(r *Ring) bool {
		return len(r.Public()) == 2*len(r.Epochs()) && len(r.Statements()) == len(r.Public())-2 && len(r.Signers(Checkpoint)) == len(r.Epochs())
	}
	exported := func(r *Ring) bool {
		return !slices.ContainsFunc(r.store.names(), func(name string) bool { return epochOf(name) > 0 })
	}
	export := func(s store, _ Options) error {
		r, err := s.ring(Options{})
		if err != nil {
			return err
		}
		_, err = r.Export(filepath.Join(filepath.Dir(s.dir), hex.EncodeToString(randomBytes(8))), []string{"30d", "system"}, sealed)
		return err
	}
	for _, c := range []struct {
		name   string
		before func(t *testing.T, dir string)
		do     func(s store, opts Options) error
		opts   Options            // while it is done and afterwards
		fresh  bool               // before it there is no ring
		least  int                // file operations
		whole  func(r *Ring) bool // of the new state
	}{
		{
			name: "first start", before: func(*testing.T, string) {}, fresh: true, least: 30,
			do: func(s store, o Options) error { _, err := openStore(s, o, false); return err },
		},
		{
			name: "first start with a secret", before: func(*testing.T, string) {}, fresh: true, least: 30, opts: Options{Secret: first},
			do: func(s store, o Options) error { _, err := openStore(s, o, false); return err },
		},
		{
			name: "the first signing keys", before: legacy, fresh: true, least: 30,
			do: func(s store, o Options) error { _, err := openStore(s, o, false); return err },
		},
		{
			name: "rotation", before: made, least: 40, whole: rotated,
			do: func(s store, o Options) error { _, err := openStore(s, o, true); return err },
		},
		{
			name: "a second rotation", least: 40, whole: rotated,
			before: func(t *testing.T, dir string) {
				t.Helper()
				made(t, dir)
				if _, err := Rotate(Options{Dir: dir}); err != nil {
					t.Fatal(err)
				}
			},
			do: func(s store, o Options) error { _, err := openStore(s, o, true); return err },
		},
		{
			name: "a changed secret", before: func(t *testing.T, dir string) { t.Helper(); open(t, Options{Dir: dir, Secret: first}) }, least: 10,
			whole: func(r *Ring) bool { return r.Epoch() == 2 && r.Epochs()[0].Known && r.Epochs()[1].Known },
			opts:  Options{Secret: second, PreviousSecret: first},
			do:    func(s store, o Options) error { _, err := openStore(s, o, false); return err },
		},
		{name: "export", before: made, do: export, least: 15, whole: exported},
		{
			name: "a second export", least: 15, whole: exported,
			before: func(t *testing.T, dir string) {
				t.Helper()
				made(t, dir)
				if err := export(newStore(Options{Dir: dir}), Options{}); err != nil {
					t.Fatal(err)
				}
				if _, err := Rotate(Options{Dir: dir}); err != nil {
					t.Fatal(err)
				}
			},
			do: export,
		},
		{
			name: "forgetting", least: 6, whole: func(r *Ring) bool {
				_, err := r.Key(1, "30d", 8)
				_, next := r.Key(1, "30d", 9)
				return errors.Is(err, ErrAway) && next == nil
			},
			before: func(t *testing.T, dir string) {
				t.Helper()
				made(t, dir)
				if err := export(newStore(Options{Dir: dir}), Options{}); err != nil {
					t.Fatal(err)
				}
			},
			do: func(s store, _ Options) error {
				r, err := s.ring(Options{})
				if err != nil {
					return err
				}
				return r.Forget(1, "30d", 8)
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			done := false
			changed := false
			for at := 1; !done; at++ {
				dir := filepath.Join(t.TempDir(), "keys")
				c.before(t, dir)
				opts := c.opts
				opts.Dir = dir
				var old, oldSigning []string
				if !c.fresh {
					r, err := newStore(opts).ring(opts)
					if err != nil {
						t.Fatal(err)
					}
					old, oldSigning = state(r), signing(r)
				}
				cut := crash{at: at}
				s := newStore(opts)
				s.step = cut.step
				err := c.do(s, opts)
				if done = err == nil; done && cut.n < c.least {
					t.Errorf("only %d file operations: %v", cut.n, cut.log)
				} else if !done && !errors.Is(err, errCrash) {
					t.Fatalf("operation %d: %v", at, err)
				}
				where := fmt.Sprintf("cut at operation %d, %s", at, cut.log[len(cut.log)-1])

				seen, findings := Inspect(opts)
				// the change may still be to come: what the secret asks for is not started by reading
				r, err := newStore(opts).settled(t, opts)
				if err != nil {
					t.Fatalf("%s: %v", where, err)
				}
				if r != nil && r.origin != "" {
					if diff := cmp.Diff(state(r), state(seen)); diff != "" {
						t.Fatalf("%s: Inspect sees another state (-open +inspect):\n%s%v", where, diff, findings)
					}
				}
				if !c.fresh {
					switch now := state(r); {
					case cmp.Equal(old, now):
						if changed {
							t.Fatalf("%s: the old state, but after an earlier operation it was the new one", where)
						}
						if diff := cmp.Diff(oldSigning, signing(r)); diff != "" {
							t.Fatalf("%s: signers (-before +after):\n%s", where, diff)
						}
					default:
						changed = true
						if !c.whole(r) {
							t.Fatalf("%s: neither the old state nor the new one:\n%s", where, strings.Join(now, "\n"))
						}
					}
					if done != changed && done {
						t.Fatalf("it was done and nothing has changed:\n%s", strings.Join(old, "\n"))
					}
				}
				// the whole once more, without a crash
				if _, err := Open(opts); err != nil {
					t.Fatalf("%s: open: %v", where, err)
				}
				if err := c.do(newStore(opts), opts); err != nil && (!changed || !strings.Contains(err.Error(), "no MAC root is on this host")) {
					t.Fatalf("%s: again: %v", where, err)
				}
				again, err := Open(opts)
				if err != nil {
					t.Fatalf("%s: open again: %v", where, err)
				}
				if c.fresh && (len(again.Public()) != 2 || len(signing(again)) != 2) {
					t.Fatalf("%s: keys %v", where, again.Public())
				}
				for _, name := range newStore(opts).names() {
					if name == fileChange || strings.HasSuffix(name, ".tmp") {
						t.Errorf("%s: %s is left", where, name)
					}
				}
			}
			if !changed && !c.fresh {
				t.Error("nothing was changed at all")
			}
		})
	}
}

// settled is what Open finds before it makes anything itself.
func (s store) settled(t *testing.T, opts Options) (*Ring, error) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(s.dir, "copy")); errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err := errors.Join(s.clean(), s.settle()); err != nil {
		return nil, err
	}
	return s.ring(opts)
}
