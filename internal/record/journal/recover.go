// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// maxMissing bounds how many lost entries a head file may claim.
const maxMissing = 1 << 24

// recovery reads the log after a start and puts together what was not sealed.
type recovery struct {
	j       *Journal
	head    head
	last    link
	file    uint64 // the log file that last is in
	boot    uint64
	ord     uint64
	events  uint64 // the last ord that is not of the journal's own entries
	streams map[string]*recovered
	badHead bool
	damage  int // frames, batches or files that were not as they were written
	// loose has the segment files that the manifest does not name (sealedBefore).
	loose map[rangeName]string
}

// recovered is a stream as the log has it.
type recovered struct {
	sealed uint64 // number of the last range with a header
	next   uint64 // seq after the last range with a header
	// bare are the ranges, by number, with a header and without a file that
	// counts, and their header's index.
	bare   map[uint64]bareRange
	ranges []*recoveredRange
}

// see notes the newest entry that readers get.
func (r *recovery) see(stream string, ord uint64) {
	if stream != SystemStream {
		r.events = max(r.events, ord)
	}
}

// bareRange is a range whose header is in the log, while no file is listed for it.
type bareRange struct {
	logged
	index uint64
}

// meet takes in the headers in the log and the files that the manifest has for
// them. What was dropped, under a tombstone, needs none.
func (r *recovery) meet(list []logged) {
	covered := make([]bool, len(list))
	for _, f := range r.j.view.sealed {
		for _, at := range f.Ranges {
			covered[at] = true
		}
	}
	for i := range list {
		h := &list[i].Header
		s := r.stream(h.Stream)
		s.sealed, s.next = h.Number, h.Last()+1
		r.ord = max(r.ord, h.LastOrd)
		r.see(h.Stream, h.LastOrd)
		if !covered[i] && h.Number > r.j.seal.manifest.pruned[h.Stream] {
			if s.bare == nil {
				s.bare = map[uint64]bareRange{}
			}
			s.bare[h.Number] = bareRange{list[i], uint64(i)}
		}
	}
}

// recoveredRange is a range with a frame in the log.
type recoveredRange struct {
	*hotRange
	h    hasher
	done bool // sealed before, or already sealed during the recovery
}

// run recovers. It leaves the order ready to go on, with every range closed: the
// next event of a stream begins a new one.
func (r *recovery) run(ctx context.Context) error {
	j := r.j
	var err error
	if r.head, r.badHead, err = readHead(j.opts.Dir); err != nil {
		return err
	}
	if r.badHead {
		j.log.WarnContext(ctx, "one of the two places of the head file is damaged")
	}
	w := &j.wal
	w.disk, w.dir, w.size = j.opts.disk, j.path("wal"), j.opts.LogFileBytes
	w.origin, w.damaged, w.taken = j.Origin(), map[uint64]bool{}, make(chan struct{}, 1)
	if err := r.readLogs(ctx); err != nil {
		return err
	}
	if err := r.checkHead(ctx); err != nil {
		return err
	}
	if err := r.adopt(ctx); err != nil {
		return err
	}
	r.finish(ctx)
	return r.begin()
}

// readLogs reads the log files in order.
func (r *recovery) readLogs(ctx context.Context) error {
	w := &r.j.wal
	names, err := os.ReadDir(w.dir)
	if err != nil {
		return fmt.Errorf("read log folder: %w", err)
	}
	for _, n := range names {
		hex, ok := strings.CutSuffix(n.Name(), ".wal")
		if number, err := strconv.ParseUint(hex, 16, 64); ok && err == nil && walName(number) == n.Name() {
			w.files = append(w.files, number)
			w.number = max(w.number, number)
		}
	}
	slices.Sort(w.files)
	for i, number := range w.files {
		if ctx.Err() != nil {
			return fmt.Errorf("recover: %w", ctx.Err())
		}
		var next *walHeader
		if i+1 < len(w.files) {
			next = peekHeader(filepath.Join(w.dir, walName(w.files[i+1])))
		}
		begun := i+1 == len(w.files) && r.head.File < number
		if err := r.readLog(ctx, number, next, begun); err != nil {
			return fmt.Errorf("log file %s: %w", walName(number), err)
		}
		r.relieve(ctx)
	}
	return nil
}

