// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"math/rand/v2"
	"testing"
)

// The table is compared with a list: whatever was added within the limit is
// found, what was never added is not, and memory stays within its bound.
func TestIDTableRemembersTheLast(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{64, 1000, 20_000} {
		table, err := newIDTable(limit)
		if err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(uint64(limit), 7))
		var added []uint64
		for n := range 12 * limit {
			h := r.Uint64()
			if n%97 == 0 {
				h &= 0xff<<56 | 0xff // crowded, and sometimes without a fingerprint
			}
			if table.find(h, 1) == unknownID {
				table.add(h, 1, int64(n))
				added = append(added, h)
			}
			if n%(limit/4) == 0 {
				for _, old := range added[max(0, len(added)-limit):] {
					if table.find(old, 1) != sameContent {
						t.Fatalf("limit %d: one of the last %d is forgotten after %d", limit, limit, len(added))
					}
				}
			}
		}
		wrong := 0
		for range 10_000 {
			if table.find(r.Uint64(), 1) != unknownID {
				wrong++
			}
		}
		gone := 0
		for _, old := range added[:len(added)-3*limit] {
			if table.find(old, 1) == unknownID {
				gone++
			}
		}
		if wrong > 0 || gone < len(added)-3*limit-limit/20 || table.dropped > 0 {
			t.Errorf("limit %d: %d found that were never added, %d of %d old ones gone, %d dropped",
				limit, wrong, gone, len(added)-3*limit, table.dropped)
		}
		if most := int64(limit*1398/1000+64) * slotBytes; table.bytes() > most {
			t.Errorf("limit %d: %d bytes, at most %d", limit, table.bytes(), most)
		}
		if since := table.since(); since < int64(len(added)-2*limit-limit/8) || since > int64(12*limit-limit) {
			t.Errorf("limit %d: ids are known since %d of %d", limit, since, 12*limit)
		}
	}
}

func TestIDTableOfTheDefaultSize(t *testing.T) {
	if testing.Short() {
		t.Skip("short: fills a table of four million ids")
	}
	t.Parallel()
	table, err := newIDTable(DefaultMaxIDs)
	if err != nil {
		t.Fatal(err)
	}
	if b := table.bytes(); b != 0 {
		t.Errorf("%d bytes before the first id", b)
	}
	const total = DefaultMaxIDs + 200_000
	id := func(n int) uint64 { return (uint64(n) + 1) * 0x9e3779b97f4a7c15 }
	for n := range total {
		table.add(id(n), uint32(n), int64(n))
	}
	for n := total - DefaultMaxIDs; n < total; n += 1 + n%31 { // the oldest are tried too
		if table.find(id(n), uint32(n)) != sameContent {
			t.Fatalf("id %d of %d is forgotten", n, total)
		}
	}
	if table.find(id(0), 0) != unknownID {
		t.Error("the first id is still known")
	}
	if b := table.bytes(); b > 64<<20 || table.dropped > 0 {
		t.Errorf("%d bytes for %d ids, %d dropped", b, table.live(), table.dropped)
	}
}

func BenchmarkIDTable(b *testing.B) {
	table, err := newIDTable(DefaultMaxIDs)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range DefaultMaxIDs * 5 / 4 {
		table.add(r.Uint64(), 1, 1)
	}
	b.ReportAllocs()
	for b.Loop() {
		h := r.Uint64()
		if table.find(h, 1) == unknownID {
			table.add(h, 1, 1)
		}
	}
}
