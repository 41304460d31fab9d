// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ErrClock says that nothing is dropped because the wall clock cannot be believed.
var ErrClock = errors.New("the clock is ahead of the journal's last heartbeat by more than a day")

// clockSlack is how far the wall clock may be ahead of the newest header, with the
// time that has passed since the journal was opened.
const clockSlack = 24 * time.Hour

// Retention says what may be dropped.
type Retention struct {
	// Now is the wall clock.
	Now time.Time
	// ClockChecked says that a person has looked at the clock: a journal that did
	// not run for days is else kept whole. It is believed from then on, until the
	// journal is opened again.
	ClockChecked bool
	// Actor is who drops, for the tombstone.
	Actor string
	// Needed is the lowest ord that a consumer has not read; what is newer stays.
	// Zero is no limit.
	Needed uint64
}

// Retained is what Retain did.
type Retained struct {
	Files   int   // that were dropped
	Entries int64 // in them
	// Held and Lagging count the streams with a file that was due, and is kept by a
	// hold or for a consumer that has not read it.
	Held, Lagging int
}

// Retain drops, of each stream, the oldest files of which every entry was received
// longer ago than the stream's class says ("90d" is 90 days). For each stream: a
// tombstone, sealed and under a checkpoint; one manifest record; the files. A legal
// hold keeps a stream from its first held file on. The system stream is never
// dropped. ErrDisputed when the journal has diverged. Run must be running.
func (j *Journal) Retain(ctx context.Context, r Retention) (done Retained, err error) {
	if err := j.mayDestroy(); err != nil {
		return done, err
	}
	if r.ClockChecked {
		j.believe(r.Now)
	} else {
		if ahead := j.ahead(r.Now); ahead > clockSlack {
			return done, fmt.Errorf("%w (by %s): nothing is dropped before somebody has looked at it", ErrClock, ahead.Round(time.Minute))
		}
	}
	if r.Needed == 0 {
		r.Needed = math.MaxUint64
	}
	for _, files := range j.byClass() {
		stream := files[0].stream
		days, _ := classDays(stream)
		n := j.due(files, r.Now.Add(-time.Duration(days)*24*time.Hour), r.Needed, &done)
		if n == 0 {
			continue
		}
		gone, err := j.drop(ctx, stream, files[:n], r.Actor)
		if err != nil {
			return done, fmt.Errorf("drop entries of stream %s: %w", stream, err)
		}
		done.Files += len(gone)
		for _, f := range gone {
			done.Entries += int64(f.last-f.first) + 1 //nolint:gosec // a count
		}
	}
	return done, nil
}

// byClass are the sealed files of each stream that has a class, the journal's own and
// those of archives apart, each in the order of their ranges.
func (j *Journal) byClass() [][]*sealedFile {
	files := slices.DeleteFunc(j.view.all(), func(f *sealedFile) bool {
		_, ok := classDays(f.stream)
		return !ok
	})
	slices.SortFunc(files, func(a, b *sealedFile) int {
		return cmp.Or(cmp.Compare(a.home.place(), b.home.place()), cmp.Compare(a.stream, b.stream), cmp.Compare(a.firstNumber, b.firstNumber))
	})
	var all [][]*sealedFile
	for i, f := range files {
		if i == 0 || files[i-1].home != f.home || files[i-1].stream != f.stream {
			all = append(all, nil)
		}
		all[len(all)-1] = append(all[len(all)-1], f)
	}
	return all
}

// classDays reads the days out of a stream's name; the system stream has none.
func classDays(stream string) (int, bool) {
	digits, ok := strings.CutSuffix(stream, "d")
	if !ok {
		return 0, false
	}
	days, err := strconv.Atoi(digits)
	return days, err == nil && days > 0 && days < 100_000
}

// ahead is how far a wall clock is ahead of the newest header that was there when
// the journal was opened, or was sealed since, and the time since.
func (j *Journal) ahead(now time.Time) time.Duration {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.sealedAt == 0 {
		return 0
	}
	return now.Sub(time.Unix(0, v.sealedAt)) - time.Since(v.opened)
}

