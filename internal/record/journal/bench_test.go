// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// benchEvent is a login failure whose JSON form has about 630 bytes.
func benchEvent(i int) *event.Event {
	user := fmt.Sprintf("u%05d", i*7919%50000)
	ip := fmt.Sprintf("198.51.%d.%d", i%7, i*31%251)
	e := &event.Event{
		Time: 1763864000000000000 + int64(i)*1e6, Received: 1763864000000000000 + int64(i)*1e6,
		Source: "authentication", Category: "login_failed", Action: "login", Outcome: event.Failure, Severity: event.Low,
		Message: fmt.Sprintf("Failed password for %s from %s port %d ssh2", user, ip, 1024+i*17%60000),
		User:    user, IP: ip, Session: fmt.Sprintf("%08x", i*2654435761), UserAgent: "OpenSSH_9.2p1 Debian-2+deb12u3",
		Host: fmt.Sprintf("web-%02d.example.com", i%40), Service: "sshd", OriginID: fmt.Sprintf("evt-%012d", i),
		Input: "http", Sender: "token-1",
		Attrs: []event.Attr{
			{Key: "facility", Value: event.Text("authpriv")},
			{Key: "method", Value: event.Text("password")},
			{Key: "pid", Value: event.Int(int64(1000 + i%30000))},
			{Key: "port", Value: event.Int(int64(1024 + i*17%60000))},
			{Key: "tty", Value: event.Text("ssh")},
		},
		Place: event.Place{Stream: "365d"},
	}
	e.ID[0], e.ID[1], e.ID[2], e.ID[15] = 1, byte(i>>16), byte(i>>8), byte(i)
	return e
}

// BenchmarkLeafAndMAC is a leaf and a MAC of each of a batch of 100; an operation is
// one entry.
func BenchmarkLeafAndMAC(b *testing.B) {
	e := benchEvent(12345)
	e.Place = event.Place{Origin: "siem.example/abcdefghijklmnop", Stream: "365d", Seq: 12345, Ord: 12345}
	public, slot0, slot1 := e.AppendPublic(nil), e.AppendSlot(nil, 0), e.AppendSlot(nil, 1)
	b.Logf("public %d, slots %d and %d bytes", len(public), len(slot0), len(slot1))
	var x encoder
	r := newHotRange(rangeOpen{Stream: "365d"})
	b.ReportAllocs()
	for done := 0; done < b.N; done += 100 {
		x.begin(r)
		for i := range 100 {
			x.leaves.AddBytes(uint32((done+i)%65536), public, slot0, slot1)
		}
		for i, leaf := range x.leaves.Sum() {
			x.macs.add(uint64(done+i), &leaf)
		}
		x.macs.sum()
	}
}

// BenchmarkEncode is all that Append does for an event outside its lock, in batches
// of 100; an operation is one event.
func BenchmarkEncode(b *testing.B) {
	e := benchEvent(12345)
	e.Place = event.Place{Origin: "siem.example/abcdefghijklmnop", Stream: "365d", Seq: 12345, Ord: 12345}
	var x encoder
	r := newHotRange(rangeOpen{Stream: "365d"})
	events, out := make([]*event.Event, 100), make([]sealed, 100)
	for i := range events {
		events[i] = e
	}
	var buf []byte
	b.ReportAllocs()
	for done := 0; done < b.N; done += len(events) {
		x.begin(r)
		buf = buf[:0]
		for i := range events {
			buf = x.appendEntry(buf, uint32((done+i)%65536), e)
		}
		x.seal(buf, events, out)
	}
	b.SetBytes(int64(len(buf) / len(events)))
}

// BenchmarkAppend is 32 clients that append 100 events a call, with sealing.
func BenchmarkAppend(b *testing.B) {
	const clients, per = 32, 100
	dir := b.TempDir()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	j, err := Open(b.Context(), Options{Dir: filepath.Join(dir, "journal"), Keys: keys})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := j.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	var pool [8][per]*event.Event
	for p := range pool {
		for i := range per {
			pool[p][i] = benchEvent(p*per + i)
		}
	}
	before, start := cpuTime(b), time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	calls := 0
	b.ResetTimer()
	for c := range clients {
		wg.Go(func() {
			for {
				mu.Lock()
				more := calls*per < b.N
				calls++
				mu.Unlock()
				if !more {
					return
				}
				events := make([]*event.Event, per)
				copies := make([]event.Event, per)
				for i := range events {
					copies[i] = *pool[c%len(pool)][i]
					events[i] = &copies[i]
				}
				if _, err := j.Append(b.Context(), events); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	cancel()
	run.Wait()
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "events/s")
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/event")
	b.ReportMetric(float64(j.commits.Load()), "commits")
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkOpenAndVerify fills a journal, half sealed and half in the log, and
// measures its recovery and its verification.
func BenchmarkOpenAndVerify(b *testing.B) {
	const n, per = 200_000, 1000
	dir := b.TempDir()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	opts := Options{Dir: filepath.Join(dir, "journal"), Keys: keys, SealAge: time.Hour, SealBytes: 1 << 40}
	open := func() *Journal {
		j, err := Open(b.Context(), opts)
		if err != nil {
			b.Fatal(err)
		}
		return j
	}
	j := open()
	ctx, cancel := context.WithCancel(b.Context())
	var run sync.WaitGroup
	run.Go(func() {
		if err := j.Run(ctx); err != nil {
			b.Error(err)
		}
	})
	for i := 0; i < n; i += per {
		events := make([]*event.Event, per)
		for k := range events {
			events[k] = benchEvent(i + k)
		}
		if _, err := j.Append(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	}
	cancel()
	run.Wait()
	if err := j.Close(); err != nil {
		b.Fatal(err)
	}
	b.Run("open", func(b *testing.B) {
		for range b.N {
			j := open()
			s := j.Stats()
			b.ReportMetric(float64(s.LogFiles), "log-files")
			b.ReportMetric(float64(s.Segments), "segments")
			if err := j.Close(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		start := time.Now()
		for range b.N {
			r, err := Verify(b.Context(), opts.Dir, VerifyOptions{Keys: keys})
			if err != nil || r.Verified != n {
				b.Fatalf("%+v, %v", r, err)
			}
		}
		b.ReportMetric(float64(b.N)*n/time.Since(start).Seconds(), "entries/s")
	})
}