// peekHeader reads a log file's header, nil when it has none that is whole.
func peekHeader(path string) *walHeader {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	return headerOf(f)
}

func headerOf(f *os.File) *walHeader {
	raw := make([]byte, headerBytes)
	if _, err := f.ReadAt(raw, 0); err != nil {
		return nil
	}
	h, _, err := decodeWALHeader(raw)
	if err != nil {
		return nil
	}
	return &h
}

// readLog takes one file's events. next is the header of the file after it: its
// Prev names the last batch here that counts. begun says that nothing of the file
// needs to be durable: the power may have gone while it was begun.
func (r *recovery) readLog(ctx context.Context, number uint64, next *walHeader, begun bool) error {
	path := filepath.Join(r.j.wal.dir, walName(number))
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read: %w", err)
	}
	l, err := scanLog(raw)
	if err != nil {
		if begun {
			return r.clear(path, raw, 0)
		}
		if !allZero(raw) {
			r.note(ctx, number, "both copies of the header are damaged")
		}
		return nil
	}
	if l.Header.Origin != r.j.Origin() {
		return fmt.Errorf("%w: it is %s, the keys are of %s; put its own keys back", ErrForeign, l.Header.Origin, r.j.Origin())
	}
	if l.Copies < 2 {
		r.j.log.WarnContext(ctx, "a copy of a log file's header is damaged; it is written anew", "file", walName(number))
		if err := r.j.putBegin(path, l.Header.encode()); err != nil {
			return err
		}
		copy(raw, l.Header.encode())
	}
	r.boot = max(r.boot, l.Header.Boot)
	if r.last == (link{}) {
		r.last = l.Header.Prev
	} else if r.last != l.Header.Prev {
		if r.file+1 == number { // else files between were removed, sealed or not: their entries tell
			r.note(ctx, number, "it does not continue the file before it")
		}
		if l.Header.Prev.Batch > r.last.Batch {
			r.last = l.Header.Prev
		}
	}
	r.file = number
	good := headerBytes
	for i := range l.Batches {
		b := &l.Batches[i]
		n := r.last.Batch + 1
		if b.Ended {
			n = b.Trailer.Batch
		}
		if next != nil && n > next.Prev.Batch {
			break // written, but never synced, and written again to the next file
		}
		whole := b.Whole && b.Trailer.Prev == r.last.Chain && b.Trailer.Batch == r.last.Batch+1
		if !whole && i == len(l.Batches)-1 && next == nil && r.head.Batch < n {
			break // the batch that was being written when the process ended
		}
		if !whole {
			r.note(ctx, number, "a batch is damaged")
		}
		r.take(ctx, b, number)
		if b.Ended {
			r.last = b.Trailer.link
			r.ord = max(r.ord, r.last.Ord)
			r.boot = max(r.boot, b.Trailer.Boot)
		}
		good = b.To
	}
	if begun && good == headerBytes {
		good = 0
	}
	return r.clear(path, raw, good)
}

// putBegin puts bytes at a file's begin, durably.
func (j *Journal) putBegin(path string, b []byte) error {
	f, err := j.opts.disk.open(path)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(b, 0); err == nil {
		err = f.sync()
	}
	return errors.Join(err, f.Close())
}

// clear zeroes what follows the last batch that counts.
func (r *recovery) clear(path string, raw []byte, good int) error {
	end := min(trimZeros(raw), len(raw))
	if end <= good || allZero(raw[good:end]) {
		return nil
	}
	f, err := r.j.opts.disk.open(path)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(make([]byte, end-good), int64(good)); err == nil {
		err = f.sync()
	}
	return errors.Join(err, f.Close())
}

// take puts a batch's frames where they belong.
func (r *recovery) take(ctx context.Context, b *scannedBatch, file uint64) {
	for i := range b.Frames {
		f := &b.Frames[i]
		ok := true
		switch f.Kind {
		case frameOpen:
			ok = r.takeOpen(f.Body, file)
		case frameEntry:
			ok = r.takeEntry(f.Body)
		case frameClose:
			_, err := decodeRangeClose(f.Body)
			ok = err == nil
		}
		if !ok {
			r.note(ctx, file, "a frame does not hold what was signed")
		}
	}
}

func (r *recovery) stream(name string) *recovered {
	s := r.streams[name]
	if s == nil {
		s = &recovered{next: 1}
		r.streams[name] = s
	}
	return s
}

