// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestPick: the fields that are picked are those of the whole event, in memory and from
// a file, wherever they lie; what is not picked and has a column stays away.
func TestPick(t *testing.T) {
	t.Parallel()
	fields := []string{
		"id", "time", "received", "seq", "ord", "severity", "outcome", "source", "category", "message", "user", "ip", "session", "origin_id", "sender", "tags", "raw",
		"stream", "geo.country", "as.number", "compliance.gdpr_relevant", "compliance.retention_days", "attrs.pid", "attrs.a_x", "attrs.z.z.z.ț", "attrs.nowhere",
	}
	r := rand.New(rand.NewPCG(21, 1))
	b := segment.NewBlock()
	events := make([]*event.Event, 3000)
	for i := range events {
		events[i] = eventtest.Random(r)
		if i%500 == 499 { // too many keys for columns
			for k := range 150 {
				events[i].SetAttr("many"+string(rune('a'+k%26))+string(rune('a'+k/26))+string(rune('a'+i/500)), event.Int(int64(k)))
			}
		}
		if err := b.Append(events[i], [8]byte{}, [16]byte{}); err != nil {
			t.Fatal(err)
		}
	}
	for name, reader := range map[string]segment.Reader{"hot": b.Reader(), "file": sealPick(t, b)} {
		for range 40 {
			picked := []string{fields[r.IntN(len(fields))], fields[r.IntN(len(fields))], "attrs.manyabf"}
			rows := segment.NewScan(reader)
			if err := rows.Pick(picked); err != nil {
				t.Fatal(err)
			}
			for range 50 {
				row := r.IntN(len(events))
				var e event.Event
				if err := rows.Event(row, &e); err != nil {
					t.Fatal(err)
				}
				for _, f := range picked {
					want, had := events[row].Lookup(f)
					got, has := e.Lookup(f)
					if had != has || !cmp.Equal(want, got) {
						t.Fatalf("%s, row %d, %s of %v: %v %v, want %v %v", name, row, f, picked, got, has, want, had)
					}
				}
				if picked[0] != "user" && picked[1] != "user" && e.User != "" {
					t.Fatalf("%v: user %q was read too", picked, e.User)
				}
			}
		}
	}
}

func sealPick(t *testing.T, b *segment.Block) segment.Reader {
	t.Helper()
	cache, err := segment.NewCache(8 << 20)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenFile(path, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
