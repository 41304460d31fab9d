// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// begin plays the script up to step end, with the power going at operation k of it when
// that is not 0, and then makes the journal an archive of another one: the rest of the
// script is played on that.
func (x *modelRun) begin(seed uint64, k, end int) {
	for n, crashAt := range []int{k, 0} {
		_, crashed := x.life(newFaultDisk(x.t.TempDir(), seed+uint64(n), crashAt), end)
		x.stopped(crashed)
		if !crashed || len(x.m.problems) > 0 {
			break
		}
	}
	if len(x.m.problems) == 0 {
		x.restore()
	}
}

// restore backs the folder up and goes on with what is restored of it: every entry is
// there, in the archive or, where it was not sealed, again under its old ord.
func (x *modelRun) restore() {
	before := keysOf(x.t, x.dir).Origin()
	erasures, err := os.ReadFile(filepath.Join(x.dir, "journal", erasuresName))
	if err != nil && !os.IsNotExist(err) {
		x.t.Fatal(err)
	}
	var out Restored
	x.dir, out = restored(x.t, x.dir, Restoration{Erasures: erasures, Actor: "admin"})
	if out.Before != before || out.Unreadable > 0 {
		x.m.wrong("step %d: restored %+v of %s", x.step, out, before)
	}
	j, stop := openTest(x.t, x.dir, func(o *Options) { o.SealEvents, o.LogFileBytes, o.RingBytes = 12, 16<<10, 8<<10 })
	defer stop()
	found := map[uint64]*event.Event{}
	for _, e := range all(x.t, j) {
		found[e.Place.Ord] = e
	}
	x.m.moved(found, before)
	x.stopped(false)
}

// moved notes where the entries are after a restore. What was not acknowledged, and is
// not there, never will be.
func (m *model) moved(found map[uint64]*event.Event, before string) {
	entries, read := map[place]*modelEntry{}, map[uint64]place{}
	carried := 0
	for p, y := range m.entries {
		e := found[y.e.Place.Ord]
		if e != nil && e.ID != y.e.ID && !y.acked {
			e = nil // it was never durable, and its ord was given to another one
		}
		switch {
		case e == nil && y.gone:
			entries[archivedPlace(before, p)] = y
			continue
		case e == nil && y.acked:
			m.wrong("acknowledged entry %d of %s is not restored", p.seq, p.stream)
			continue
		case e == nil:
			continue
		case !slices.ContainsFunc(m.forms(y), func(form string) bool { return form == canonicalAt(e, y.e.Place) }):
			m.wrong("entry %d of %s is not what it was before the restore", p.seq, p.stream)
		}
		y.acked = true
		if e.Place.Origin == before {
			p = archivedPlace(before, p)
		} else if e.Place.Origin != y.e.Place.Origin {
			carried++
			y.e.Place.Origin, y.e.Place.Seq = e.Place.Origin, e.Place.Seq
			p = place{e.Place.Stream, e.Place.Seq}
		}
		entries[p] = y
	}
	for ord, p := range m.read {
		if e := found[ord]; e != nil && e.Place.Origin != before {
			read[ord] = place{e.Place.Stream, e.Place.Seq}
			continue
		}
		read[ord] = archivedPlace(before, p)
	}
	m.entries, m.read, m.signed = entries, read, map[uint64]proof.Hash{}
	m.carried += carried
}

// archivedPlace is a place in the journal that was the present one.
func archivedPlace(origin string, p place) place {
	return place{archivedStream(origin, p.stream), p.seq}
}

// canonicalAt is canonical of an event as if it were at a place.
func canonicalAt(e *event.Event, at event.Place) string {
	c := *e
	erased := c.Place.Erased
	c.Place = at
	c.Place.Erased = erased
	return canonical(&c)
}

// TestModelRestores wants the scripts of TestModel to restore what is worth it.
func TestModelRestores(t *testing.T) {
	t.Parallel()
	x := newModelRun(t, 4)
	x.begin(4, 0, modelSteps/2)
	archived := 0
	for p := range maps.Keys(x.m.entries) {
		if p.stream != "30d" && p.stream != "90d" && p.stream != "366d" {
			archived++
		}
	}
	if len(x.m.problems) > 0 || archived == 0 || x.m.carried == 0 {
		t.Errorf("%d entries in the archive, %d carried over: %v", archived, x.m.carried, x.m.problems)
	}
	// the control: an entry that is lost on the way is noticed
	for _, y := range x.m.entries {
		if !y.gone {
			y.e.Place.Ord += 1 << 40
			break
		}
	}
	if x.m.moved(map[uint64]*event.Event{}, "x"); len(x.m.problems) == 0 {
		t.Error("nobody notices that entries are lost")
	}
}