// takeOpen begins a range; its second copy changes nothing.
func (r *recovery) takeOpen(body []byte, file uint64) bool {
	o, err := decodeRangeOpen(body)
	if err != nil {
		return false
	}
	s := r.stream(o.Stream)
	if n := len(s.ranges); n > 0 {
		last := s.ranges[n-1]
		if o == last.open {
			return true
		}
		if o.Number <= last.open.Number || o.First < last.open.First+last.tree.Size() {
			return false
		}
		if !last.done {
			last.loseUpTo(min(o.First, last.open.First+maxRangeEntries))
		}
	}
	bare, again := s.bare[o.Number]
	c := &recoveredRange{hotRange: newHotRange(o), done: o.Number <= s.sealed && !again}
	c.inLog, c.index, c.sealedAt = again, bare.index, bare.Header.SealedAt
	s.ranges = append(s.ranges, c)
	if c.done {
		return true
	}
	key, err := rangeKey(r.j.opts.Keys, o.Stream, o.Epoch, o.Ratchet)
	if errors.Is(err, keyring.ErrAway) && r.sealedBefore(&o) {
		// its key goes when it is sealed: only the manifest does not know any more
		c.done = true
		return true
	}
	if err != nil {
		c.broken = err
	}
	c.key = key
	c.h.Blind.Reset(&o.Seed)
	c.h.mac.reset(&key, o.Stream)
	r.j.view.track(c.hotRange, file)
	return true
}

// takeEntry checks an entry against its leaf and MAC and gives it its row.
func (r *recovery) takeEntry(body []byte) bool {
	en, err := decodeEntry(body)
	if err != nil {
		return false
	}
	e := &event.Event{}
	if err := event.Decode(string(en.Public), string(en.Slot0), string(en.Slot1), e); err != nil {
		return false
	}
	s := r.streams[e.Place.Stream]
	if s == nil {
		return false
	}
	i := len(s.ranges) - 1
	for i >= 0 && s.ranges[i].open.First > e.Place.Seq {
		i--
	}
	if i < 0 {
		return e.Place.Seq < s.next // of a range whose beginning was dropped with its file
	}
	c := s.ranges[i]
	if c.done {
		return true
	}
	n := e.Place.Seq - c.open.First
	if n < c.tree.Size() || n >= maxRangeEntries {
		return false // a place that is taken: a duplicate, or one inserted
	}
	if leaf := c.h.Leaf(uint32(n), en.Public, en.Slot0, en.Slot1); leaf != en.Leaf || c.h.mac.sum(e.Place.Seq, &leaf) != en.MAC {
		return false
	}
	c.loseUpTo(e.Place.Seq)
	r.ord = max(r.ord, e.Place.Ord)
	r.see(e.Place.Stream, e.Place.Ord)
	c.add(en.Leaf)
	if err := c.block.Append(e, [8]byte(en.Leaf[:8]), en.MAC); err != nil && c.broken == nil {
		c.broken = fmt.Errorf("stream %s, seq %d: %w", c.open.Stream, e.Place.Seq, err)
	}
	return true
}

// relieve seals ranges that are whole while the hot blocks are over the budget.
// What cannot be sealed now is left to the sealer.
func (r *recovery) relieve(ctx context.Context) {
	j := r.j
	for _, s := range r.streams {
		for i, c := range s.ranges {
			if c.done {
				continue
			}
			n := c.block.Bytes()
			j.tail.add(n-c.bytes, n-c.bytes)
			c.bytes = n
			if j.tail.total <= j.opts.TailBytes || i == len(s.ranges)-1 {
				break
			}
			if err := j.sealRange(c.hotRange); err != nil {
				j.log.WarnContext(ctx, "range not sealed while opening", "error", err)
				break
			}
			j.seal.unsigned = append(j.seal.unsigned, c.hotRange)
			c.done = true
		}
	}
}

// note logs damage of a log file and keeps the file when it is not needed any
// more.
func (r *recovery) note(ctx context.Context, file uint64, what string) {
	r.damage++
	r.j.wal.damaged[file] = true
	r.j.log.ErrorContext(ctx, "log file is damaged; it is kept in quarantine", "file", walName(file), "damage", what)
}
