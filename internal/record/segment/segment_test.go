// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

// canonical is all of an event in one text.
func canonical(e *event.Event) string {
	b := e.AppendPublic(nil)
	b = append(b, '|')
	b = e.AppendSlot(b, 0)
	b = append(b, '|')
	return string(e.AppendSlot(b, 1))
}

func integrity(i int) (leaf8 [8]byte, mac16 [16]byte) {
	binary.BigEndian.PutUint64(leaf8[:], uint64(i)*0x9e3779b97f4a7c15)
	binary.BigEndian.PutUint64(mac16[:], uint64(i)*0x94d049bb133111eb)
	binary.BigEndian.PutUint64(mac16[8:], uint64(i)*0xbf58476d1ce4e5b9)
	return leaf8, mac16
}

// oddities are events that a random one is not likely to be.
func oddities() []*event.Event {
	deep := event.Text("bottom")
	for range event.MaxDepth {
		deep = event.List(deep)
	}
	all := &event.Event{Source: "s"}
	for f := event.FieldCategory; f <= event.FieldSender; f++ {
		all.SetCore(f, "")
	}
	null := &event.Event{Source: "s"}
	for f := event.FieldCategory; f <= event.FieldSender; f++ {
		null.SetNull(f)
	}
	wide := &event.Event{Source: "wide"}
	for i := range 9000 {
		wide.Attrs = append(wide.Attrs, event.Attr{Key: fmt.Sprintf("k%05d", i), Value: event.Int(int64(i))})
	}
	return []*event.Event{
		{},
		{Source: "s", Time: -1, Received: 1<<63 - 1},
		all, null, wide,
		{Source: strings.Repeat("long", 60_000), Message: strings.Repeat("m", 250_000)},
		{Source: "s", Raw: "\xff\xfe\x00", Tags: []string{}},
		{Source: "s", Tags: []string{"", "x", ""}, Place: event.Place{Origin: "other/1", Stream: "7d", Seq: 1<<64 - 1, Ord: 1<<64 - 1}},
		{Source: "s", Compliance: event.Compliance{GDPR: event.FlagFalse, RetentionDays: -1}, Geo: event.Geo{AS: "1"}},
		{Source: "s", Attrs: []event.Attr{
			{Key: "bytes", Value: event.Value{Kind: event.KindBytes, Text: "\x00\xff"}},
			{Key: "deep", Value: deep},
			{Key: "empty", Value: event.List()},
			{Key: "null", Value: event.Null()},
			{Key: "num", Value: event.Number("-0.0e+00")},
			{Key: strings.Repeat("k", 500), Value: event.Text("")},
		}},
		{Source: "s", Marks: []event.Mark{{Kind: event.MarkTruncated, Length: -5}, {}}},
	}
}

// events returns n events, every tenth an odd one.
func events(seed uint64, n int) []*event.Event {
	r, odd := random(seed), oddities()
	out := make([]*event.Event, n)
	for i := range out {
		if i%10 == 9 && i/10 < len(odd) {
			out[i] = odd[i/10]
		} else {
			out[i] = eventtest.Random(r)
		}
	}
	return out
}

func fill(t testing.TB, es []*event.Event) *segment.Block {
	t.Helper()
	b := segment.NewBlock()
	for i, e := range es {
		leaf8, mac16 := integrity(i)
		if err := b.Append(e, leaf8, mac16); err != nil {
			t.Fatalf("append %d: %v", i, err)
		}
	}
	return b
}

