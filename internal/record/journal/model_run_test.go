// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// modelRun plays a script of steps, drawn from a seed, over one or more lives of a
// journal, and keeps the model beside it.
type modelRun struct {
	t    *testing.T
	m    *model
	dir  string
	r    *rand.Rand
	j    *Journal
	step int

	wants  func(error) bool // errors that may be; nil for none
	ctx    context.Context
	cancel context.CancelFunc
	snap   *heldSnapshot
}

// heldSnapshot is a snapshot that is held open over steps, and what it held.
type heldSnapshot struct {
	readers []segment.Reader
	release func()
	rows    map[place]string
}

func newModelRun(t *testing.T, seed uint64) *modelRun {
	t.Helper()
	return &modelRun{t: t, m: newModel(), dir: t.TempDir(), r: rand.New(rand.NewPCG(seed, 77))}
}

// life opens the journal, plays the script up to step end, and stops. It returns how
// many operations the disk did, and whether the power went.
func (x *modelRun) life(disk *faultDisk, end int) (ops int, crashed bool) {
	x.ctx, x.cancel = context.WithCancel(x.t.Context())
	defer x.cancel()
	disk.onCrash = x.cancel
	opts := testOptions(x.t, x.dir)
	opts.disk, opts.SealEvents, opts.LogFileBytes, opts.RingBytes = disk, 12, 16<<10, 8<<10
	j, err := Open(x.t.Context(), opts)
	if err != nil {
		disk.off()
		if !disk.crashed {
			x.m.wrong("open: %v", err)
		}
		return disk.ops, disk.crashed
	}
	x.j, x.snap = j, nil
	var run sync.WaitGroup
	runCtx, stop := context.WithCancel(x.t.Context())
	run.Go(func() {
		if err := j.Run(runCtx); err != nil {
			x.m.wrong("run: %v", err)
		}
	})
	x.resume()
	for ; x.step < end && x.ctx.Err() == nil; x.step++ {
		x.play()
	}
	if x.ctx.Err() == nil {
		x.m.compare(x.t.Context(), j)
	}
	x.releaseSnapshot()
	stop()
	run.Wait()
	disk.mu.Lock()
	defer disk.mu.Unlock()
	if disk.crashed {
		disk.off()
	}
	if err := j.Close(); err != nil && !disk.crashed {
		x.m.wrong("close: %v", err)
	}
	return disk.ops, disk.crashed
}

// resume does what is to be done after a start: the erasures that were cut off go on,
// and the holds that are in force are looked up.
func (x *modelRun) resume() {
	x.m.compare(x.t.Context(), x.j)
	holds := map[string]Hold{}
	for _, h := range x.j.Holds() {
		holds[h.ID] = h
	}
	for id := range x.m.holds {
		if _, ok := holds[id]; !ok && !x.m.unsure[id] {
			x.m.wrong("hold %s is no longer in force", id)
		}
	}
	for id := range holds {
		if _, ok := x.m.holds[id]; !ok && !x.m.doubted[id] { // one that could not be placed may be in force
			x.m.wrong("hold %s is in force again", id)
		}
	}
	maps.Copy(x.m.doubted, x.m.unsure)
	x.m.holds, x.m.unsure = holds, map[string]bool{}
	orders, err := x.j.Erasures()
	if err != nil && x.ctx.Err() == nil { // it removes what is left of orders, and the power may go then
		x.m.wrong("erasures: %v", err)
	}
	for i := range orders {
		x.erase(orders[i])
	}
	x.settle()
}

// settle finds out what became of erasures of which no order is left: all of their
// entries are erased, or none. While another order about the same person has a part
// done, that cannot be told.
func (x *modelRun) settle() {
	orders, err := x.j.Erasures()
	if err != nil {
		return // another time
	}
	for i := range orders {
		waiting := x.m.erasing[orders[i].ID]
		defer func() { x.m.erasing[orders[i].ID] = waiting }()
		delete(x.m.erasing, orders[i].ID)
	}
	ids := slices.SortedFunc(maps.Keys(x.m.erasing), func(a, b string) int { return cmp.Compare(x.m.erasing[a].upTo, x.m.erasing[b].upTo) })
	for _, id := range ids {
		if x.ctx.Err() != nil {
			return
		}
		o := x.m.erasing[id]
		if slices.ContainsFunc(orders, func(other Erasure) bool { return other.Subject == o.subject }) {
			continue // another time
		}
		found := x.m.present(x.t.Context(), x.j)
		whole, struck := 0, 0
		for p, y := range x.m.entries {
			e := y.e
			if e.Place.Ord > o.upTo || !x.m.strike(&e, o.subject) {
				continue
			}
			switch found[p] {
			case canonical(&y.e):
				whole++
			case canonical(&e):
				struck++
			}
		}
		if whole > 0 && struck > 0 {
			x.m.wrong("the erasure of %s is forgotten: %d entries are erased, %d are not", o.subject, struck, whole)
		}
		if struck > 0 {
			x.m.erased(o)
		}
		delete(x.m.erasing, id)
	}
}

