// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

var update = flag.Bool("update", false, "rewrite the frozen vectors")

// parts returns the three canonical parts of an event.
func parts(e *event.Event) (public, slot0, slot1 string) {
	return string(e.AppendPublic(nil)), string(e.AppendSlot(nil, 0)), string(e.AppendSlot(nil, 1))
}

func TestEveryEventComesBack(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var again event.Event
	for i := range 4_000 {
		e := eventtest.Random(r)
		if err := e.Validate(); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		p, s0, s1 := parts(e)
		if err := event.Decode(p, s0, s1, &again); err != nil {
			t.Fatalf("event %d: %v", i, err)
		}
		if diff := cmp.Diff(e, &again, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("event %d came back changed (-sent +back):\n%s", i, diff)
		}
		if (e.Tags == nil) != (again.Tags == nil) {
			t.Fatalf("event %d: absent tags and no tags are not told apart", i)
		}
		p2, s02, s12 := parts(&again)
		if p != p2 || s0 != s02 || s1 != s12 {
			t.Fatalf("event %d: other bytes on the second encoding", i)
		}
	}
}

// The frozen vectors: a change of any byte here is a new EncodingVersion.
func TestFrozenVectors(t *testing.T) {
	t.Parallel()
	const file = "testdata/canonical-v1.txt"
	var got bytes.Buffer
	r := rand.New(rand.NewPCG(7, 7))
	events := []*event.Event{{}, full()}
	for range 30 {
		events = append(events, eventtest.Random(r))
	}
	for i, e := range events {
		p, s0, s1 := parts(e)
		fmt.Fprintf(&got, "%d public %s\n%d slot0 %s\n%d slot1 %s\n", i, hex.EncodeToString([]byte(p)),
			i, hex.EncodeToString([]byte(s0)), i, hex.EncodeToString([]byte(s1)))
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, b := bufio.NewScanner(&got), bufio.NewScanner(bytes.NewReader(want))
	a.Buffer(nil, 1<<20)
	b.Buffer(nil, 1<<20)
	for b.Scan() {
		if !a.Scan() || a.Text() != b.Text() {
			t.Fatalf("the canonical bytes changed:\n got %s\nwant %s", a.Text(), b.Text())
		}
	}
	if a.Scan() {
		t.Fatalf("more vectors than are frozen: %s", a.Text())
	}
}

func full() *event.Event {
	id, err := event.ParseID("01KAQ3R5T2M8X4Z6C9V1B3N5J7")
	if err != nil {
		panic(err)
	}
	e := &event.Event{
		ID: id, Time: 1_795_339_839_206_000_000, Received: 1_795_339_839_563_000_000,
		Source: "authentication", Category: "login_failed", Action: "password", Outcome: event.Failure, Severity: event.Medium,
		Message: "Failed password for ana", User: "ana", IP: "203.0.113.7", Session: "s1", UserAgent: "curl/8", Host: "web-1",
		Service: "sshd", OriginID: "o-1", Input: "http", Sender: "tok_1", Tags: []string{"gdpr", "prod"},
		Compliance: event.Compliance{GDPR: event.FlagTrue, PCI: event.FlagFalse, RetentionDays: 365},
		Geo:        event.Geo{Country: "RO", Lat: "44.42", Lon: "26.10", AS: "64496"},
		Marks:      []event.Mark{{Kind: event.MarkTruncated, Field: "message", Length: 100_000, Hash: strings.Repeat("0f", 32)}},
		Place:      event.Place{Origin: "tocsin/5f3a", Stream: "366d", Seq: 42, Ord: 99},
	}
	e.SetAttr("port", event.Number("38926"))
	e.SetAttr("method", event.Text("password"))
	e.SetAttr("ok", event.Bool(false))
	e.SetAttr("nothing", event.Null())
	e.SetAttr("list", event.List(event.Text("a"), event.Number("1.50"), event.List()))
	return e
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	p, s0, s1 := parts(full())
	var e event.Event
	for name, c := range map[string][3]string{
		"nothing":              {"", "", ""},
		"short public part":    {p[:len(p)-1], s0, s1},
		"long public part":     {p + "x", s0, s1},
		"other version":        {"\x02" + p[1:], s0, s1},
		"severity 5":           {p[:len(p)-1] + "\x05", s0, s1},
		"slots swapped":        {p, s1, s0},
		"cut slot":             {p, s0[:len(s0)-3], s1},
		"trailing bytes":       {p, s0, s1 + "\x00"},
		"huge count":           {p, "\x01\xff\xff\xff\xff", s1},
		"huge length":          {p, "\x01\x00\x00\x00\x01\x00\x04user\x05\xff\xff\xff\xff", s1},
		"unknown field":        {p, "\x01\x00\x00\x00\x01\x00\x04uxer\x05\x00\x00\x00\x00", s1},
		"field of other slot":  {p, "\x01\x00\x00\x00\x01\x00\x07message\x05\x00\x00\x00\x00", s1},
		"field twice":          {p, "\x01\x00\x00\x00\x02\x00\x02ip\x01\x00\x02ip\x01", s1},
		"fields out of order":  {p, "\x01\x00\x00\x00\x02\x00\x04user\x01\x00\x02ip\x01", s1},
		"empty marks":          {p, s0, "\x01\x00\x00\x00\x01\x00\x05marks\x06\x00\x00\x00\x00"},
		"list of huge count":   {p, s0, "\x01\x00\x00\x00\x01\x00\x07attrs.a\x06\xff\xff\xff\xff"},
		"retention written +1": {p, s0, "\x01\x00\x00\x00\x01\x00\x19compliance.retention_days\x04\x00\x00\x00\x02+1"},
	} {
		if err := event.Decode(c[0], c[1], c[2], &e); !errors.Is(err, event.ErrNotCanonical) {
			t.Errorf("%s: got %v, want ErrNotCanonical", name, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	p, s0, s1 := parts(full())
	f.Add(p, s0, s1)
	r := rand.New(rand.NewPCG(3, 3))
	for range 20 {
		a, b, c := parts(eventtest.Random(r))
		f.Add(a, b, c)
	}
	f.Fuzz(func(t *testing.T, p, s0, s1 string) {
		var e event.Event
		if event.Decode(p, s0, s1, &e) != nil {
			return
		}
		p2, s02, s12 := parts(&e)
		if p != p2 || s0 != s02 || s1 != s12 {
			t.Fatalf("accepted bytes that are not canonical:\n%x\n%x\n%x\nbecame\n%x\n%x\n%x", p, s0, s1, p2, s02, s12)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	e := full()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = e.AppendSlot(e.AppendSlot(e.AppendPublic(buf[:0]), 0), 1)
	}
	b.SetBytes(int64(len(buf)))
}

func BenchmarkDecode(b *testing.B) {
	p, s0, s1 := parts(full())
	var e event.Event
	b.ReportAllocs()
	for b.Loop() {
		if err := event.Decode(p, s0, s1, &e); err != nil {
			b.Fatal(err)
		}
	}
}
