// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// typical returns an event of about 630 bytes of JSON.
func typical(i int) *event.Event {
	r := random(uint64(i))
	hex := func() string { return strconv.FormatUint(r.Uint64(), 16) }
	e := &event.Event{
		Time: 1_790_000_000e9 + int64(i)*1e6, Received: 1_790_000_000e9 + int64(i)*1e6 + 3e6,
		Source: []string{"authentication", "access", "application", "llm", "system"}[r.IntN(5)], Category: fmt.Sprintf("category_%d", r.IntN(20)),
		Action: "login", Outcome: event.Success, Severity: event.Severity(r.IntN(5)),
		Message: fmt.Sprintf("User user%04d@example.com failed to authenticate via password after %d attempts; policy=default trace=%s", r.IntN(5000), r.IntN(9), hex()),
		User:    fmt.Sprintf("user%04d@example.com", r.IntN(5000)), IP: fmt.Sprintf("198.51.%d.%d", r.IntN(80), r.IntN(250)), Session: hex(),
		UserAgent: fmt.Sprintf("Mozilla/5.0 (X11; Linux x86_64; rv:%d.0) Gecko/20100101 Firefox/%d.0", 80+i%50, 80+i%50),
		Host:      fmt.Sprintf("srv-%02d.example.com", r.IntN(50)), OriginID: hex(), Input: "http", Sender: "token-1",
		Attrs: []event.Attr{
			{Key: "app_version", Value: event.Text("1.2.3")},
			{Key: "country", Value: event.Text("RO")},
			{Key: "endpoint", Value: event.Text(fmt.Sprintf("/api/v1/resource%d/item", r.IntN(200)))},
			{Key: "request_id", Value: event.Text(hex())},
			{Key: "risk_score", Value: event.Int(int64(r.IntN(101)))},
		},
		Place: event.Place{Origin: "test.example/1", Stream: "366d", Seq: uint64(i + 1), Ord: uint64(i + 1)},
	}
	for k := range e.ID {
		e.ID[k] = byte(r.Uint32())
	}
	ms := e.Received / 1e6
	for k := range 6 {
		e.ID[k] = byte(ms >> (8 * (5 - k)))
	}
	return e
}

func typicals(n int) []*event.Event {
	es := make([]*event.Event, n)
	for i := range es {
		es[i] = typical(i)
	}
	return es
}

// cpuTime is what the process has used.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// perEvent reports the processor's time for each of n events, all threads
// together.
func perEvent(b *testing.B, n int, before time.Duration) {
	b.Helper()
	b.ReportMetric(float64((cpuTime(b)-before).Nanoseconds())/float64(n), "cpu-ns/event")
}

// BenchmarkSeal is all that a block costs, from the first event to the file.
func BenchmarkSeal(b *testing.B) {
	es := typicals(segment.MaxRows)
	path := filepath.Join(b.TempDir(), "a.seg")
	var w segment.Writer
	b.ReportAllocs()
	before := cpuTime(b)
	for b.Loop() {
		block := segment.NewBlock()
		for i, e := range es {
			leaf8, mac16 := integrity(i)
			if err := block.Append(e, leaf8, mac16); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.WriteFile(path, block.Reader(), nil); err != nil {
			b.Fatal(err)
		}
	}
	perEvent(b, b.N*segment.MaxRows, before)
}

func BenchmarkAppend(b *testing.B) {
	es := typicals(segment.MaxRows)
	b.ReportAllocs()
	b.ResetTimer()
	block := segment.NewBlock()
	for i := range b.N {
		if err := block.Append(es[i%len(es)], [8]byte{}, [16]byte{}); err != nil {
			block = segment.NewBlock()
		}
	}
	b.StopTimer()
	if n := block.Len(); n > 0 {
		b.ReportMetric(float64(block.Bytes())/float64(n), "B/event")
	}
}

func BenchmarkWriteFile(b *testing.B) {
	block := segment.NewBlock()
	for i, e := range typicals(segment.MaxRows) {
		leaf8, mac16 := integrity(i)
		_ = block.Append(e, leaf8, mac16)
	}
	var w segment.Writer
	path := filepath.Join(b.TempDir(), "a.seg")
	b.ReportAllocs()
	for b.Loop() {
		if err := w.WriteFile(path, block.Reader(), nil); err != nil {
			b.Fatal(err)
		}
	}
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/segment.MaxRows, "ns/event")
	b.ReportMetric(float64(f.Size())/segment.MaxRows, "B/event")
	b.ReportMetric(float64(block.Bytes())/segment.MaxRows, "memB/event")
}

// BenchmarkReadEvents reads every column of every row of a file: keep as for an
// answer, scan as after a seal.
func BenchmarkReadEvents(b *testing.B) {
	f := write(b, fill(b, typicals(segment.MaxRows)), nil)
	for name, rowsOf := range map[string]func(segment.Reader) *segment.Rows{"keep": segment.NewRows, "scan": segment.NewScan} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				rows := rowsOf(f)
				var e event.Event
				for i := range f.Rows() {
					if err := rows.Event(i, &e); err != nil {
						b.Fatal(err)
					}
					if _, _, err := rows.Integrity(i); err != nil {
						b.Fatal(err)
					}
				}
			}
			perEvent(b, b.N*segment.MaxRows, before)
		})
	}
}

func BenchmarkOpenFile(b *testing.B) {
	f := write(b, fill(b, typicals(segment.MaxRows)), nil)
	cache, _ := segment.NewCache(0)
	b.ReportAllocs()
	for b.Loop() {
		g, err := segment.OpenFile(f.Path(), cache)
		if err != nil {
			b.Fatal(err)
		}
		_ = g.Close()
	}
}
