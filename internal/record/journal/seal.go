// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

const (
	sealRetryFirst = 200 * time.Millisecond
	sealRetryLast  = 3 * time.Second
)

// errReadBack: a segment file does not give back what its range holds.
var errReadBack = errors.New("segment file does not hold its range")

// sealer turns closed ranges into segment files.
type sealer struct {
	mu    sync.Mutex
	queue []*hotRange // in the order of their close
	kick  chan struct{}
	err   error // the last pass's, nil when all went well

	manifest manifest
	unsigned []*hotRange // sealed, but no checkpoint covers them yet
	// leftover are segment files, by their whole path, that count no more and are to be
	// removed.
	leftover []string
	folders  map[string]bool // of segments, that are durable
	pages    *segment.Cache  // of the files that are searched
	once     *segment.Cache  // keeps nothing: for reading back
	ended    bool            // no job is taken any more
	jobs     []*job          // what else may change files, in the order it was asked for
}

func (s *sealer) push(r *hotRange) {
	s.mu.Lock()
	s.queue = append(s.queue, r)
	s.mu.Unlock()
	s.wake()
}

// trouble is why sealing does not get on, as an error of Append.
func (s *sealer) trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err == nil:
		return nil
	case isFull(s.err):
		return fmt.Errorf("%w: %w", ErrFull, s.err)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, s.err)
	}
}

// sealLoop seals closed ranges and runs jobs until ctx ends. What is not sealed then stays in
// the log and is sealed after the next start.
func (j *Journal) sealLoop(ctx context.Context) {
	defer j.endJobs()
	wait := sealRetryFirst
	for ctx.Err() == nil {
		err := j.sealPass(ctx)
		j.seal.mu.Lock()
		fresh := err != nil && j.seal.err == nil
		j.seal.err = err
		j.seal.mu.Unlock()
		var retry <-chan time.Time
		switch {
		case err == nil:
			wait = sealRetryFirst
		case fresh:
			j.log.ErrorContext(ctx, "range not sealed; it stays in the log and in memory", "error", err)
			fallthrough
		default:
			j.tail.release() // who waits for room is told why there is none
			retry = time.After(wait)
			wait = min(2*wait, sealRetryLast)
		}
		j.runJobs(ctx)
		select {
		case <-j.seal.kick:
		case <-retry:
		case <-ctx.Done():
		}
	}
}

// sealPass seals what is in the queue, and then signs a checkpoint over it. A range
// that fails holds back its stream, not the others.
func (j *Journal) sealPass(ctx context.Context) error {
	j.seal.mu.Lock()
	queue := j.seal.queue
	j.seal.queue = nil
	j.seal.mu.Unlock()
	var left []*hotRange
	var errs []error
	failed := map[string]bool{}
	for _, r := range queue {
		if failed[r.open.Stream] || ctx.Err() != nil {
			left = append(left, r)
			continue
		}
		if err := j.sealRange(r); err != nil {
			errs = append(errs, err)
			failed[r.open.Stream] = true
			left = append(left, r)
			continue
		}
		j.seal.unsigned = append(j.seal.unsigned, r)
	}
	j.seal.mu.Lock()
	j.seal.queue = append(left, j.seal.queue...)
	j.seal.mu.Unlock()
	return errors.Join(append(errs, j.vouch())...)
}

// vouch signs a checkpoint over what was sealed; only then the log files that held
// it go, and the keys that made its MACs. What fails is done again with the next pass.
func (j *Journal) vouch() error {
	if err := j.sign(); err != nil {
		return err
	}
	if err := j.dropLogs(); err != nil {
		return err
	}
	for _, r := range j.seal.unsigned {
		if err := j.opts.Keys.Forget(r.open.Epoch, r.open.Stream, r.open.Ratchet); err != nil {
			return fmt.Errorf("forget a range's key: %w", err)
		}
	}
	for _, r := range j.seal.unsigned {
		close(r.sealed)
	}
	j.seal.unsigned = nil
	return nil
}

// sealRange seals one range, in this order of durable steps: segment under a
// temporary name, synced; read back and compared; renamed, folder synced; header in
// the log, synced; manifest record, synced. A checkpoint and the removal of log
// files follow (vouch). After a crash in between, the range is still in the log: a
// file without a header is made again, a header without a file or a record binds the
// next try to the same entries and the same root.
func (j *Journal) sealRange(r *hotRange) error {
	if r.broken != nil {
		return r.broken
	}
	m, err := j.metaOf(r)
	h := &m.Header
	if err != nil {
		return fmt.Errorf("seal stream %s, seq %d to %d: %w", h.Stream, h.First, h.Last(), err)
	}
	s := &sealedFile{}
	s.add(h)
	if r.block.Len() > 0 {
		if s.listed, err = j.writeFile(j.segments(nil), fileName(&s.coverage, 0), r.block.Reader(), fileMeta{m}); err != nil {
			return fmt.Errorf("seal stream %s, seq %d to %d: %w", h.Stream, h.First, h.Last(), err)
		}
	}
	if !r.inLog {
		if r.index, err = j.addHeader(logged{Header: m.Header, MAC: m.MAC}); err != nil {
			return err
		}
		r.inLog = true
	}
	s.Ranges = []uint64{r.index}
	if err := j.addRecord(nil, record{Change: changeAdd, listed: s.listed}); err != nil {
		return err
	}
	j.openListed(s)
	j.view.swap(r, s)
	j.tail.add(-r.bytes, -r.bytes)
	return nil
}

// dropLogs removes the log files that no hot range needs.
func (j *Journal) dropLogs() error {
	return j.wal.drop(j.view.oldestFile(j.wal.current()), j.path("quarantine"))
}

// metaOf describes a closed range. One whose header is in the log already keeps
// that header; it is an error when its entries are others.
func (j *Journal) metaOf(r *hotRange) (rangeMeta, error) {
	if r.sealedAt == 0 {
		r.sealedAt = time.Now().UnixNano()
	}
	h := Header{
		Origin: j.Origin(), Stream: r.open.Stream, Class: r.open.Stream,
		Number: r.open.Number, First: r.open.First,
		Count: uint32(r.tree.Size()), Lost: uint32(len(r.lost)), //nolint:gosec // at most maxRangeEntries
		Root: r.tree.Root(), Epoch: r.open.Epoch, Ratchet: r.open.Ratchet,
		SealedAt: r.sealedAt,
	}
	if r.block.Len() > 0 {
		b := r.block.Reader().Bounds()
		h.FirstOrd, h.LastOrd = b.MinOrd, b.MaxOrd
		h.MinReceived, h.MaxReceived = b.MinReceived, b.MaxReceived
		h.MinTime, h.MaxTime = b.MinTime, b.MaxTime
	}
	m := rangeMeta{Blind: proof.Blinding{Seed: r.open.Seed}, Lost: r.lost, Groups: r.tree.Groups()}
	if r.inLog {
		l, err := j.headerAt(r.index)
		if err == nil && (l.Header.Root != h.Root || l.Header.First != h.First || l.Header.Count != h.Count || l.Header.Lost != h.Lost) {
			err = fmt.Errorf("%w: its header in the log is that of other entries", errReadBack)
		}
		m.Header, m.MAC = l.Header, l.MAC
		return m, err
	}
	if p, ok := j.evidence.lastOf(h.Stream); ok {
		h.Previous = p.leaf
	}
	m.Header, m.MAC = h, headerMAC(&h, &r.key)
	return m, nil
}