func write(t testing.TB, b *segment.Block, cache *segment.Cache) *segment.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, b, []byte("meta")); err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenFile(path, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// same fails unless r holds exactly es.
func same(t *testing.T, r segment.Reader, es []*event.Event) {
	t.Helper()
	if r.Rows() != len(es) {
		t.Fatalf("%d rows, want %d", r.Rows(), len(es))
	}
	rows, scan := segment.NewRows(r), segment.NewScan(r)
	kept := make([]event.Event, len(es))
	for i, want := range es {
		var got event.Event
		for _, from := range []*segment.Rows{scan, rows} {
			if err := from.Event(i, &got); err != nil {
				t.Fatalf("row %d: %v", i, err)
			}
			if canonical(&got) != canonical(want) {
				t.Fatalf("row %d came back otherwise:\n%s", i, cmp.Diff(want, &got))
			}
		}
		kept[i] = got
		leaf8, mac16, err := rows.Integrity(i)
		wantLeaf, wantMAC := integrity(i)
		if err != nil || leaf8 != wantLeaf || mac16 != wantMAC {
			t.Fatalf("row %d: integrity %x %x %v", i, leaf8, mac16, err)
		}
	}
	for i, want := range es {
		if canonical(&kept[i]) != canonical(want) {
			t.Fatalf("row %d was changed by those after it", i)
		}
	}
}

func TestEventsSurvive(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 200, segment.PageRows, segment.PageRows + 1, 3*segment.PageRows + 77} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			es := events(uint64(n), n)
			b := fill(t, es)
			same(t, b.Reader(), es)
			cache, err := segment.NewCache(8 << 20)
			if err != nil {
				t.Fatal(err)
			}
			f := write(t, b, cache)
			same(t, f, es)
			if string(f.Meta()) != "meta" {
				t.Errorf("meta %q", f.Meta())
			}
			if diff := cmp.Diff(b.Reader().Bounds(), f.Bounds()); diff != "" {
				t.Errorf("bounds (-memory +file):\n%s", diff)
			}
			if n > 0 { // a file read into a file again, without a cache
				path := filepath.Join(t.TempDir(), "b.seg")
				if err := new(segment.Writer).WriteFile(path, f, nil); err != nil {
					t.Fatal(err)
				}
				again, err := segment.OpenFile(path, nil)
				if err != nil {
					t.Fatal(err)
				}
				same(t, again, es)
			}
		})
	}
}

// TestNothingRetained: the strings of an event may be overwritten (their buffer
// is another request's) once Append has returned.
func TestNothingRetained(t *testing.T) {
	t.Parallel()
	b := segment.NewBlock()
	if err := b.Append(&event.Event{Source: "app", User: "ana"}, [8]byte{}, [16]byte{}); err != nil {
		t.Fatal(err)
	}
	before := b.Bytes()
	huge := strings.Repeat("x", 1<<20)
	for range 1000 {
		e := &event.Event{Source: huge[:3], User: huge[5:9], Message: huge[7:10]}
		if err := b.Append(e, [8]byte{}, [16]byte{}); err != nil {
			t.Fatal(err)
		}
	}
	if grown := b.Bytes() - before; grown > 64<<10 {
		t.Errorf("1,000 rows of the same three short words took %d bytes", grown)
	}
}

func TestBlockFull(t *testing.T) {
	t.Parallel()
	b := segment.NewBlock()
	e := &event.Event{Source: "app"}
	for i := range segment.MaxRows {
		e.OriginID = strconv.Itoa(i)
		if err := b.Append(e, [8]byte{}, [16]byte{}); err != nil {
			t.Fatalf("row %d: %v", i, err)
		}
	}
	if err := b.Append(e, [8]byte{}, [16]byte{}); !errors.Is(err, segment.ErrFull) {
		t.Errorf("row %d: %v, want ErrFull", segment.MaxRows, err)
	}
	var last event.Event
	if err := b.Reader().Event(segment.MaxRows-1, &last); err != nil || last.OriginID != "65535" {
		t.Errorf("last row %q, %v", last.OriginID, err)
	}
}

