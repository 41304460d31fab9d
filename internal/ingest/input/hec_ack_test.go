// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"strconv"
	"testing"
	"time"
)

func TestAckBookForgetsWhatWasAsked(t *testing.T) {
	t.Parallel()
	b, key := newAckBook(), ackKey{"s", "c"}
	for want := range uint64(5) {
		if got := b.give(key); got != want {
			t.Errorf("id %d, want %d", got, want)
		}
	}
	for _, c := range []struct {
		ids  []uint64
		want string
	}{
		{[]uint64{2}, "map[2:true]"},
		{[]uint64{2}, "map[2:false]"},
		{[]uint64{0, 4, 5}, "map[0:true 4:true 5:false]"},
		{[]uint64{1, 1, 3}, "map[1:true 3:true]"},
		{[]uint64{0, 1, 2, 3, 4}, "map[0:false 1:false 2:false 3:false 4:false]"},
		{nil, "map[]"},
	} {
		if got := fmt.Sprint(b.ask(key, c.ids)); got != c.want {
			t.Errorf("%v: %s, want %s", c.ids, got, c.want)
		}
	}
	if got := b.give(key); got != 5 {
		t.Errorf("an id was given twice: %d", got)
	}
	if got := fmt.Sprint(b.ask(ackKey{"other", "c"}, []uint64{5})); got != "map[5:false]" {
		t.Errorf("another sender's: %s", got)
	}
}

func TestAckBookIsBounded(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_000_000, 0)
	b := newAckBook()
	b.now = func() time.Time { return now }
	for n := range maxChannels {
		if !b.open(ackKey{"s", strconv.Itoa(n)}) {
			t.Fatalf("no room for channel %d", n)
		}
	}
	if b.open(ackKey{"s", "one more"}) {
		t.Error("a channel over the limit")
	}
	if !b.open(ackKey{"s", "0"}) {
		t.Error("a channel that is there is refused")
	}
	now = now.Add(channelIdle - time.Second)
	b.give(ackKey{"s", "7"})
	now = now.Add(2 * time.Second)
	if !b.open(ackKey{"s", "one more"}) || len(b.channels) != 2 {
		t.Errorf("idle channels are kept: %d", len(b.channels))
	}
	if got := fmt.Sprint(b.ask(ackKey{"s", "7"}, []uint64{0})); got != "map[0:true]" {
		t.Errorf("a channel in use is forgotten: %s", got)
	}

	key := ackKey{"s", "holes"}
	for range 4 * maxSpans {
		b.give(key)
	}
	for id := uint64(1); id < 4*maxSpans; id += 2 {
		b.ask(key, []uint64{id})
	}
	if n := len(b.channels[key].open); n > maxSpans {
		t.Errorf("%d runs", n)
	}
	if got := fmt.Sprint(b.ask(key, []uint64{0, 4*maxSpans - 2})); got != fmt.Sprintf("map[0:false %d:true]", 4*maxSpans-2) {
		t.Errorf("the oldest are forgotten first: %s", got)
	}
}
