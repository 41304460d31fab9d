// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

func is(word string) func(string) bool { return func(s string) bool { return s == word } }

func nobody(string) bool { return false }

// TestForgettingOneKeyLeavesTheOthers: a counter that forgot a key goes on as one
// that never met it.
func TestForgettingOneKeyLeavesTheOthers(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 3))
		o := window.Options{Span: 10 * time.Minute, Threshold: 4, Distinct: seed%2 == 1}
		c, without := window.New(o), window.New(o)
		now := int64(0)
		for i := range 600 {
			if i == 300 {
				before := c.Stats()
				if n := c.Forget(is("ana"), nobody); n == 0 || n != before.Tracks-c.Stats().Tracks {
					t.Fatalf("seed %d: %d tracks went, %d before, %d after", seed, n, before.Tracks, c.Stats().Tracks)
				}
				if bytes.Contains(c.AppendSnapshot(nil), []byte("ana")) {
					t.Fatal("a snapshot still has the key")
				}
			}
			now += rng.Int64N(3 * minute)
			e := told{id: idOf(i), time: now, weight: 1, value: fmt.Sprint("v", rng.IntN(6))}
			key := []string{"ana", "bob", "eve"}[rng.IntN(3)]
			got, _ := e.add(c, key)
			if key == "ana" {
				continue
			}
			want, _ := e.add(without, key)
			if (got == nil) != (want == nil) || got != nil && (got.Value != want.Value || got.Events != want.Events || got.First != want.First) {
				t.Fatalf("seed %d, event %d of %s: %+v, want %+v", seed, i, key, got, want)
			}
		}
		var got, want int64
		for _, r := range c.Grown() {
			if r.Key != "ana" {
				got += r.Events
			}
		}
		for _, r := range without.Grown() {
			want += r.Events
		}
		if got != want {
			t.Errorf("seed %d: %d events in runs, want %d", seed, got, want)
		}
	}
}

func TestGrowthOfAForgottenKeyIsNotTold(t *testing.T) {
	t.Parallel()
	c := window.New(window.Options{Span: time.Minute, Threshold: 1})
	told{id: idOf(1), time: 1, weight: 1}.add(c, "ana")
	told{id: idOf(2), time: 1, weight: 1}.add(c, "bob")
	c.Forget(is("ana"), nobody)
	runs := c.Grown()
	if len(runs) != 1 || runs[0].Key != "bob" || c.Stats().Tracks != 1 || c.Stats().Entries != 1 {
		t.Errorf("%d runs, %+v", len(runs), c.Stats())
	}
}

// TestForgettingAValueKeepsTheFigure: with few values, which are scanned, and many,
// which have an index.
func TestForgettingAValueKeepsTheFigure(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 20} {
		o := window.Options{Span: time.Hour, Threshold: int64(n), Distinct: true}
		c := window.New(o)
		add := func(c *window.Counter, at int, name string) int64 {
			run, _ := told{id: idOf(at), time: int64(at), weight: 1, value: name}.add(c, "192.0.2.1")
			if run == nil {
				return 0
			}
			return run.Value
		}
		for i := range n {
			add(c, i+1, fmt.Sprint("user", i, "."))
		}
		if !bytes.Contains(c.AppendSnapshot(nil), []byte("user1.")) {
			t.Fatal("the control: a snapshot without the name")
		}
		gone := c.Forget(nobody, func(s string) bool { return s == "user1." || strings.EqualFold(s, "USER2.") })
		snapshot := c.AppendSnapshot(nil)
		if gone != 2 || bytes.Contains(snapshot, []byte("user1.")) || bytes.Contains(snapshot, []byte("user2.")) {
			t.Errorf("%d values: %d went, the snapshot is %q", n, gone, snapshot)
		}
		restored := window.New(o)
		if err := restored.Restore(snapshot, nil); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]*window.Counter{"live": c, "restored": restored} {
			if got := add(c, 100, "user0."); got != int64(n) {
				t.Errorf("%s, %d values: figure %d after the erasure", name, n, got)
			}
			if got := add(c, 101, "user1."); got != int64(n+1) { // a new person of that name
				t.Errorf("%s, %d values: figure %d with another value", name, n, got)
			}
			if again := c.Forget(nobody, is("user1.")); again != 1 {
				t.Errorf("%s: a second erasure of the name took %d", name, again)
			}
			if got := add(c, 102, "user0."); got != int64(n+1) {
				t.Errorf("%s, %d values: figure %d after the second erasure", name, n, got)
			}
		}
	}
}

func TestForgettingAnOrigin(t *testing.T) {
	t.Parallel()
	w := window.NewWatermarks(time.Minute, 0)
	at := func(host string, minutes int64) *event.Event {
		return &event.Event{Input: "syslog", Source: "system", Host: host, Sender: "10.0.0.1", Time: minutes * minute}
	}
	w.Late(at("ana-laptop", 60))
	mark := w.Advance(at("db-1", 60))
	if !w.Late(at("ana-laptop", 10)) {
		t.Fatal("the control: not late before")
	}
	if n := w.Forget(is("ana-laptop")); n != 1 || w.Origins() != 1 {
		t.Errorf("%d went, %d are left", n, w.Origins())
	}
	if w.Late(at("ana-laptop", 10)) {
		t.Error("it is not judged anew")
	}
	if !w.Late(at("db-1", 10)) {
		t.Error("another origin was forgotten")
	}
	c := window.New(window.Options{Span: time.Minute, Threshold: 1})
	c.Add([]byte("k"), &window.Observation{ID: idOf(1), Time: 60 * minute, Received: 1, Origin: mark})
	w.Forget(is("10.0.0.1"))
	if snapshot := c.AppendSnapshot(w.AppendSnapshot(nil)); bytes.Contains(snapshot, []byte("10.0.0.1")) {
		t.Errorf("a snapshot still has the sender: %q", snapshot)
	}
	c.Add([]byte("k"), &window.Observation{ID: idOf(2), Time: 61 * minute, Received: 2, Origin: mark}) // of a mark that is gone
}
