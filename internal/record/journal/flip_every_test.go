// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// everyStart is how many of the harms of a file are also followed by a start.
const everyStart = 12

// TestEveryOffsetOfASmallJournal flips a bit of each byte of every file of a small
// journal that stands on an archive, and cuts every file at each byte: all of it is
// found, and located. At some places the journal is opened, too.
func TestEveryOffsetOfASmallJournal(t *testing.T) {
	t.Parallel()
	if os.Getenv("TOCSIN_LONG") == "" {
		t.Skip("takes minutes: make test-long")
	}
	newHarmed(t, smallRestored(t)).files(t, "", harmed.everyOffset)
}

// smallRestored makes a journal of a few entries that stands on an archive of a few,
// with an erased entry in each, and entries that are not sealed.
func smallRestored(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for n := range 2 {
		j, stop := openTest(t, dir, func(o *Options) { o.LogFileBytes = 16 << 10 })
		fill(t, j, "90d", 4, 2, time.Minute)
		if got, err := j.Erase(t.Context(), Erasure{ID: "order", Subject: "user1", Actor: "admin"}); err != nil || got.Entries == 0 {
			t.Fatalf("erase: %+v, %v", got, err)
		}
		for i := range 2 {
			e := benchEvent(i)
			e.Place = event.Place{Stream: "366d"}
			if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
				t.Fatalf("append: %v", err)
			}
		}
		stop()
		if n == 0 {
			dir, _ = restored(t, dir, Restoration{})
		}
	}
	return dir
}

func (h harmed) everyOffset(t *testing.T, raw []byte) {
	t.Parallel()
	dir := copied(t, h.dir)
	path := filepath.Join(dir, "journal", filepath.FromSlash(h.name))
	end := len(raw)
	if strings.HasPrefix(h.name, "wal/") {
		end = min(trimZeros(raw), end)
	}
	look := func() {
		t.Helper()
		if err := os.WriteFile(path, h.raw, 0o600); err != nil {
			t.Fatal(err)
		}
		got := verifyDir(t, dir)
		if h.judge(t, &got); t.Failed() {
			t.Fatalf("%s of %s at %d: %s", h.what, h.name, h.at, brief(&got))
		}
		if h.at%max(1, end/everyStart) == 0 {
			h.run(t)
		}
	}
	for at := 0; at < end && !t.Failed(); at++ {
		h.what, h.at, h.raw = "a flipped bit", at, bytes.Clone(raw)
		h.raw[at] ^= 1 << (at % 8)
		look()
		if h.what, h.raw = "a cut", raw[:at]; at < end {
			look()
		}
	}
	for at := end; at < len(raw) && !t.Failed(); at += max(1, (len(raw)-end)/everyStart) { // zeros
		h.what, h.at, h.raw = "a flipped bit", at, bytes.Clone(raw)
		h.raw[at] ^= 1 << (at % 8)
		look()
	}
	t.Logf("%d bytes", end)
}
