// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sampleLog is a log file of a few batches, each the frames of a request.
func sampleLog() []byte {
	h := walHeader{Number: 1, Boot: 2, Salt: [16]byte{1, 2, 3}, Origin: "test.example/abc"}
	w := wal{boot: 2, seed: crc32.Checksum(h.Salt[:], castagnoli)}
	raw := h.encode()
	r := &hotRange{open: rangeOpen{Stream: "90d", Number: 1, First: 1, Epoch: 1, Opened: 5}}
	for n := range 3 {
		q := request{ready: make(chan struct{}), runs: []run{{r: r, first: uint32(2 * n), events: 2, opens: n == 0, closes: n == 2, count: 6}}}
		for k := range 2 {
			e := benchEvent(2*n + k)
			e.Place.Stream, e.Place.Seq, e.Place.Ord, e.Place.Origin = "90d", uint64(2*n+k+1), uint64(2*n+k+1), h.Origin
			q.events, q.sizes = append(q.events, e), append(q.sizes, 100)
		}
		new(Journal).encode(&q)
		t := trailer{Boot: 2, Prev: w.last.Chain, link: link{Batch: uint64(n + 1), Ord: uint64(2*n + 2)}}
		w.chain.reset()
		t.Frames = w.patch(q.frames)
		t.Chain = w.chain.sum(&t)
		b := t.append(openFrame(nil, frameTrailer))
		closeFrame(b, 0)
		w.setCRC(b)
		raw = append(append(raw, q.frames...), b...)
		w.last = t.link
	}
	return append(raw, make([]byte, 1000)...)
}

func TestScanOfAWholeLog(t *testing.T) {
	t.Parallel()
	l, err := scanLog(sampleLog())
	if err != nil || l.Copies != 2 || len(l.Batches) != 3 || l.Dirty != -1 {
		t.Fatalf("%d batches, %d copies, dirty at %d: %v", len(l.Batches), l.Copies, l.Dirty, err)
	}
	frames := []int{}
	for _, b := range l.Batches {
		if !b.Whole || !b.Ended {
			t.Errorf("batch %d is not whole", b.Trailer.Batch)
		}
		frames = append(frames, len(b.Frames))
	}
	if diff := cmp.Diff([]int{4, 2, 3}, frames); diff != "" {
		t.Errorf("frames (-want +got):\n%s", diff)
	}
}

// TestScanOfACutLog cuts at every offset: what is whole before it is found.
func TestScanOfACutLog(t *testing.T) {
	t.Parallel()
	raw := sampleLog()
	whole, err := scanLog(raw)
	if err != nil {
		t.Fatal(err)
	}
	for n := headerBytes; n < len(raw); n++ {
		l, err := scanLog(append(bytes.Clone(raw[:n]), make([]byte, len(raw)-n)...))
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		want, got := 0, 0
		for _, b := range whole.Batches {
			if b.To <= n {
				want++
			}
		}
		for _, b := range l.Batches {
			if b.Whole {
				got++
			}
		}
		// a trailer may end in zeros, which a cut puts back
		if got != want && got != want+1 {
			t.Fatalf("cut at %d: %d whole batches, want %d", n, got, want)
		}
	}
}