// events are those of a few people in a few streams, received now or long ago.
func (x *modelRun) events() []*event.Event {
	events := make([]*event.Event, 1+x.r.IntN(9))
	old := x.r.IntN(12) > 0
	for i := range events {
		e := benchEvent(x.r.IntN(1 << 20))
		e.Place = event.Place{Stream: []string{"30d", "30d", "90d", "366d"}[x.r.IntN(4)]}
		e.Received = time.Now().UnixNano()
		if old {
			e.Received -= int64(time.Duration(31+x.r.IntN(2)) * 24 * time.Hour)
		}
		e.User = fmt.Sprintf("user%d", x.r.IntN(6))
		e.Message = fmt.Sprintf("login of user%d", x.r.IntN(6))
		e.SetCore(event.FieldOriginID, fmt.Sprintf("%d-%d", x.m.tried, i))
		events[i] = e
	}
	return events
}

// play does the next step of the script.
func (x *modelRun) play() {
	var err error
	what := "append"
	switch n := x.r.IntN(20); {
	case n < 8:
		events := x.events()
		_, err = x.j.Append(x.ctx, events)
		x.m.appended(events, err)
		if err != nil && x.ctx.Err() == nil && !errors.Is(err, ErrUnavailable) {
			x.m.wrong("step %d: append says %v", x.step, err)
		}
		if errors.Is(err, unix.ENOSPC) && !errors.Is(err, ErrFull) {
			x.m.wrong("step %d: a full disk is not called so: %v", x.step, err)
		}
	case n < 10:
		what, err = "seal", x.j.Seal(x.ctx)
	case n < 12:
		what = "merge"
		_, err = x.j.Merge(x.ctx)
	case n < 14:
		what = "retain"
		_, err = x.j.Retain(x.ctx, Retention{Now: time.Now(), Actor: "clock", ClockChecked: true})
	case n < 15:
		what, err = "hold", x.hold()
	case n < 16:
		x.erase(Erasure{ID: fmt.Sprintf("order-%d", x.step), Subject: fmt.Sprintf("user%d", x.r.IntN(6)), Actor: "admin"})
	case n < 17:
		x.verify()
	case n < 18:
		x.holdSnapshot()
	case n < 19:
		x.m.consume(x.ctx, x.j, 1+x.r.IntN(40))
	default:
		x.backup()
	}
	if x.ctx.Err() != nil && x.wants == nil {
		return // the power is gone: whatever was said
	}
	if err != nil && !x.expected(err) {
		x.m.wrong("step %d, %s: %v", x.step, what, err)
	}
	x.m.compare(x.t.Context(), x.j)
	x.checkSnapshot()
}

// expected tells whether an error may be, and says what it must: an append that fails
// is told that the journal cannot write.
func (x *modelRun) expected(err error) bool { return x.wants != nil && x.wants(err) }

// hold places a hold, or lifts one.
func (x *modelRun) hold() error {
	ids := slices.DeleteFunc(slices.Sorted(maps.Keys(x.m.holds)), func(id string) bool { return x.m.unsure[id] })
	if len(ids) > 0 && x.r.IntN(4) > 0 {
		x.m.unsure[ids[0]] = true
		err := x.j.Lift(x.ctx, ids[0], "admin")
		if err == nil {
			delete(x.m.holds, ids[0])
			delete(x.m.unsure, ids[0])
		}
		return err
	}
	h := Hold{ID: fmt.Sprintf("case-%d", x.step), Reason: "a court asked", Actor: "admin"}
	if x.r.IntN(2) == 0 {
		h.Stream = "30d"
	}
	x.m.holds[h.ID], x.m.unsure[h.ID] = h, true
	err := x.j.Place(x.ctx, h)
	if err == nil {
		delete(x.m.unsure, h.ID)
	}
	return err
}

