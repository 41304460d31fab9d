// SPDX-License-Identifier: Apache-2.0

// Package journal is the record: events are written here before they are
// acknowledged, in a form in which any later change of them is found.
//
//	Append ─ order ─▶ encode, leaf, MAC ─▶ committer ─▶ log file, fdatasync, head
//	         (lock)   (caller's goroutine)                    │
//	Reader ◀─ ring of recent batches ◀──────────────── publisher ─▶ hot block
//	Snapshot ◀─ hot blocks and sealed files ◀── sealer ◀── closed ranges
//
// A stream (retention class) is cut into ranges. A range lies in the log and in a
// hot block until it is sealed: its block is written as a segment file, read
// back, every leaf recomputed and the Merkle root compared; then its header goes
// into the log of headers, the manifest names the file, a checkpoint over all
// headers is signed, and log files that are not needed any more go. A file can
// later be merged with its neighbours, lose the slots of a person, or be dropped
// by retention: its header, and with it every proof, stays.
//
// Guarantees:
//
//   - Append returns without an error only after fdatasync. An event whose Append
//     failed may still be recorded, but is never acknowledged.
//   - seq counts without gaps in a stream, ord rises over all streams; both are
//     given once, whatever fails.
//   - After a crash at any point the journal opens with every acknowledged event
//     in it once. Damage to a file hides what lies in it, is reported, and does
//     not keep the rest from being read.
//   - Readers and snapshots see each row once, also while it is being sealed.
//   - Memory is bounded by the options; who appends faster than the disk waits.
//
// Files: format, LOCK, head, headers, headers.copy, checkpoint, manifest, wal/*.wal,
// segments/<stream>/<day>/*.seg and, after damage, quarantine/. docs/journal-format.md has their bytes.
//
// Concurrency: all methods of Journal may be called by many at once. Run owns
// all goroutines. Locks are taken in the order order → view → ring; the log's own
// lock is taken alone.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// The errors of Append. Each says that nothing was acknowledged, and that the
// same call may succeed later.
var (
	// ErrUnavailable: the journal cannot write now. ErrFull and ErrPoisoned
	// are forms of it.
	ErrUnavailable = errors.New("journal cannot write")
	// ErrFull: the disk is full. Writing resumes by itself when there is room.
	ErrFull = fmt.Errorf("%w: disk is full", ErrUnavailable)
	// ErrPoisoned: a write or sync failed, and a new file could not be begun.
	ErrPoisoned = fmt.Errorf("%w: disk error", ErrUnavailable)
	// ErrClosed: the journal was closed or its Run has ended.
	ErrClosed = errors.New("journal is closed")
	// ErrEvent: an event cannot be recorded as it is; the text says why.
	ErrEvent = errors.New("event cannot be recorded")
)

// SystemStream is the stream of the journal's own entries: tombstones, keys,
// policies and heartbeats. It is never pruned.
const SystemStream = "system"

// Options say where the journal is and how much it may use. Zero values take the
// defaults.
type Options struct {
	// Dir is the journal's own folder, made with mode 0700 if need be.
	Dir string
	// Keys are the folder's keys.
	Keys *keyring.Ring
	// Archived reads what an archive has of keys and cosignatures, for Verify and
	// BeginRestored; nil leaves its MACs unchecked.
	Archived func(dir string) Archived
	// Logger gets state changes and damage; nil logs nothing.
	Logger *slog.Logger
	// Damaged is told of each segment file and reason, once, that something in it
	// cannot be read, from Open on. It must not block; nil logs it.
	Damaged func(file string, err error)

	// LogFileBytes is the size of a log file (32 MiB).
	LogFileBytes int64
	// LogFiles is how many of them may wait for seals before the oldest ranges
	// are sealed early (16).
	LogFiles int
	// QueueBytes bounds what waits for its commit (32 MiB).
	QueueBytes int64
	// TailBytes is the memory that hot blocks may use before the fullest is
	// sealed (64 MiB); at twice that, Append waits.
	TailBytes int64
	// RingBytes bounds the recent batches kept for readers (16 MiB).
	RingBytes int64
	// PageBytes is the memory for decoded pages of sealed files (64 MiB).
	PageBytes int64
	// SealEvents, SealBytes and SealAge end a range (65,536, 16 MiB, 60 s).
	SealEvents int
	SealBytes  int64
	SealAge    time.Duration
	// MergeEvery is how often small segment files are merged (1 min).
	MergeEvery time.Duration

	disk disk // what tests put in the place of the operating system
}

