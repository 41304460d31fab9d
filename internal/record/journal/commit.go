// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// maxBatchBytes bounds what one sync makes durable.
	maxBatchBytes = 8 << 20
	retryFirst    = 50 * time.Millisecond
	retryLast     = 2 * time.Second
)

// committedBatch is what became durable with one sync.
type committedBatch struct{ requests []*request }

// commitLoop commits whatever is pending as soon as the last sync has returned:
// there is no timer, the batches are as large as the disk is slow. While a batch
// syncs, the callers of Append encode the next one. When ctx ends it commits what
// is pending and returns.
func (j *Journal) commitLoop(ctx context.Context, out chan<- committedBatch) {
	for {
		stopping := false
		select {
		case <-j.kick:
		case <-ctx.Done():
			stopping = true
			j.order.mu.Lock()
			j.order.stopped = true
			j.order.mu.Unlock()
		}
		for {
			requests := j.pending()
			if len(requests) == 0 {
				break
			}
			if !j.commitBatch(ctx, requests) {
				return
			}
			out <- committedBatch{requests}
		}
		if stopping {
			return
		}
	}
}

// pending takes requests in order, as many as one batch should hold, once each of
// them is encoded.
func (j *Journal) pending() []*request {
	o := &j.order
	o.mu.Lock()
	queue := o.pending
	n, size := 0, int64(0)
	for n < len(queue) && (n == 0 || size < maxBatchBytes) {
		size += queue[n].weight
		n++
	}
	o.pending = slices.Clone(queue[n:])
	o.mu.Unlock()
	for _, r := range queue[:n] {
		<-r.ready
	}
	return queue[:n]
}

// commitBatch writes and syncs the requests' frames. After an error it tries a
// new file at once; when that fails too, the callers get their error, and the
// same frames, which keep their places, are tried again until they are written or
// ctx ends. It returns false when it gave up.
func (j *Journal) commitBatch(ctx context.Context, requests []*request) bool {
	frames := make([][]byte, len(requests))
	ord := j.wal.last.Ord
	for i, r := range requests {
		frames[i] = r.frames
		ord = max(ord, r.ord)
		for k := range r.runs {
			if r.runs[k].opens {
				j.view.track(r.runs[k].r, j.wal.current())
			}
		}
	}
	wait := retryFirst
	for try := 0; ; try++ {
		_, err := j.wal.commit(frames, ord)
		if err == nil {
			break
		}
		if try == 0 && !isFull(err) {
			j.log.WarnContext(ctx, "log file given up after an error, going on in a new one", "error", err)
			continue
		}
		j.fail(ctx, err, requests)
		if ctx.Err() != nil {
			return false
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, retryLast)
	}
	for _, r := range requests {
		for k := range r.runs {
			if r.runs[k].opens { // a new file may have been begun: none before it is needed
				r.runs[k].r.file.Store(j.wal.current())
			}
		}
	}
	if j.fault.Swap(nil) != nil {
		j.log.InfoContext(ctx, "journal writes again", "ord", ord)
	}
	for _, r := range requests {
		j.rooms.giveBack(r.frames)
		r.frames = nil
	}
	j.commits.Add(1)
	j.noteHead(ctx, requests)
	return true
}

// fail says no to everybody who waits, and to everybody who comes until the next
// batch is durable.
func (j *Journal) fail(ctx context.Context, err error, requests []*request) {
	kind := ErrPoisoned
	if isFull(err) {
		kind = ErrFull
	}
	f := &fault{err: fmt.Errorf("%w: %w", kind, err)}
	if j.fault.Swap(f) == nil {
		j.log.ErrorContext(ctx, "journal cannot write", "error", err)
	}
	for _, r := range requests {
		r.finish(f.err)
	}
	j.order.mu.Lock()
	defer j.order.mu.Unlock()
	for _, r := range j.order.pending {
		r.finish(f.err)
	}
}

// noteHead writes the head file. Its loss costs no event: only the proof that
// none is missing at the log's end.
func (j *Journal) noteHead(ctx context.Context, requests []*request) {
	for _, r := range requests {
		for i := range r.runs {
			u := &r.runs[i]
			j.setNext(u.r.open.Stream, u.r.open.First+uint64(u.first)+uint64(u.events)) //nolint:gosec // counts
		}
	}
	h := &j.headNow
	h.link, h.Boot, h.File, h.End = j.wal.last, j.wal.boot, j.wal.number, j.wal.at
	if j.head == nil {
		w, err := openHead(j.opts.disk, j.opts.Dir)
		if err != nil {
			return
		}
		j.head = w
	}
	if err := j.head.write(h); err != nil {
		j.log.WarnContext(ctx, "head file not written", "error", errors.Join(err, j.head.f.Close()))
		j.head = nil
	}
}

// setNext notes the next sequence number of a stream for the head file.
func (j *Journal) setNext(stream string, next uint64) {
	h := &j.headNow
	i, found := slices.BinarySearchFunc(h.Next, stream, func(s streamNext, name string) int { return strings.Compare(s.Stream, name) })
	if !found {
		h.Next = slices.Insert(h.Next, i, streamNext{Stream: stream})
	}
	h.Next[i].Seq = max(h.Next[i].Seq, next)
}

func isFull(err error) bool {
	return errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT)
}
