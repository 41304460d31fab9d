// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// readAll reads everything of a file and returns the first error.
func readAll(path string) error {
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		return err
	}
	defer f.Close()
	rows := segment.NewRows(f)
	var e event.Event
	for i := range f.Rows() {
		if err := rows.Event(i, &e); err != nil {
			return err
		}
		_ = canonical(&e)
		if _, _, err := rows.Integrity(i); err != nil {
			return err
		}
	}
	for page := range segment.Pages(f) {
		rest, err := f.Texts(segment.ColRest, page)
		if err != nil {
			return err
		}
		for i := range rest.Len() {
			if rest.Raw() {
				row, _ := rest.At(i)
				segment.RestTexts(row, func([]byte) bool { return true })
			}
		}
	}
	return f.Check(context.Background())
}

func sample(t testing.TB, n int) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, fill(t, events(21, n)), []byte("meta")); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEveryFlippedBitIsFound: one bit of each byte, and the file cut at each
// length.
func TestEveryFlippedBitIsFound(t *testing.T) {
	t.Parallel()
	good := sample(t, 30)
	path := filepath.Join(t.TempDir(), "bad.seg")
	try := func(b []byte) error {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return readAll(path)
	}
	if err := try(good); err != nil {
		t.Fatal(err)
	}
	step := 1 + len(good)/1200
	for i := 0; i < len(good); i += step {
		good[i] ^= 1 << (i % 8)
		if err := try(good); !errors.Is(err, segment.ErrCorrupt) {
			t.Errorf("bit flipped in byte %d of %d: %v", i, len(good), err)
		}
		good[i] ^= 1 << (i % 8)
		if err := try(good[:i]); !errors.Is(err, segment.ErrCorrupt) {
			t.Errorf("cut to %d of %d bytes: %v", i, len(good), err)
		}
	}
}

// reseal makes the checksum of a changed footer right again.
func reseal(b []byte) {
	const trailer = 16
	if len(b) < trailer {
		return
	}
	at := len(b) - trailer
	n := int(binary.LittleEndian.Uint32(b[at:]))
	if n <= at {
		binary.LittleEndian.PutUint32(b[at+4:], crc32.Checksum(b[at-n:at], crc32.MakeTable(crc32.Castagnoli)))
	}
}

// TestForgedFooter: a footer with a right checksum is still not believed.
func TestForgedFooter(t *testing.T) {
	t.Parallel()
	good := sample(t, 30)
	at := len(good) - 16
	n := int(binary.LittleEndian.Uint32(good[at:]))
	path := filepath.Join(t.TempDir(), "bad.seg")
	refused := 0
	for i := at - n; i < at; i++ {
		for _, change := range []byte{0x01, 0x80, 0xff} {
			bad := append([]byte(nil), good...)
			bad[i] ^= change
			reseal(bad)
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := readAll(path); err != nil {
				refused++
			}
		}
	}
	if refused < 2*n {
		t.Errorf("%d of %d forged footers were refused", refused, 3*n)
	}
}

func FuzzOpenFile(f *testing.F) {
	f.Add(sample(f, 0), false)
	f.Add(sample(f, 1), true)
	f.Add(sample(f, 12), true)
	f.Fuzz(func(t *testing.T, b []byte, right bool) {
		if right {
			reseal(b)
		}
		path := filepath.Join(t.TempDir(), "f.seg")
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = readAll(path)
	})
}

// FuzzEvents: whatever decodes to an event comes back from memory and file.
func FuzzEvents(f *testing.F) {
	for _, e := range events(31, 120) {
		f.Add(e.AppendPublic(nil), e.AppendSlot(nil, 0), e.AppendSlot(nil, 1))
	}
	f.Fuzz(func(t *testing.T, public, slot0, slot1 []byte) {
		var e event.Event
		if event.Decode(string(public), string(slot0), string(slot1), &e) != nil {
			return
		}
		es := []*event.Event{{Source: "first"}, &e, {Source: "last"}, &e}
		b := fill(t, es)
		same(t, b.Reader(), es)
		same(t, write(t, b, nil), es)
	})
}
