// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// VerifyOptions say how to verify.
type VerifyOptions struct {
	// Keys check the MACs and the checkpoint; nil leaves them unchecked, and the
	// report says so.
	Keys *keyring.Ring
	// From and To limit the sealed ranges to those with an event whose time
	// lies between them, in nanoseconds since 1970 UTC; 0 is no limit.
	From, To int64
	// Anchors are checkpoints that were kept outside the machine, as signed notes:
	// the journal must continue each of them.
	Anchors [][]byte
	// Archived reads what an archive has of keys and cosignatures, out of its folder;
	// nil leaves its MACs unchecked.
	Archived func(dir string) Archived
	// Since is an anchor, too, that was there when everything under it was
	// verified: the entries under it are not checked again.
	Since []byte
	// Signed is the newest checkpoint that Keys have signed, as they remembered it before
	// the verification began; nil where the folder is no place of theirs, as a backup.
	Signed []byte
	// Cosigned are the checkpoints that witnesses have co-signed, as the journal's own
	// machine keeps them: no memory from outside, but their witnesses are.
	Cosigned [][]byte
	// Trusted are verifier keys of checkpoints, for Anchors and for the journal's
	// own where Keys is nil, and Witnesses those of cosignatures.
	Trusted, Witnesses []note.Verifier
	// Receipts are what senders kept: their entries must be there as they were
	// acknowledged.
	Receipts []proof.Receipt
	// Fetch gives a segment file that lies elsewhere than in the folder, by its name
	// below it, with slashes; release is called when it was read. fs.ErrNotExist when
	// there is none. nil reads the folder.
	Fetch func(ctx context.Context, name string) (path string, release func(), err error)
	// Workers is how many segment files are checked at once (one a processor).
	Workers int
	// Pace is called after each segment file, and may wait; nil is at once.
	Pace func(ctx context.Context) error
	// Logger gets progress; nil logs nothing.
	Logger *slog.Logger

	between func() // what tests do between two steps of a verification
}