// believe takes a wall clock as right.
func (j *Journal) believe(now time.Time) {
	v := &j.evidence
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sealedAt, v.opened = now.UnixNano(), time.Now()
}

// due counts the files at the front that may go. A range of which nothing is left
// goes with the file behind it.
func (j *Journal) due(files []*sealedFile, before time.Time, needed uint64, done *Retained) (n int) {
	for i, f := range files {
		switch {
		case f.rows == 0:
			continue
		case f.maxReceived >= before.UnixNano():
			return n
		case f.maxOrd >= needed:
			done.Lagging++
			return n
		}
		if _, held := j.held(f.stream, f.minReceived, f.maxReceived); held {
			done.Held++
			return n
		}
		n = i + 1
	}
	return n
}

// drop takes files of one stream away, the oldest first, and returns those that went:
// a hold that came meanwhile keeps the rest, whose tombstone is then of no effect.
func (j *Journal) drop(ctx context.Context, stream string, files []*sealedFile, actor string) ([]*sealedFile, error) {
	first, last := files[0], files[len(files)-1]
	home := first.home
	leaves, err := j.leavesOf(home, stream, first.firstNumber, last.lastNumber)
	if err != nil {
		return nil, err
	}
	t := proof.Tombstone{
		Origin: home.foreign(), Stream: stream, Actor: actor, First: first.first, Last: last.last,
		FirstRange: first.firstNumber, LastRange: last.lastNumber,
		Headers: headersSum(leaves), Policy: stream,
	}
	e := ownEvent(proof.CategoryPruned, "entries dropped by retention")
	t.Event(e)
	if err := j.note(ctx, e); err != nil {
		return nil, err
	}
	dropped := make(chan []*sealedFile, 1)
	err = j.do(ctx, func(context.Context) error {
		j.holds.gate.RLock()
		defer j.holds.gate.RUnlock()
		if err := j.mayDestroy(); err != nil {
			return err
		}
		gone := j.frontOf(home, stream, last.lastNumber)
		if len(gone) == 0 {
			dropped <- nil
			return nil
		}
		r := record{Change: changeDrop, Stream: stream, UpTo: gone[len(gone)-1].lastNumber}
		for _, f := range gone {
			if f.Name == "" {
				r.Ranges = append(r.Ranges, f.Ranges...)
				continue
			}
			r.Old = append(r.Old, f.Name)
		}
		if err := j.addRecord(home, r); err != nil {
			return err
		}
		dropped <- gone
		return j.retire(gone, nil)
	})
	if err != nil {
		return nil, err
	}
	return <-dropped, nil
}

// frontOf are the files of a stream with ranges up to that number, as far as no hold
// keeps them. A merge may have put others in the place of those that were due.
func (j *Journal) frontOf(home *archive, stream string, last uint64) []*sealedFile {
	files := slices.DeleteFunc(j.view.all(), func(f *sealedFile) bool { return f.home != home || f.stream != stream || f.lastNumber > last })
	slices.SortFunc(files, func(a, b *sealedFile) int { return cmp.Compare(a.firstNumber, b.firstNumber) })
	n := slices.IndexFunc(files, func(f *sealedFile) bool {
		_, held := j.held(stream, f.minReceived, f.maxReceived)
		return held && f.rows > 0
	})
	if n >= 0 {
		files = files[:n]
	}
	return files
}

// leavesOf are the leaf hashes of the headers of a stream's ranges, of an archive or,
// with nil, of the journal itself.
func (j *Journal) leavesOf(a *archive, stream string, first, last uint64) ([]hash, error) {
	var leaves []hash
	for n := first; n <= last; n++ {
		if a != nil {
			at, ok := a.indexOf(stream, n)
			if !ok {
				return nil, fmt.Errorf("range %d of archive %d has no header", n, a.number)
			}
			leaves = append(leaves, a.leaves[at])
			continue
		}
		at, ok := j.indexOf(stream, n)
		if !ok {
			return nil, fmt.Errorf("range %d has no header", n)
		}
		leaves = append(leaves, j.leafAt(at))
	}
	return leaves, nil
}

// leafAt is the leaf hash of a header in the log.
func (j *Journal) leafAt(index uint64) hash {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.log.leaves[index]
}