func TestPageOfHugeEventsIsFull(t *testing.T) {
	t.Parallel()
	b := segment.NewBlock()
	e := &event.Event{Source: "app", Raw: strings.Repeat("\xfe", 250_000)}
	for i := range segment.PageRows {
		if err := b.Append(e, [8]byte{}, [16]byte{}); errors.Is(err, segment.ErrFull) {
			if i < 100 || b.Len() != i {
				t.Errorf("full after %d rows, length %d", i, b.Len())
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
	t.Error("512 MB went into one page")
}

func TestRefusedEventLeavesNoTrace(t *testing.T) {
	t.Parallel()
	deep := event.Text("bottom")
	for range 100 {
		deep = event.List(deep)
	}
	b := segment.NewBlock()
	err := b.Append(&event.Event{Source: "x", Attrs: []event.Attr{{Key: "deep", Value: deep}}}, [8]byte{}, [16]byte{})
	if err == nil || !strings.Contains(err.Error(), "attrs.deep") || b.Len() != 0 {
		t.Errorf("%v, %d rows; want an error that names attrs.deep", err, b.Len())
	}
}

func TestOutOfRange(t *testing.T) {
	t.Parallel()
	b := fill(t, events(3, 10))
	for name, r := range map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil)} {
		var e event.Event
		_, _, err := r.Integrity(-1)
		_, err2 := r.Ints(segment.ColSource, 0)
		_, err3 := r.Bytes(segment.ColID, 1)
		_, err4 := r.Texts(segment.ColTime, 0)
		_, err5 := r.Dict(segment.ColTime)
		for i, err := range []error{r.Event(10, &e), err, err2, err3, err4, err5} {
			if !errors.Is(err, segment.ErrRange) {
				t.Errorf("%s, call %d: %v, want ErrRange", name, i, err)
			}
		}
		if r.PageBounds(7) != (segment.Bounds{}) {
			t.Errorf("%s: bounds of a page that is not there", name)
		}
	}
}

// TestHighCardinality takes a column through codes of 8 and 16 bits to raw.
func TestHighCardinality(t *testing.T) {
	t.Parallel()
	r := random(5)
	es := make([]*event.Event, 5*segment.PageRows)
	for i := range es {
		e := &event.Event{Source: "s", Session: strconv.FormatUint(r.Uint64(), 16), User: fmt.Sprintf("u%d", r.IntN(900))}
		switch i % 97 {
		case 3:
			e.SetNull(event.FieldSession)
		case 5:
			e.SetCore(event.FieldSession, "")
		case 6:
			e.Session = ""
		}
		es[i] = e
	}
	b := fill(t, es)
	same(t, b.Reader(), es)
	same(t, write(t, b, nil), es)
	session, err := b.Reader().Texts(segment.ColSession, 4)
	if err != nil || !session.Raw() {
		t.Errorf("a column of unique texts is not raw: %v", err)
	}
	user, err := b.Reader().Texts(segment.ColUser, 4)
	if err != nil || user.Raw() {
		t.Errorf("a column of 900 users is raw: %v", err)
	}
}

func TestRollupCountsRows(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 3000)
	want := map[string]int{}
	for i := range es {
		es[i] = &event.Event{
			Source: []string{"access", "llm"}[i%2], Category: []string{"", "http_error", "c"}[i%3],
			Severity: event.Severity(i % 5), Time: int64(i) * 10e9,
		}
		want[fmt.Sprint(es[i].Time/3600e9, es[i].Source, es[i].Category, es[i].Severity)]++
	}
	b := fill(t, es)
	if counts, err := b.Reader().Rollup(); counts != nil || err != nil {
		t.Errorf("memory has a rollup: %v", err)
	}
	f := write(t, b, nil)
	counts, err := f.Rollup()
	if err != nil || counts == nil {
		t.Fatal("no rollup", err)
	}
	sources, _ := f.Dict(segment.ColSource)
	categories, _ := f.Dict(segment.ColCategory)
	got := map[string]int{}
	for _, k := range counts.Buckets {
		got[fmt.Sprint(k.Hour, sources.Text(k.Source), categories.Text(k.Category), k.Severity)] += int(k.Rows)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	list := func(n int, key func(*event.Event) int64) []segment.KeyCount {
		out := make([]segment.KeyCount, n)
		for _, e := range es {
			out[key(e)] = segment.KeyCount{Key: key(e), Rows: out[key(e)].Rows + 1}
		}
		return out
	}
	if diff := cmp.Diff(list(9, func(e *event.Event) int64 { return e.Time / 3600e9 }), counts.Hours); diff != "" {
		t.Errorf("hours (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(list(5, func(e *event.Event) int64 { return int64(e.Severity) }), counts.Severities); diff != "" {
		t.Errorf("severities (-want +got):\n%s", diff)
	}
	if len(counts.Sources) != 2 || counts.Sources[0].Rows != 1500 || len(counts.Categories) != 3 || counts.Categories[2].Rows != 1000 {
		t.Errorf("sources %v, categories %v", counts.Sources, counts.Categories)
	}
}

// TestRollupGivesUp: with too many combinations the buckets go first, with too
// many hours the rest.
func TestRollupGivesUp(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 10_000)
	for i := range es {
		es[i] = &event.Event{Source: "s", Category: strconv.Itoa(i % 1000), Time: int64(i/1000) * 3600e9}
	}
	counts, err := write(t, fill(t, es), nil).Rollup()
	if err != nil || counts == nil || counts.Buckets != nil || len(counts.Hours) != 10 || len(counts.Categories) != 1000 {
		t.Errorf("10,000 combinations: %v %v", counts != nil, err)
	}
	for i := range es {
		es[i].Time = int64(i) * 3600e9
	}
	if counts, err = write(t, fill(t, es), nil).Rollup(); err != nil || counts != nil {
		t.Errorf("10,000 hours: %v %v", counts != nil, err)
	}
}