// erase erases a person; a hold may refuse it.
func (x *modelRun) erase(o Erasure) {
	of := cutOff{o.Subject, x.m.newest()}
	x.m.erasing[o.ID] = of
	got, err := x.j.Erase(x.ctx, o)
	var held *HeldError
	switch {
	case err == nil && got.Certificate != "":
		x.m.erased(of)
		delete(x.m.erasing, o.ID)
	case errors.As(err, &held):
		if _, ok := x.m.holds[held.Hold.ID]; !ok {
			x.m.wrong("step %d, erase: refused by a hold that is not in force: %v", x.step, err)
		}
		x.settle()
	case x.ctx.Err() == nil && !x.expected(err):
		x.m.wrong("step %d, erase: %v", x.step, err)
	}
}

// verify verifies the running journal.
func (x *modelRun) verify() {
	got, err := x.j.Verify(x.ctx, VerifyOptions{Anchors: x.m.kept})
	if x.ctx.Err() == nil && (err != nil || !got.OK() || got.Total != got.Verified || len(got.Files) > 0) {
		x.m.wrong("step %d: a false alarm: %v, %s", x.step, err, brief(&got))
	}
}

// backup copies the journal while it is open, and verifies the copy.
func (x *modelRun) backup() {
	to := x.t.TempDir()
	got, err := Backup(x.ctx, x.j.opts.Dir, intoFolder(x.t, to))
	if err != nil {
		if x.ctx.Err() == nil {
			x.m.wrong("step %d, backup: %v", x.step, err)
		}
		return
	}
	for _, part := range got.Unused {
		_ = os.Remove(filepath.Join(to, part))
	}
	r, err := Verify(x.t.Context(), to, VerifyOptions{Keys: x.j.opts.Keys, Archived: shelvedKeys})
	if err != nil || !r.OK() || r.Total != r.Verified {
		x.m.wrong("step %d: the copy is not whole: %v, %s", x.step, err, brief(&r))
	}
}

func (x *modelRun) holdSnapshot() {
	if x.snap != nil {
		x.releaseSnapshot()
		return
	}
	readers, release, err := x.j.Snapshot(x.ctx)
	if err != nil {
		return
	}
	x.snap = &heldSnapshot{readers: readers, release: release}
	x.snap.rows = x.snapshotRows()
}

func (x *modelRun) snapshotRows() map[place]string {
	rows := map[place]string{}
	for _, r := range x.snap.readers {
		for i := range r.Rows() {
			e := &event.Event{}
			if err := r.Event(i, e); err != nil {
				x.m.wrong("step %d: row %d of a snapshot that is held: %v", x.step, i, err)
				continue
			}
			rows[place{archivedStream(e.Place.Origin, e.Place.Stream), e.Place.Seq}] = canonical(e)
		}
	}
	return rows
}

// checkSnapshot reads a held snapshot again: it is what it was, whatever came since.
func (x *modelRun) checkSnapshot() {
	if x.snap == nil {
		return
	}
	if !maps.Equal(x.snapshotRows(), x.snap.rows) {
		x.m.wrong("step %d: a snapshot that is held has changed", x.step)
	}
}

func (x *modelRun) releaseSnapshot() {
	if x.snap != nil {
		x.snap.release()
		x.snap = nil
	}
}

// stopped verifies the folder between two lives.
func (x *modelRun) stopped(crashed bool) {
	if !Exists(filepath.Join(x.dir, "journal")) {
		return
	}
	r, err := Verify(x.t.Context(), filepath.Join(x.dir, "journal"), VerifyOptions{Keys: keysOf(x.t, x.dir), Archived: shelvedKeys, Anchors: x.m.kept})
	anchors := len(r.Anchors)
	for i := range r.Archives {
		anchors += len(r.Archives[i].Anchors)
	}
	if err != nil || !r.OK() || r.Total != r.Verified || anchors != len(x.m.kept) || !crashed && len(r.Files) > 0 {
		x.m.wrong("after step %d (the power went: %t): %v, %s", x.step, crashed, err, brief(&r))
	}
}
