// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRoomsAreEmptyAndLargeEnough(t *testing.T) {
	t.Parallel()
	var p rooms
	for _, n := range []int{0, 10, 1000, maxRoom, maxRoom + 1, 10} {
		b := p.lend(n)
		if len(b) != 0 || cap(b) < n {
			t.Errorf("room for %d: %d of %d bytes", n, len(b), cap(b))
		}
		p.giveBack(append(b, "x"...))
	}
	p = rooms{}
	p.giveBack(make([]byte, 0, maxRoom+1))
	p.giveBack(nil)
	if b := p.free.Get(); b != nil {
		t.Errorf("kept: %v", b)
	}
}

// TestFramesAreNobodyElsesBeforeTheyAreDurable: a batch that could not be written is
// written again out of the same buffers, so that none of them may be free meanwhile.
func TestFramesAreNobodyElsesBeforeTheyAreDurable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk := newFaultDisk(dir, 1, 0)
	var syncs atomic.Int32
	reached := make(chan *Journal, 1)
	disk.fail = func(op, path string) error {
		if op != "sync" || !strings.HasSuffix(path, ".wal") || len(reached) == 0 {
			return nil
		}
		j := <-reached
		reached <- j
		if b, ok := j.rooms.free.Get().(*[]byte); ok { // whoever is lent it writes into it
			for i := range (*b)[:cap(*b)] {
				(*b)[:cap(*b)][i] = 0xff
			}
			j.rooms.free.Put(b)
		}
		if syncs.Add(1)%3 == 1 {
			return unix.EIO
		}
		return nil
	}
	j, _ := openTest(t, dir, func(o *Options) { o.disk = disk })
	reached <- j
	r := rand.New(rand.NewPCG(1, 1))
	l := &ledger{acked: map[place]string{}}
	for range 12 { // one after the other, so that few buffers are in use
		events := someEvents(r, 0, 5)
		if _, err := j.Append(t.Context(), events); err != nil {
			t.Fatalf("append: %v", err)
		}
		l.ack(events)
	}
	if syncs.Load() < 13 {
		t.Errorf("only %d syncs", syncs.Load())
	}
	if lost := l.compare(t, j); lost > 0 {
		t.Errorf("%d acknowledged events are lost", lost)
	}
}