func FuzzScanLog(f *testing.F) {
	raw := sampleLog()
	f.Add(raw)
	f.Add(raw[:headerBytes+100])
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		bad := bytes.Clone(raw)
		for range 4 {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		l, err := scanLog(raw)
		if err != nil {
			return
		}
		at := headerBytes
		for _, b := range l.Batches {
			if b.From < at || b.To < b.From || b.To > len(raw) {
				t.Fatalf("batch from %d to %d after %d of %d", b.From, b.To, at, len(raw))
			}
			at = b.From
			for _, fr := range b.Frames {
				switch fr.Kind {
				case frameEntry:
					_, _ = decodeEntry(fr.Body)
				case frameOpen:
					if o, err := decodeRangeOpen(fr.Body); err == nil && !bytes.Equal(o.append(nil), fr.Body) {
						t.Fatal("range-open has two forms")
					}
				case frameClose:
					if c, err := decodeRangeClose(fr.Body); err == nil && !bytes.Equal(c.append(nil), fr.Body) {
						t.Fatal("range-close has two forms")
					}
				}
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	raw := binary.BigEndian.AppendUint32([]byte(manifestMagic), manifestVersion)
	raw = binary.BigEndian.AppendUint64(raw, 7)
	r := record{Number: 8, Change: changeAdd, listed: listed{Name: "90d/2026-11-26/000000000001.seg", Size: 5, Ranges: []uint64{3}}}
	raw = r.append(raw)
	merged := record{Number: 9, Change: changeReplace, listed: listed{Name: "90d/x", Size: 9, Ranges: []uint64{3, 8}}, Old: []string{r.Name}}
	raw = merged.append(raw)
	gone := record{Number: 10, Change: changeDrop, Old: []string{"90d/x"}, Stream: "90d", UpTo: 9}
	f.Add(gone.append(raw))
	f.Add(raw[:len(raw)-3])
	f.Fuzz(func(t *testing.T, raw []byte) {
		s := scanManifest(raw)
		if s.end > max(len(raw), manifestHead) {
			t.Fatalf("end %d of %d", s.end, len(raw))
		}
		for i := range s.files {
			r := record{Number: 1, Change: changeAdd, listed: s.files[i]}
			if back, _, ok := recordAt(r.append(nil)); !ok || !reflect.DeepEqual(back, r) {
				t.Fatal("a record does not come back")
			}
		}
	})
}

func FuzzHeaderLog(f *testing.F) {
	raw := binary.BigEndian.AppendUint32([]byte(hlogMagic), hlogVersion)
	for n := range uint64(3) {
		l := logged{Header: Header{Origin: "a/b", Stream: "90d", Class: "90d", Number: n + 1, First: 5*n + 1, Count: 5}}
		raw = l.append(raw)
	}
	f.Add(raw, raw)
	f.Add(raw[:len(raw)-3], raw[:20])
	f.Fuzz(func(t *testing.T, a, b []byte) {
		s := scanHeaders([2][]byte{a, b})
		if len(s.list) != len(s.offs) || s.end > max(len(a), len(b), hlogHead) {
			t.Fatalf("%d headers, %d offsets, end %d", len(s.list), len(s.offs), s.end)
		}
		for i := range s.list {
			if back, _, ok := hlogRecord(s.list[i].append(nil), 0); !ok || back != s.list[i] {
				t.Fatal("a header does not come back")
			}
		}
	})
}

func FuzzMeta(f *testing.F) {
	m := rangeMeta{
		Header: Header{Origin: "a/b", Stream: "90d", Class: "90d", Number: 1, First: 1, Count: 5, Lost: 2}, Lost: []uint32{0, 4},
		Erased: []erasedSlot{{I: 1, Slot: 0}, {I: 1, Slot: 1}}, Groups: make([]hash, 1),
	}
	next := rangeMeta{Header: Header{Origin: "a/b", Stream: "90d", Class: "90d", Number: 2, First: 6, Count: 1}, Groups: make([]hash, 1)}
	f.Add(fileMeta{m, next}.encode())
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := decodeMeta(raw); err == nil && !bytes.Equal(m.encode(), raw) {
			t.Fatal("a meta has two forms")
		}
	})
}

func FuzzHead(f *testing.F) {
	h := head{link: link{Batch: 3, Ord: 9}, Boot: 1, File: 2, End: 77, Next: []streamNext{{"90d", 4}, {"system", 1}}}
	f.Add(h.append(nil))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if h, ok := decodeHead(raw); ok {
			b := h.append(nil)
			if len(b) > len(raw) || !bytes.Equal(b, raw[:len(b)]) {
				t.Fatal("a head has two forms")
			}
		}
	})
}

// TestScanOfHostileBytes looks like a frame at every fourth byte.
func TestScanOfHostileBytes(t *testing.T) {
	t.Parallel()
	raw := sampleLog()
	junk := bytes.Repeat([]byte{0, 32, 0, 0}, 1<<20)
	for i := 8; i < len(junk); i += 16 {
		junk[i] = frameEntry
	}
	l, err := scanLog(append(raw, junk...))
	if err != nil || len(l.Batches) != 4 || l.Batches[2].Whole == false {
		t.Fatalf("%d batches: %v", len(l.Batches), err)
	}
}