func (o *Options) fill() {
	def := func(v *int64, d int64) {
		if *v <= 0 {
			*v = d
		}
	}
	def(&o.LogFileBytes, 32<<20)
	def(&o.QueueBytes, 32<<20)
	def(&o.TailBytes, 64<<20)
	def(&o.RingBytes, 16<<20)
	def(&o.PageBytes, 64<<20)
	def(&o.SealBytes, 16<<20)
	if o.LogFiles <= 0 {
		o.LogFiles = 16
	}
	if o.SealEvents <= 0 || o.SealEvents > 65536 {
		o.SealEvents = 65536
	}
	if o.SealAge <= 0 {
		o.SealAge = time.Minute
	}
	if o.MergeEvery <= 0 {
		o.MergeEvery = time.Minute
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Damaged == nil {
		log := o.Logger
		o.Damaged = func(file string, err error) { log.Error("stored events cannot be read", "file", file, "error", err) }
	}
	if o.disk == nil {
		o.disk = &osDisk{}
	}
}

// Journal is an open journal.
type Journal struct {
	opts Options
	log  *slog.Logger
	lock *lock

	order    order
	encoders sync.Pool // of *encoder
	rooms    rooms
	queue    *semaphore.Weighted
	tail     gate

	wal     wal
	head    *headWriter
	headNow head            // the committer's
	kick    chan struct{}   // there is something to commit
	life    context.Context // ends when Run has ended or Close was called
	end     context.CancelFunc

	ring     ring
	view     view
	seal     sealer
	evidence evidence
	holds    holds
	receipts receipts
	archives []*archive // the oldest first; set at the opening
	erasing  sync.Mutex // one erasure at a time

	damages *segment.Damages

	fault   atomic.Pointer[fault]
	running atomic.Bool
	commits atomic.Uint64
	closed  atomic.Bool
}

// fault is why nothing can be written at the moment.
type fault struct{ err error }

// Head is the last ord that is durable and can be read; 0 when there is none. The
// journal's own entries do not count.
func (j *Journal) Head() uint64 { return j.ring.head() }

// Origin is the journal's name.
func (j *Journal) Origin() string { return j.opts.Keys.Origin() }

// Stats are a journal's figures of the moment.
type Stats struct {
	Ord       uint64 // the newest event that can be read
	Commits   uint64 // syncs since the opening
	Segments  int    // sealed ranges
	HotRanges int    // ranges that are not sealed
	HotBytes  int64  // memory of their blocks
	LogFiles  int
	Lost      int64 // rows of segment files that Open or a Reader could not read
	Fault     error // why nothing can be written now, nil when all is well
}

// Stats returns the figures of the moment.
func (j *Journal) Stats() Stats {
	s := Stats{Ord: j.Head(), Commits: j.commits.Load(), LogFiles: j.wal.count(), Lost: j.damages.Rows()}
	if f := j.fault.Load(); f != nil {
		s.Fault = f.err
	}
	j.view.mu.Lock()
	s.Segments, s.HotRanges = len(j.view.sealed)+len(j.view.archived), len(j.view.hot)
	j.view.mu.Unlock()
	j.tail.mu.Lock()
	s.HotBytes = j.tail.total
	j.tail.mu.Unlock()
	return s
}

// Run commits, publishes, seals, beats and merges until ctx ends; then it commits what was
// already accepted and returns nil. It must run for Append to return; it may be
// called once.
func (j *Journal) Run(ctx context.Context) error {
	if j.closed.Load() || !j.running.CompareAndSwap(false, true) {
		return fmt.Errorf("run: %w", ErrClosed)
	}
	defer j.stop()
	committed := make(chan committedBatch, 4)
	g := errgroup.Group{}
	g.Go(func() error {
		defer close(committed)
		j.commitLoop(ctx, committed)
		return nil
	})
	g.Go(func() error {
		j.publishLoop(committed)
		return nil
	})
	g.Go(func() error {
		j.sealLoop(ctx)
		return nil
	})
	g.Go(func() error {
		j.clockLoop(ctx)
		return nil
	})
	g.Go(func() error {
		j.beatLoop(ctx)
		return nil
	})
	g.Go(func() error {
		j.upkeepLoop(ctx)
		return nil
	})
	if err := g.Wait(); err != nil {
		return fmt.Errorf("run journal: %w", err)
	}
	return nil
}

// clockLoop closes ranges by their age and prepares log files ahead.
func (j *Journal) clockLoop(ctx context.Context) {
	tick := time.NewTicker(min(time.Second, j.opts.SealAge/4))
	defer tick.Stop()
	for {
		if err := j.wal.prepare(); err != nil && ctx.Err() == nil {
			j.log.WarnContext(ctx, "cannot prepare the next log file", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			j.closeAged(now)
			j.closeOldest()
		case <-j.wal.taken:
		}
	}
}

// stop refuses what comes from now on and releases who waits.
func (j *Journal) stop() {
	j.order.mu.Lock()
	j.order.stopped = true
	rest := j.order.pending
	j.order.pending = nil
	j.order.mu.Unlock()
	for _, r := range rest {
		r.finish(ErrClosed)
	}
	j.end()
	j.ring.close()
}

// Close releases the folder. It is called after Run has returned (or instead of
// it) and after the last snapshot was released; a second call does nothing.
func (j *Journal) Close() error {
	if !j.closed.CompareAndSwap(false, true) {
		return nil
	}
	j.stop()
	j.wal.close()
	err := j.view.close()
	if j.head != nil {
		err = errors.Join(err, j.head.f.Close())
	}
	return errors.Join(err, j.seal.manifest.close(), j.evidence.log.close(), j.closeArchives(), j.lock.release())
}

func (j *Journal) path(elem ...string) string {
	return filepath.Join(append([]string{j.opts.Dir}, elem...)...)
}
