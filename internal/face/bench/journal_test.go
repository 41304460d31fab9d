// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIntegrityOf(t *testing.T) {
	t.Parallel()
	const j, pr = module + "record/journal.", module + "record/proof."
	f := func(want string, names ...string) {
		t.Helper()
		if got := integrityOf(functionsOf(stack(names...))); got != want {
			t.Errorf("%q: got %q, want %q", names, got, want)
		}
	}
	const sums = module + "ground/sha256mb.sums"
	f("leaf, two slots, MAC", sums, module+"ground/sha256mb.(*Batch).Sum", pr+"(*LeafBatch).Sum", j+"(*encoder).seal", j+"(*Journal).encode")
	f("leaf, two slots, MAC", "runtime.memmove", pr+"(*LeafBatch).AddBytes", j+"(*encoder).appendEntry", j+"(*Journal).encode")
	f("read back: leaves hashed again", sums, pr+"(*LeafBatch).Sum", j+"(*checker).flush", j+"readBack")
	f("trees over leaves and headers", "crypto/internal/fips140/sha256.blockSHANI", pr+"groupRoot", pr+"(*RangeTree).Add", j+"(*hotRange).add")
	f("CRC of the log", "hash/crc32.Update", j+"frameCRC", j+"(*wal).setCRC")
	f("", module+"record/segment.(*Rows).Event", j+"readBack") // decoding is not integrity
	f("", "runtime.memmove", module+"core/event.(*Event).AppendSlot", j+"(*encoder).appendEntry")
	f("", "runtime.memmove", module+"core/event.(*Event).AppendSlot", pr+"(*LeafBatch).Add", j+"(*checker).row", j+"readBack")
}

func TestIntegrityNamesAreOfRealRooms(t *testing.T) {
	t.Parallel()
	for _, part := range integrityParts() {
		for _, needle := range part.needles {
			room, ours := strings.CutPrefix(needle, module)
			if !ours {
				continue
			}
			room, function, _ := strings.Cut(room, ".")
			names, err := filepath.Glob(filepath.Join("../..", room, "*.go"))
			if err != nil || len(names) == 0 {
				t.Fatalf("%s names no room", needle)
			}
			function = strings.TrimPrefix(function, "(*")
			function, _, _ = strings.Cut(function, ")")
			found := false
			for _, name := range names {
				raw, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				found = found || bytes.Contains(raw, []byte("func "+function+"(")) || bytes.Contains(raw, []byte("type "+function+" "))
			}
			if !found {
				t.Errorf("%s names nothing that there is", needle)
			}
		}
	}
}

func TestJournalReportIsReadable(t *testing.T) {
	t.Parallel()
	r := JournalReport{
		Events: 10, WallRate: 5, MicrosOn: 6, MicrosOff: 2, Integrity: []Stage{{"leaf", 1.5}, {"tree", 0.25}}, RecoveryBytes: 1 << 30, RecoverySeconds: 3, PacedRate: 99_999, PacedP50: 2.5, PacedP99: 7,
		Fewer: []Callers{{16, 201_000, 5.5, 40}},
	}
	var out bytes.Buffer
	if err := r.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ratio 3.0", "CPU of integrity             1.75", "3.00 s per GiB", "1.00 GiB read", "with 16 clients              5.5 ms p50, 40.0 ms p99 at 201000 events/s", "at 99999 events/s          2.5 ms p50, 7.0 ms p99"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestJournalOptionsAreChecked(t *testing.T) {
	t.Parallel()
	good := JournalOptions{Binary: "x", Events: minEvents, Batch: 1, Clients: 1}
	if err := good.validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*JournalOptions){
		"binary": func(o *JournalOptions) { o.Binary = "" }, "events": func(o *JournalOptions) { o.Events = 1 },
		"batch": func(o *JournalOptions) { o.Batch = 4097 }, "clients": func(o *JournalOptions) { o.Clients = 0 },
		"recovery": func(o *JournalOptions) { o.RecoveryBytes = -1 },
	} {
		bad := good
		change(&bad)
		if bad.validate() == nil {
			t.Errorf("bad %s is taken", name)
		}
	}
}

// TestPacedKeepsItsPace appends at the rate for half a second in a journal of its own.
func TestPacedKeepsItsPace(t *testing.T) {
	t.Parallel()
	pool, _, err := makePool()
	if err != nil {
		t.Fatal(err)
	}
	var r JournalReport
	p := producers{pool: pool, options: JournalOptions{Batch: 1000, Clients: 8}}
	if err := paced(t.Context(), filepath.Join(t.TempDir(), "data"), &p, pacedRate/2, &r); err != nil {
		t.Fatal(err)
	}
	// the first of the fifty batches is due at once
	if r.PacedRate <= 0 || r.PacedRate > pacedRate*50/49 || r.PacedP50 <= 0 || r.PacedP99 < r.PacedP50 {
		t.Errorf("%.0f events/s, %.2f ms, %.2f ms", r.PacedRate, r.PacedP50, r.PacedP99)
	}
}
