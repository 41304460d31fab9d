// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// goldenLife is a journal to which all happens that can, one thing after the other, so
// that its files depend on the clock and the random numbers alone.
type goldenLife struct {
	t     *testing.T
	dir   string
	j     *Journal
	n     int
	given map[string][]byte // what left the journal
}

// goldenTime is a whole hour of the life, which begins with the year 2000.
func goldenTime(hour int) time.Time {
	return time.Date(2000, 1, 1, hour, 0, 0, 0, time.UTC)
}

// open opens the journal and runs it until the func that it returns is called.
func (g *goldenLife) open() (stop func()) {
	g.t.Helper()
	var done func()
	g.j, done = openTest(g.t, g.dir, func(o *Options) { o.LogFileBytes, o.SealEvents, o.MergeEvery = 32<<10, 10, 1000*time.Hour })
	return done
}

// record appends events of a user to a stream, received some time ago, and seals them.
func (g *goldenLife) record(stream string, n int, age time.Duration, seal bool) []event.Range {
	g.t.Helper()
	var events []*event.Event
	for range n {
		e := benchEvent(g.n)
		e.Place = event.Place{Stream: stream}
		e.Received = time.Now().Add(-age).UnixNano()
		e.User = fmt.Sprintf("user%d", g.n%5)
		events = append(events, e)
		g.n++
	}
	places, err := g.j.Append(g.t.Context(), events)
	if err == nil && seal {
		err = g.j.Seal(g.t.Context(), stream)
	}
	if err != nil {
		g.t.Fatalf("append: %v", err)
	}
	time.Sleep(time.Second)
	return places
}

func (g *goldenLife) must(what string, err error) {
	g.t.Helper()
	if err != nil {
		g.t.Fatalf("%s: %v", what, err)
	}
	time.Sleep(time.Second)
}

func (g *goldenLife) live() {
	ctx := g.t.Context()
	stop := g.open()
	g.record("7d", 10, 40*24*time.Hour, true)
	for range mergeFanIn {
		g.record("90d", 3, 0, true)
	}
	n, err := g.j.Merge(ctx)
	if n != mergeFanIn {
		g.t.Fatalf("merged %d files", n)
	}
	g.must("merge", err)
	places := g.record("365d", 9, 0, true)
	receipt, err := g.j.Receipt(ctx, Receipted{Request: [32]byte{7}, Accepted: 9, Entries: places})
	g.must("receipt", err)
	g.given["receipt"], err = json.Marshal(receipt)
	g.must("receipt", err)
	for _, id := range []string{"case-1", "case-2"} {
		g.must("hold", g.j.Place(ctx, Hold{ID: id, Reason: "a court asked", Actor: "admin", Stream: "30d", To: goldenTime(1)}))
	}
	g.must("lift", g.j.Lift(ctx, "case-1", "admin"))
	gone, err := g.j.Retain(ctx, Retention{Now: time.Now(), Actor: "retention"})
	if gone.Entries != 10 {
		g.t.Fatalf("retained %+v", gone)
	}
	g.must("retain", err)
	erased, err := g.j.Erase(ctx, Erasure{ID: "order-1", Subject: "user3", Actor: "admin"})
	g.must("erase", err)
	g.given["certificate"] = []byte(erased.Certificate)
	time.Sleep(g.j.opts.SealAge + time.Minute) // a heartbeat
	var bundle bytes.Buffer
	g.must("bundle", g.j.WriteBundle(ctx, &bundle, BundleRequest{Query: "user:user1", Entries: places[:1], Complete: []event.Range{{Stream: "90d", First: 1, Last: 6}}}))
	g.given["bundle"] = bundle.Bytes()
	stop()
	g.rotate()
	stop = g.open()
	time.Sleep(time.Minute) // until the statements of the rotation are recorded
	g.record("90d", 4, 0, true)
	g.record("30d", 3, 0, false) // stay in the log
	g.must("order", g.j.saveOrder(&Erasure{ID: "order-2", Subject: "user4", Actor: "admin"}))
	stop()
}

func (g *goldenLife) rotate() {
	g.t.Helper()
	_, err := keyring.Rotate(keyring.Options{Dir: filepath.Join(g.dir, "keys")})
	g.must("rotate", err)
}
