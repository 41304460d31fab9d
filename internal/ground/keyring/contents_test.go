// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// resum gives a file its right checksum, so that a fuzzer comes past it.
func resum(raw []byte) []byte {
	body, _, _ := bytes.Cut(raw, []byte("\nsum "))
	body = append(bytes.Clone(body), '\n')
	return fmt.Appendf(body, "sum %x\n", sha256.Sum256(body))
}

// TestForgedContents changes a good file `ring` in one place each: every entry in it
// is judged, and one that does not fit the others makes it no ring.
func TestForgedContents(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "keys")
	open(t, Options{Dir: dir, Name: "host"})
	r, err := Rotate(Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	good := r.contents.file().entries // two epochs, then four keys
	if c, err := decodeContents(keyFile{entries: good}, r.origin); err != nil || len(c.epochs) != 2 || len(c.keys) != 4 {
		t.Fatalf("the good one: %v", err)
	}
	f := func(name string, change func(e []string) []string) {
		t.Helper()
		if _, err := decodeContents(keyFile{entries: change(slices.Clone(good))}, r.origin); err == nil {
			t.Errorf("%s: it was believed", name)
		}
	}
	in := func(i int, old, with string) func(e []string) []string {
		return func(e []string) []string {
			was := e[i]
			if e[i] = strings.Replace(e[i], old, with, 1); e[i] == was {
				t.Fatalf("%q is not in %q", old, was)
			}
			return e
		}
	}
	f("nothing", func([]string) []string { return nil })
	f("epochs alone", func(e []string) []string { return e[:2] })
	f("keys alone", func(e []string) []string { return e[2:] })
	f("an epoch fewer before", func(e []string) []string { return e[1:] })
	f("a key fewer at the end", func(e []string) []string { return e[:5] })
	f("keys fewer at the end", func(e []string) []string { return e[:4] })
	f("keys fewer at the beginning", func(e []string) []string { return slices.Delete(e, 2, 4) })
	f("a key twice", func(e []string) []string { return append(e, e[5]) })
	f("keys in another order", func(e []string) []string { e[2], e[3] = e[3], e[2]; return e })
	f("epochs after keys", func(e []string) []string { return append(e[1:], e[0]) })
	f("another word", in(0, "epoch", "next"))
	f("epoch 0", in(0, "epoch 1", "epoch 0"))
	f("zeros", in(0, "epoch 1", "epoch 01"))
	f("another kind", in(0, "random", "borrowed"))
	f("a short check value", func(e []string) []string { e[0] = e[0][:len(e[0])-2]; return e })
	f("upper case", func(e []string) []string { e[0] = "epoch 1 random " + strings.Repeat("AB", checkBytes); return e })
	f("another purpose", in(2, "checkpoint", "anything"))
	f("another number", in(2, "checkpoint 1", "checkpoint 3"))
	f("no end", func(e []string) []string {
		w := strings.Fields(e[2])
		w[4] = "-"
		e[2] = strings.Join(w, " ")
		return e
	})
	f("an end before its time", func(e []string) []string {
		w := strings.Fields(e[2])
		w[4] = "2001-01-01T00:00:00Z"
		e[2] = strings.Join(w, " ")
		return e
	})
	f("an end of the current key", func(e []string) []string {
		w := strings.Fields(e[5])
		w[4] = w[3]
		e[5] = strings.Join(w, " ")
		return e
	})
	f("another zone", func(e []string) []string {
		w := strings.Fields(e[2])
		w[3] = "2001-01-01T00:00:00+02:00"
		e[2] = strings.Join(w, " ")
		return e
	})
	f("the current key wiped", in(4, " kept ", " wiped "))
	f("another state", in(2, " kept ", " lent "))
	f("no key", func(e []string) []string { w := strings.Fields(e[2]); e[2] = strings.Join(w[:6], " "); return e })
	f("more words", in(2, " kept ", " kept  "))
	f("a key of another origin", in(2, "host/", "hosT/"))
	f("a receipt key as checkpoint key", func(e []string) []string {
		w, x := strings.Fields(e[2]), strings.Fields(e[3])
		w[6] = x[6]
		e[2] = strings.Join(w, " ")
		return e
	})
	many := slices.Repeat([]string{good[0]}, maxEpochs+1)
	for i := range many {
		many[i] = strings.Replace(many[i], "epoch 1 ", fmt.Sprintf("epoch %d ", i+1), 1)
	}
	f("too many epochs", func(e []string) []string { return append(many, e[2:]...) })
	if _, err := decodeContents(keyFile{entries: append(many[:maxEpochs], good[2:]...)}, r.origin); err != nil {
		t.Errorf("as many epochs as may be: %v", err)
	}
}

// TestEpochsAreBounded: a ring that is full says so and stays as it is.
func TestEpochsAreBounded(t *testing.T) {
	t.Parallel()
	var c change
	full := contents{epochs: make([]epochEntry, maxEpochs)}
	if err := c.startEpoch(&full, ""); err == nil || !c.empty() {
		t.Error("an epoch beyond the last one was started")
	}
	full.epochs = full.epochs[1:]
	if err := c.startEpoch(&full, ""); err != nil || len(full.epochs) != maxEpochs {
		t.Errorf("the last one: %v", err)
	}
}

func FuzzContents(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "keys")
	r, err := Open(Options{Dir: dir, Name: "host"})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(strings.Join(r.contents.file().entries, "\n"))
	f.Fuzz(func(t *testing.T, text string) {
		in := keyFile{name: fileRing, entries: strings.Split(text, "\n")}
		c, err := decodeContents(in, r.origin)
		if err != nil {
			return
		}
		if diff := cmp.Diff(in.entries, c.file().entries); diff != "" {
			t.Errorf("another form was taken:\n%s", diff)
		}
		for _, p := range Purposes() {
			if k := c.current(p); k == nil || !k.Until.IsZero() {
				t.Errorf("no current key for a %s", p)
			}
		}
	})
}
