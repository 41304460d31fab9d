// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// VerifyOptions say how to verify.
type VerifyOptions struct {
	// Keys check the MACs; nil leaves them unchecked, and the report says so.
	Keys *keyring.Ring
	// From and To limit the sealed ranges to those with an event whose time
	// lies between them, in nanoseconds since 1970 UTC; 0 is no limit.
	From, To int64
	// Workers is how many segment files are checked at once (one a processor).
	Workers int
	// Logger gets progress; nil logs nothing.
	Logger *slog.Logger
}

// Verify checks the journal's folder: it recomputes every leaf, MAC and root from
// what is on disk, and compares the headers' chain, the sequence numbers and the
// head. It writes nothing. A stopped journal's folder is kept from being opened
// meanwhile; beside a running journal what is not yet in the head is not judged.
// The error is about the check itself, never about what it found.
func Verify(ctx context.Context, dir string, opts VerifyOptions) (Report, error) {
	if _, err := os.Stat(dir); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	release, stopped := tryShared(dir)
	defer release()
	v := verifier{dir: dir, opts: opts, stopped: stopped, streams: map[string]*verified{}}
	v.report.Running = !stopped
	if opts.Keys != nil {
		v.report.Origin = opts.Keys.Origin()
	}
	// The order matters beside a running journal: whatever the head knows is in
	// the log afterwards, or in the manifest after that.
	h, damaged, err := readHead(dir)
	if err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if damaged && stopped {
		v.report.file("head", "one of its two places is damaged", false)
	}
	v.head = h
	if err := v.readListed(); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if err := v.readLogs(ctx); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if err := v.readManifest(); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	if err := v.checkSegments(ctx); err != nil {
		return Report{}, fmt.Errorf("verify: %w", err)
	}
	v.checkStreams()
	v.report.MACs = v.macs()
	v.report.conclude()
	return v.report, nil
}

// Verify checks the journal while it runs.
func (j *Journal) Verify(ctx context.Context, opts VerifyOptions) (Report, error) {
	opts.Keys = j.opts.Keys
	return Verify(ctx, j.opts.Dir, opts)
}

// verifier is one verification.
type verifier struct {
	dir     string
	opts    VerifyOptions
	stopped bool
	head    head
	last    link   // of the log
	file    uint64 // that last is in
	streams map[string]*verified

	mu         sync.Mutex
	report     Report
	withMAC    int
	withoutMAC int
}

// verified is a stream as it was found.
type verified struct {
	sealed []*sealedCheck // by number
	listed uint64         // seq after the last entry of a range that the manifest has
	log    []*logRange    // in the log's order
}

// sealedCheck is a sealed range to be checked.
type sealedCheck struct {
	record
	listed bool
	skip   bool // outside From and To
	ok     int64
}

func (v *verifier) stream(name string) *verified {
	s := v.streams[name]
	if s == nil {
		s = &verified{}
		v.streams[name] = s
	}
	return s
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

// checkSegments recomputes every segment file.
func (v *verifier) checkSegments(ctx context.Context) error {
	workers := v.opts.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	cache, err := segment.NewCache(0)
	if err != nil {
		return fmt.Errorf("page cache: %w", err)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(workers)
	for _, s := range v.streams {
		for _, c := range s.sealed {
			if v.opts.From != 0 && c.Header.MaxTime < v.opts.From || v.opts.To != 0 && c.Header.MinTime > v.opts.To {
				c.skip = true
				continue
			}
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				var r Report
				v.checkSegment(c, cache, &r)
				v.mu.Lock()
				defer v.mu.Unlock()
				v.merge(&r)
				return nil
			})
		}
	}
	return g.Wait() //nolint:wrapcheck // only the context's
}

// merge adds a part's findings to the report. The caller holds mu.
func (v *verifier) merge(r *Report) {
	for _, f := range r.Entries {
		v.report.find(f.Stream, f.Seq, max(f.Seq, f.LastSeq), f.Verdict)
	}
	for _, f := range r.Files {
		v.report.file(f.File, f.Damage, f.Evidence, f.Entries...)
	}
	v.report.Omitted += r.Omitted
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
	out := StreamReport{Stream: name, Segments: len(s.sealed)}
	next := uint64(1)
	var previous hash
	known := true // whether previous is the header before
	for _, c := range s.sealed {
		h := &c.Header
		if h.First > next {
			v.report.find(name, next, h.First-1, Missing)
			v.report.Total += int64(h.First - next) //nolint:gosec // counts stay far below 2^63
			known = false
		}
		if known && h.Previous != previous {
			v.report.file("segments/"+c.Name, "header does not continue the one before it", true, rangeOf(h))
		}
		previous, known = h.Leaf(), true
		next = max(next, h.Last()+1)
		v.report.Ord = max(v.report.Ord, h.LastOrd)
		if c.skip {
			continue
		}
		v.report.Total += int64(h.Count)
		v.report.Verified += c.ok
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
