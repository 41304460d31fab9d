// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/proof"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
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
	last     map[string]*sealedRange // of each stream
	pages    *segment.Cache          // of the files that are searched
	once     *segment.Cache          // keeps nothing: for reading back
}

func (s *sealer) push(r *hotRange) {
	s.mu.Lock()
	s.queue = append(s.queue, r)
	s.mu.Unlock()
	select {
	case s.kick <- struct{}{}:
	default:
	}
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

// sealLoop seals closed ranges until ctx ends. What is not sealed then stays in
// the log and is sealed after the next start.
func (j *Journal) sealLoop(ctx context.Context) {
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
		select {
		case <-j.seal.kick:
		case <-retry:
		case <-ctx.Done():
		}
	}
}

// sealPass seals what is in the queue. A range that fails holds back its stream,
// not the others.
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
		errs = append(errs, j.dropLogs())
	}
	j.seal.mu.Lock()
	j.seal.queue = append(left, j.seal.queue...)
	j.seal.mu.Unlock()
	return errors.Join(errs...)
}

// sealRange seals one range, in this order of durable steps: segment under a
// temporary name, synced; read back and compared; renamed, folder synced; manifest
// record, synced; log files removed. After a crash in between, the range is still
// in the log, and the file without a record is made again.
func (j *Journal) sealRange(r *hotRange) error {
	if r.broken != nil {
		return r.broken
	}
	m := j.metaOf(r)
	rec := record{meta: m}
	s := &sealedRange{header: m.Header, leaf: m.Header.Leaf()}
	if r.block.Len() > 0 {
		var err error
		rec.Name = segmentName(m.Header.Stream, m.Header.Number)
		if s.file, err = j.writeRange(r, &rec); err != nil {
			return fmt.Errorf("seal stream %s, seq %d to %d: %w", m.Header.Stream, m.Header.First, m.Header.Last(), err)
		}
	}
	s.name = rec.Name
	if err := j.seal.manifest.add(rec); err != nil {
		if s.file != nil {
			err = errors.Join(err, s.file.Close())
		}
		return err
	}
	j.seal.last[m.Header.Stream] = s
	j.view.swap(r, s)
	j.tail.add(-r.bytes, -r.bytes)
	return nil
}

// writeRange makes the range's segment file and opens it.
func (j *Journal) writeRange(r *hotRange, rec *record) (*segment.File, error) {
	d := j.opts.disk
	path := j.path("segments", rec.Name)
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("make folder: %w", err)
		}
		if err := d.syncDir(j.path("segments")); err != nil {
			return nil, err
		}
	}
	tmp := path + ".tmp"
	if err := d.writeSegment(tmp, r.block.Reader(), rec.encode()); err != nil {
		return nil, err
	}
	f, err := segment.OpenFile(tmp, j.seal.once)
	if err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	err = readBack(f, &rec.meta, nil)
	if err == nil {
		err = sameMACs(f, r.block.Reader())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	if rec.Size, rec.Sum, err = fileSum(tmp); err != nil {
		return nil, fmt.Errorf("read back: %w", err)
	}
	if err := d.rename(tmp, path); err != nil {
		return nil, err
	}
	if err := d.syncDir(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if f, err = segment.OpenFile(path, j.seal.pages); err != nil {
		return nil, fmt.Errorf("open sealed range: %w", err)
	}
	return f, nil
}

// dropLogs removes the log files that no hot range needs.
func (j *Journal) dropLogs() error {
	return j.wal.drop(j.view.oldestFile(j.wal.current()), j.path("quarantine"))
}

// metaOf makes the header of a closed range.
func (j *Journal) metaOf(r *hotRange) meta {
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
	if p := j.seal.last[h.Stream]; p != nil {
		h.Previous = p.leaf
	}
	return meta{Header: h, MAC: headerMAC(&h, &r.key), Seed: r.open.Seed, Lost: r.lost}
}

// segmentName is the path of a range's file below segments/.
func segmentName(stream string, number uint64) string {
	return filepath.Join(stream, fmt.Sprintf("%012d.seg", number))
}

// readBack recomputes every leaf and MAC of a range from the columns of its file
// and compares the root. key is nil when it is not to be had.
func readBack(f segment.Reader, m *meta, key *[keyring.KeyBytes]byte) error {
	if f.Rows() != int(m.Header.Count-m.Header.Lost) {
		return fmt.Errorf("%w: %d rows", errReadBack, f.Rows())
	}
	c := newChecker(m, key)
	rows := segment.NewRows(f)
	var e event.Event
	for row := range f.Rows() {
		if err := rows.Event(row, &e); err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		leaf8, mac, err := rows.Integrity(row)
		if err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		if !c.row(&e, leaf8, mac) {
			return fmt.Errorf("%w: row %d, seq %d", errReadBack, row, e.Place.Seq)
		}
	}
	if c.root() != m.Header.Root {
		return fmt.Errorf("%w: the root differs", errReadBack)
	}
	return nil
}

// sameMACs compares the MACs of a file with those of the block that it was made
// of, whose leaves it has: there is no need to compute them again.
func sameMACs(f, block segment.Reader) error {
	for page := range segment.Pages(f) {
		got, err := f.Bytes(segment.ColMAC16, page)
		if err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		want, err := block.Bytes(segment.ColMAC16, page)
		if err != nil {
			return fmt.Errorf("%w: %w", errReadBack, err)
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%w: the MACs of page %d differ", errReadBack, page)
		}
	}
	return nil
}

// checker recomputes a sealed range's leaves from its rows, in their order.
type checker struct {
	h    hasher
	m    *meta
	keys bool
	tree tree
	lost int // how many of m.Lost are in the tree
}

func newChecker(m *meta, key *[keyring.KeyBytes]byte) *checker {
	c := &checker{m: m, keys: key != nil}
	c.h.Blind.Reset(&m.Seed)
	if key != nil {
		c.h.mac.reset(key, m.Header.Stream)
	}
	return c
}

// skip puts the lost entries that come next in the tree.
func (c *checker) skip() {
	for c.lost < len(c.m.Lost) && uint64(c.m.Lost[c.lost]) == c.tree.Size() {
		c.tree.Add(proof.LostLeaf(c.m.Header.Stream, c.m.Header.First+c.tree.Size()))
		c.lost++
	}
}

// next is the sequence number that the next row must have.
func (c *checker) next() uint64 {
	c.skip()
	return c.m.Header.First + c.tree.Size()
}

// row takes the next row; false when it is not what was sealed.
func (c *checker) row(e *event.Event, leaf8 [8]byte, mac [macBytes]byte) bool {
	seq := c.next()
	leaf := c.h.LeafOf(uint32(c.tree.Size()), e) //nolint:gosec // below maxRangeEntries
	ok := e.Place.Seq == seq && e.Place.Stream == c.m.Header.Stream && e.Place.Origin == c.m.Header.Origin &&
		[8]byte(leaf[:8]) == leaf8 && (!c.keys || c.h.mac.sum(seq, &leaf) == mac)
	c.tree.Add(leaf)
	return ok
}

func (c *checker) root() hash {
	c.skip()
	return c.tree.Root()
}
