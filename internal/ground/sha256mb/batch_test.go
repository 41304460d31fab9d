// SPDX-License-Identifier: Apache-2.0

package sha256mb

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"math/rand/v2"
	"testing"
)

// messages are n of them with lengths up to a bound.
func messages(r *rand.Rand, n, longest int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = make([]byte, r.IntN(longest+1))
		for k := range out[i] {
			out[i][k] = byte(r.Uint32())
		}
	}
	return out
}

// check hashes the messages in a batch and each on its own.
func check(t *testing.T, b *Batch, prefix []byte, list [][]byte) {
	t.Helper()
	var p *Prefix
	if prefix != nil {
		p = new(Prefix)
		p.Set((*[blockSize]byte)(prefix))
	}
	b.Reset(p)
	for _, m := range list {
		b.Add(append(b.Room(), m...))
	}
	got := make([]Hash, b.Len())
	b.Sum(got)
	for i, m := range list {
		if want := sha256.Sum256(append(bytes.Clone(prefix), m...)); got[i] != want {
			t.Fatalf("message %d of %d, %d bytes after %d: %x, want %x", i, len(list), len(m), len(prefix), got[i], want)
		}
		if !bytes.Equal(b.Message(i), m) {
			t.Fatalf("message %d of %d is not what was added", i, len(list))
		}
	}
}

// TestEveryLength has each length up to four blocks, alone and in every company.
func TestEveryLength(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	if !sideBySide() {
		t.Log("this processor hashes one message at a time: only that is tested")
	}
	var together, alone Batch
	alone.alone = true
	prefix := make([]byte, blockSize)
	for i := range prefix {
		prefix[i] = byte(i)
	}
	for size := range 4*blockSize + 2 {
		for _, n := range []int{1, fewest - 1, fewest, lanes - 1, lanes, lanes + 1, 2*lanes + fewest} {
			list := messages(r, n, size) // of any length up to it, and half of them of just that
			for i := 0; i < n; i += 2 {
				for len(list[i]) < size {
					list[i] = append(list[i], byte(r.Uint32()))
				}
			}
			check(t, &together, nil, list)
			check(t, &together, prefix, list)
			check(t, &alone, prefix, list)
		}
	}
}

// TestLong has lengths of events that are as large as they may be.
func TestLong(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var b Batch
	check(t, &b, nil, nil)
	for range 20 {
		check(t, &b, nil, messages(r, r.IntN(60), 70_000))
		check(t, &b, nil, messages(r, 300, 700))
	}
}

// TestHMAC makes an HMAC of two prefixes, as RFC 2104 has it.
func TestHMAC(t *testing.T) {
	t.Parallel()
	key := bytes.Repeat([]byte{7}, 32)
	var in, out [blockSize]byte
	for i := range in {
		in[i], out[i] = 0x36, 0x5c
		if i < len(key) {
			in[i], out[i] = key[i]^0x36, key[i]^0x5c
		}
	}
	list := messages(rand.New(rand.NewPCG(5, 6)), 40, 90)
	var inner, outer Prefix
	inner.Set(&in)
	outer.Set(&out)
	var b Batch
	b.Reset(&inner)
	for _, m := range list {
		b.Add(append(b.Room(), m...))
	}
	sums := make([]Hash, len(list))
	b.Sum(sums)
	b.Reset(&outer)
	for i := range sums {
		b.Add(append(b.Room(), sums[i][:]...))
	}
	b.Sum(sums)
	for i, m := range list {
		h := hmac.New(sha256.New, key)
		h.Write(m)
		if want := h.Sum(nil); !bytes.Equal(sums[i][:], want) {
			t.Errorf("message %d: %x, want %x", i, sums[i], want)
		}
	}
}

// TestNoAllocation: a batch that is used again needs nothing.
func TestNoAllocation(t *testing.T) {
	list := messages(rand.New(rand.NewPCG(7, 8)), 100, 500)
	var b Batch
	dst := make([]Hash, len(list))
	run := func() {
		b.Reset(nil)
		for _, m := range list {
			b.Add(append(b.Room(), m...))
		}
		b.Sum(dst)
	}
	run()
	if n := testing.AllocsPerRun(20, run); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzBatch cuts what it is given into messages.
func FuzzBatch(f *testing.F) {
	f.Add([]byte("abc"), uint16(3), false)
	f.Add(bytes.Repeat([]byte{0x80}, 5000), uint16(119), true)
	f.Add(bytes.Repeat([]byte{1, 2, 3}, 2000), uint16(55), true)
	f.Fuzz(func(t *testing.T, data []byte, step uint16, prefixed bool) {
		var prefix []byte
		if prefixed && len(data) >= blockSize {
			prefix = data[:blockSize]
		}
		var list [][]byte
		for n := int(step); len(data) > 0 && len(list) < 4096; n = n*5%977 + int(step)%7 {
			list = append(list, data[:min(n, len(data))])
			data = data[min(max(n, 1), len(data)):]
		}
		var b Batch
		check(t, &b, prefix, list)
	})
}

func BenchmarkSum(b *testing.B) {
	for name, size := range map[string]int{"1 block": 43, "2 blocks": 97, "8 blocks": 450} {
		for _, alone := range []bool{false, true} {
			way := "together"
			if alone {
				way = "alone"
			}
			b.Run(name+"/"+way, func(b *testing.B) {
				batch := Batch{alone: alone}
				m, dst := make([]byte, size), make([]Hash, 256)
				b.ReportAllocs()
				for n := 0; n < b.N; n += len(dst) {
					batch.Reset(nil)
					for range dst {
						batch.Add(append(batch.Room(), m...))
					}
					batch.Sum(dst)
				}
			})
		}
	}
}