// Verify checks the journal's folder: it recomputes every leaf, MAC and root from
// what is on disk, and compares the log of headers, the checkpoint, the sequence
// numbers and the head. It writes nothing. A stopped journal's folder is kept from
// being opened meanwhile; beside a running journal what is not yet in the head is
// not judged. The error is about the check itself, never about what it found.
func Verify(ctx context.Context, dir string, opts VerifyOptions) (Report, error) {
	unknown := opts.Signed == nil && len(opts.Receipts) == 0 // whether there ever was one
	if _, err := os.Stat(dir); err != nil && (unknown || !errors.Is(err, os.ErrNotExist)) {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if err := CheckFormat(dir); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	release, stopped := tryShared(dir)
	defer release()
	v := verifier{dir: dir, opts: opts, stopped: stopped, streams: map[string]*verified{}}
	v.report.Running = !stopped
	if opts.Keys != nil {
		v.report.Origin = opts.Keys.Origin()
	}
	if err := v.run(ctx); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	return v.report, nil
}

// run reads the files in the one order that is right beside a running journal:
// what the checkpoint covers is in the log of headers afterwards, and what the head
// knows is in the log of entries, or in that of headers after that.
func (v *verifier) run(ctx context.Context) error {
	if err := errors.Join(v.setAside(), v.openReceipts()); err != nil {
		return err
	}
	if err := v.readCheckpoint(); err != nil {
		return err
	}
	h, damaged, err := readHead(v.dir)
	if err != nil {
		return err
	}
	if damaged && v.stopped {
		v.report.file("head", "one of its two places is damaged", false)
	}
	v.head = h
	if _, err := os.Stat(filepath.Join(v.dir, "head")); errors.Is(err, os.ErrNotExist) {
		v.noHead = true
	}
	for _, step := range []func(context.Context) error{
		v.readHeaders, v.readListed, v.readLogs,
		v.readHeaders, // what was sealed meanwhile
		v.checkHeaders, v.checkAnchors, v.checkSealed,
	} {
		if v.opts.between != nil {
			v.opts.between()
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	v.checkStreams()
	v.checkReceipts()
	if err := v.checkSmall(); err != nil {
		return err
	}
	if err := v.checkArchives(ctx); err != nil {
		return err
	}
	v.report.MACs = v.macs()
	v.report.Completeness = v.completeness()
	v.report.conclude(v.forked)
	return nil
}

// Verify checks the journal while it runs.
func (j *Journal) Verify(ctx context.Context, opts VerifyOptions) (Report, error) {
	opts.Keys, opts.Archived = j.opts.Keys, j.opts.Archived
	var err error
	if opts.Signed, err = j.opts.Keys.Remembered(); err != nil {
		j.log.WarnContext(ctx, "the journal is not compared with what its keys have signed", "error", err)
	}
	return Verify(ctx, j.opts.Dir, opts)
}

// verifier is one verification.
type verifier struct {
	dir        string
	opts       VerifyOptions
	stopped    bool
	closed     bool // an archive: nothing of it is in the log
	named      bool // an archive: the journal after it names it
	elsewhere  elsewhere
	carried    map[string][]proof.SeqRun // an archive's entries that became others'
	backup     time.Time                 // that an archive came out of
	keyDamage  []keyring.Finding         // of an archive's key files
	head       head
	last       link   // of the log
	file       uint64 // that last is in
	checkpoint *proof.Checkpoint
	headers    []logged // the log of headers
	leaves     []hash   // of them
	badCopies  [2]bool
	noHead     bool
	forked     bool   // it leaves a history that is known
	ahead      uint64 // headers that a checkpoint covers and that are not there
	vouched    uint64 // headers below are covered by a checkpoint
	judging    int    // headers below are judged; what came later only excuses
	listedOnce bool
	since      uint64 // headers below were verified before
	tombs      tombstones
	waiting    []foundTombstone // that no checkpoint covers yet
	decided    decisions
	erasing    bool // an erasure was cut off
	suspect    *suspect
	promises   promises
	streams    map[string]*verified

	mu         sync.Mutex
	report     Report
	ranges     []checked // of each header
	withMAC    int
	withoutMAC int
}

// verified is a stream as it was found.
type verified struct {
	indexes []int           // of its headers
	listed  map[uint64]bool // numbers of the ranges in a file that counts
	log     []*logRange     // in the log's order
	logged  uint64          // the last sequence number that the log came to
}

// checked is what became of a header's range.
type checked struct {
	state  int
	ok     int64 // entries that are right
	erased int64 // entries with an erased slot
}

const (
	unchecked = iota
	skipped   // outside From and To, below Since, or sealed later than the check began
	judged
	dropped // by retention
)

func (v *verifier) stream(name string) *verified {
	s := v.streams[name]
	if s == nil {
		s = &verified{listed: map[uint64]bool{}}
		v.streams[name] = s
	}
	return s
}

// readListed notes which ranges are in files before the log is read: their entries
// are checked there.
func (v *verifier) readListed(context.Context) error {
	raw, err := readManifest(filepath.Join(v.dir, "manifest"))
	if err != nil {
		return err
	}
	for _, f := range scanManifest(raw).files {
		for _, at := range f.Ranges {
			if at < uint64(len(v.headers)) {
				h := &v.headers[at].Header
				v.stream(h.Stream).listed[h.Number] = true
			}
		}
	}
	return nil
}

// key returns K_j of a range, nil when it is not to be had.
func (v *verifier) key(stream string, epoch uint32, ratchet uint64) *[keyring.KeyBytes]byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.opts.Keys != nil {
		if key, err := rangeKey(v.opts.Keys, stream, epoch, ratchet); err == nil {
			v.withMAC++
			return &key
		}
	}
	v.withoutMAC++
	return nil
}

func (v *verifier) macs() string {
	switch {
	case v.withoutMAC == 0 && v.opts.Keys != nil:
		return "checked"
	case v.withMAC == 0:
		return "not checked"
	default:
		return "partly checked"
	}
}

// checkStreams puts sealed ranges and log together, stream by stream.
func (v *verifier) checkStreams() {
	names := make([]string, 0, len(v.streams))
	for i := range v.head.Next {
		v.stream(v.head.Next[i].Stream)
	}
	for name := range v.streams {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		v.checkStream(name, v.streams[name])
	}
	v.report.Ord = max(v.report.Ord, v.head.Ord)
}

func (v *verifier) checkStream(name string, s *verified) {
	out := StreamReport{Stream: name, Segments: len(s.indexes)}
	next := uint64(1)
	for _, at := range s.indexes {
		h, c := &v.headers[at].Header, &v.ranges[at]
		if at >= v.judging || c.state == unchecked && !v.stopped && v.newest(s, at) {
			break // its entries are in the log still, as far as they are to be judged
		}
		if h.First > next {
			v.report.find(name, next, h.First-1, Missing)
			v.report.Total += int64(h.First - next) //nolint:gosec // counts stay far below 2^63
		}
		next = max(next, h.Last()+1)
		v.report.Ord = max(v.report.Ord, h.LastOrd)
		switch c.state {
		case skipped:
			continue
		case dropped:
			v.report.Pruned += int64(h.Count)
			continue
		case unchecked:
			if !v.inRunningLog(s, h) {
				v.report.find(name, h.First, h.Last(), Missing)
			}
		}
		v.report.Total += int64(h.Count)
		v.report.Verified += c.ok
		v.report.Erased += c.erased
	}
	end := next
	for _, n := range v.head.Next {
		if n.Stream == name {
			end = max(end, n.Seq)
		}
	}
	v.checkLog(name, s, next, end, &out)
	v.report.Streams = append(v.report.Streams, out)
}

// newest tells whether no range of the stream from that header on has a file: it is
// being sealed.
func (v *verifier) newest(s *verified, at int) bool {
	for _, i := range s.indexes {
		if i >= at && v.ranges[i].state != unchecked {
			return false
		}
	}
	return true
}

// inRunningLog tells whether a range without a file is still in the log of a
// running journal, or will be sealed again from there.
func (v *verifier) inRunningLog(s *verified, h *Header) bool {
	for _, c := range s.log {
		if c.open.Number == h.Number {
			n := c.line.judge(&v.report, h.Last(), nil, Removed, Removed)
			v.report.Verified += n
			return true
		}
	}
	return false
}
