// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Version99 makes a whole backup one of a format that nobody knows yet.
func Version99(raw []byte) {
	end := raw[len(raw)-trailerBytes:]
	binary.BigEndian.PutUint32(end[8+len(trailerMagic):], 99)
	binary.BigEndian.PutUint32(end[trailerBytes-4:], crc32.Checksum(end[:trailerBytes-4], crc32.MakeTable(crc32.Castagnoli)))
}

// made writes a backup with one part and returns its path.
func made(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b")
	w, err := Create(path)
	if err == nil {
		err = errors.Join(w.Put("a", int64(len(content)), strings.NewReader(content)), w.Finish(nil), w.Publish())
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHashesAreWhatFindsForgery puts a part of another backup, whole by itself and
// of the same length, in the place of one. The control: without the hashes it passes.
func TestHashesAreWhatFindsForgery(t *testing.T) {
	t.Parallel()
	noise := func(seed byte) string { // which is not compressed
		sum, all := sha256.Sum256([]byte{seed}), []byte(nil)
		for range 100 {
			sum = sha256.Sum256(sum[:])
			all = append(all, sum[:]...)
		}
		return string(all)
	}
	path, other := made(t, noise(1)), made(t, noise(2))
	a, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(other)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := r.contents.Parts[0].Stored
	copy(a, b[:n])
	if err := os.WriteFile(path, a, 0o600); err != nil {
		t.Fatal(err)
	}
	forged, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer forged.Close()
	if forged.contents.Parts[0].Stored != n {
		t.Fatal("the two do not have one length: the test proves nothing")
	}
	if err := forged.Extract(t.Context(), "a", io.Discard); !errors.Is(err, ErrDamaged) {
		t.Errorf("a forged part: %v", err)
	}
	forged.trusting = true
	if err := forged.Extract(t.Context(), "a", io.Discard); err != nil {
		t.Errorf("the control: %v", err)
	}
}

// seal makes the file of a table of contents that its writer would not have made.
func seal(t *testing.T, frames []byte, c *Contents) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "b")
	w, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(c)
	if err == nil {
		_, err = w.f.Write(frames)
	}
	w.offset = int64(len(frames))
	if err == nil {
		err = w.put(contentsName, int64(len(raw)), newReader(raw), true)
	}
	if err != nil {
		t.Fatal(err)
	}
	tr := trailer{version: Version, offset: int64(len(frames)), stored: w.out.n}
	w.out.sum.Sum(tr.sum[:0])
	_, err = w.f.Write(tr.encode())
	w.finished = true
	if err := errors.Join(err, w.Publish()); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestHostileContents: a table of contents that fits its own hash is not believed
// for that.
func TestHostileContents(t *testing.T) {
	t.Parallel()
	r, err := Open(made(t, "content"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	frame := make([]byte, r.contents.Parts[0].Stored)
	if _, err := r.f.ReadAt(frame, 0); err != nil {
		t.Fatal(err)
	}
	part := r.contents.Parts[0]
	for name, change := range map[string]func(c *Contents){
		"a path out of the folder": func(c *Contents) { c.Parts[0].Name = "../a" },
		"an absolute path":         func(c *Contents) { c.Parts[0].Name = "/a" },
		"a negative size":          func(c *Contents) { c.Parts[0].Size = -1 },
		"another size":             func(c *Contents) { c.Parts[0].Size = 1 << 40 },
		"a gap":                    func(c *Contents) { c.Parts[0].Offset = 1 },
		"beyond the end":           func(c *Contents) { c.Parts[0].Stored++ },
		"bytes of nobody":          func(c *Contents) { c.Parts[0].Stored-- },
		"no parts":                 func(c *Contents) { c.Parts = nil },
		"a part twice":             func(c *Contents) { c.Parts = append(c.Parts, c.Parts[0]) },
		"no sum":                   func(c *Contents) { c.Parts[0].SHA256 = "" },
		"a sum that is none":       func(c *Contents) { c.Parts[0].StoredSHA256 = strings.Repeat("G", 2*sha256.Size) },
		"another part's name":      func(c *Contents) { c.Parts[0].Name = "b" },
		"another format":           func(c *Contents) { c.Format = "tar" },
	} {
		c := Contents{Format: formatName, Version: Version, Parts: []Part{part}}
		change(&c)
		f, err := Open(seal(t, frame, &c))
		if err == nil {
			err = errors.Join(f.CheckRest(t.Context()), f.Close())
		}
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := Contents{Format: formatName, Version: Version, Parts: []Part{part}}
	if f, err := Open(seal(t, frame, &c)); err != nil || f.CheckRest(t.Context()) != nil || f.Close() != nil {
		t.Errorf("the control, unchanged: %v", err)
	}
}

// FuzzOpen reads bytes that anybody may have written.
func FuzzOpen(f *testing.F) {
	path := filepath.Join(f.TempDir(), "b")
	w, err := Create(path)
	if err == nil {
		err = errors.Join(w.Put("a", 3, strings.NewReader("abc")), w.Put("b", 0, strings.NewReader("")), w.Finish(nil), w.Publish())
	}
	if err != nil {
		f.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add(bytes.Repeat([]byte{0}, 200))
	f.Fuzz(func(t *testing.T, raw []byte) {
		path := filepath.Join(t.TempDir(), "b")
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(path)
		if err != nil {
			return
		}
		_ = r.CheckRest(t.Context())
		_ = r.Close()
		// the hashes keep mutants out: look behind them too
		r, err = Open(path)
		if err != nil {
			t.Fatal(err)
		}
		r.trusting = true
		_ = r.CheckRest(t.Context())
		_ = r.Close()
	})
}

// FuzzUnpack reads frames that fit nothing.
func FuzzUnpack(f *testing.F) {
	r, err := Open(func() string {
		path := filepath.Join(f.TempDir(), "b")
		w, err := Create(path)
		if err == nil {
			err = errors.Join(w.Put("a", 3, strings.NewReader("abc")), w.Finish(nil), w.Publish())
		}
		if err != nil {
			f.Fatal(err)
		}
		return path
	}())
	if err != nil {
		f.Fatal(err)
	}
	frame := make([]byte, r.contents.Parts[0].Stored)
	if _, err := r.f.ReadAt(frame, 0); err != nil {
		f.Fatal(err)
	}
	f.Add(frame)
	f.Fuzz(func(_ *testing.T, raw []byte) {
		_, _ = unpackContents(raw)
		d, give, err := r.decoder(bytes.NewReader(raw))
		if err != nil {
			return
		}
		defer give()
		_ = unpack(d, &Part{Name: "a", Size: 3}, io.Discard)
	})
}
