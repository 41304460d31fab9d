// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ErrDamaged says that a stored entry, or one of its neighbours in the tree, is not as
// it was sealed, so that nothing can be proven with it.
var ErrDamaged = errors.New("stored entries are damaged")

// ErrArchived says that entries are of an earlier journal, an archive of this one, and
// that what it has left does not prove them.
var ErrArchived = errors.New("entries are of an earlier journal, which is an archive that cannot prove them")

// BundleRequest says what an evidence bundle holds.
type BundleRequest struct {
	// Origin is that of the entries, of the journal or of one of its archives; "" is
	// the journal's own. A bundle has one.
	Origin string
	// Query, From and To are what was asked for, as the bundle's head shows it.
	Query    string
	From, To time.Time
	// Entries are opened. Their order is of no matter.
	Entries []event.Range
	// Complete are runs of which the bundle proves that nothing is left out; each
	// of their entries is opened as well.
	Complete []event.Range
	// Older is a checkpoint that the log is proven to continue; nil is none.
	Older *proof.Checkpoint
}

// WriteBundle writes an evidence bundle of entries (package proof), which a stranger
// checks with the public key alone: that of Origin. Streams of which an entry is not
// under a checkpoint yet are sealed first; an archive has its own last checkpoint.
// ErrNoEvidence says that an entry does not exist, ErrDamaged that it cannot be proven
// any more, ErrDiverged that the journal signs nothing, ErrArchived that the archive
// lacks what would prove it. Nothing is written before everything but the entries
// themselves is ready; after a later error the bundle has no end, and nobody takes it
// for whole. Run must be running.
func (j *Journal) WriteBundle(ctx context.Context, w io.Writer, r BundleRequest) (err error) {
	b := bundler{j: j, wanted: map[string][]event.Range{}}
	for _, g := range slices.Concat(r.Entries, r.Complete) {
		b.wanted[g.Stream] = append(b.wanted[g.Stream], g)
	}
	for stream, runs := range b.wanted {
		b.wanted[stream] = joined(runs)
	}
	if b.log, err = j.logOf(ctx, r.Origin, b.wanted); err != nil {
		return err
	}
	if err := b.findTombstones(ctx); err != nil {
		return err
	}
	head := proof.BundleHead{
		Origin: b.log.origin, Created: time.Now().UTC(), Query: r.Query, From: r.From, To: r.To,
		Complete: inBundleOrder(r.Complete), Checkpoint: string(b.log.signed),
	}
	for _, s := range b.log.statements {
		head.Statements = append(head.Statements, string(s))
	}
	if r.Older != nil {
		path, err := b.log.since(r.Older.Size, b.log.size)
		if err != nil {
			return err
		}
		head.Consistency = &proof.BundleConsistency{Size: r.Older.Size, Root: r.Older.Root, Path: path}
	}
	if b.out, err = proof.NewBundleWriter(w, &head); err != nil {
		return err
	}
	for _, stream := range b.streams() {
		if err := b.stream(ctx, stream); err != nil {
			return fmt.Errorf("stream %s: %w", stream, err)
		}
	}
	return b.out.Close()
}

// logOf is the log of an origin, in which the wanted entries are covered where the
// journal itself can see to that.
func (j *Journal) logOf(ctx context.Context, origin string, wanted map[string][]event.Range) (*bundleLog, error) {
	if origin != "" && origin != j.Origin() {
		for _, a := range j.archives {
			if a.origin == origin {
				return j.archivedLog(ctx, a)
			}
		}
		return nil, fmt.Errorf("%w: of the journal %.60q", ErrNoEvidence, origin)
	}
	if err := j.Diverged(); err != nil {
		return nil, err
	}
	var open []string
	for stream, runs := range wanted {
		if !j.Covered(stream, runs[len(runs)-1].Last) {
			open = append(open, stream)
		}
	}
	if len(open) > 0 {
		if err := j.Seal(ctx, open...); err != nil {
			return nil, err
		}
		if err := j.Diverged(); err != nil { // then the seal was all
			return nil, err
		}
	}
	return j.ownLog(), nil
}

// bundler writes one bundle.
type bundler struct {
	j      *Journal
	log    *bundleLog
	wanted map[string][]event.Range
	tombs  []seenTombstone
	// later are those about this log in the journals after it: they excuse, and
	// nothing in this log proves them.
	later []proof.Tombstone
	out   *proof.BundleWriter
}

// seenTombstone is a tombstone and its number in the system stream.
type seenTombstone struct {
	proof.Tombstone
	seq uint64
}

// joined sorts runs of one stream and joins those that touch.
func joined(runs []event.Range) []event.Range {
	slices.SortFunc(runs, func(a, b event.Range) int { return cmpUint(a.First, b.First) })
	var out []event.Range
	for _, g := range runs {
		if n := len(out); n > 0 && g.First <= out[n-1].Last+1 {
			out[n-1].Last = max(out[n-1].Last, g.Last)
			continue
		}
		out = append(out, event.Range{Stream: g.Stream, First: g.First, Last: g.Last})
	}
	return out
}

// inBundleOrder joins the claims of each stream, in the order of a bundle.
func inBundleOrder(claims []event.Range) (out []event.Range) {
	byStream := map[string][]event.Range{}
	for _, g := range claims {
		byStream[g.Stream] = append(byStream[g.Stream], g)
	}
	for _, stream := range bundleOrder(byStream) {
		out = append(out, joined(byStream[stream])...)
	}
	return out
}

// bundleOrder is the journal's own stream, then the others by name.
func bundleOrder(byStream map[string][]event.Range) []string {
	names := slices.Sorted(maps.Keys(byStream))
	if i := slices.Index(names, SystemStream); i > 0 {
		names = append([]string{SystemStream}, slices.Delete(names, i, i+1)...)
	}
	return names
}

func (b *bundler) streams() []string { return bundleOrder(b.wanted) }

// stream writes the wanted entries of a stream, range by range.
func (b *bundler) stream(ctx context.Context, stream string) error {
	runs := b.wanted[stream]
	for len(runs) > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("write bundle: %w", err)
		}
		index, h, err := b.log.headerOf(stream, runs[0].First)
		if err != nil {
			return err
		}
		if index >= b.log.size {
			return b.uncovered(stream, runs[0].First)
		}
		path, err := b.log.path(index, b.log.size)
		if err != nil {
			return err
		}
		if err := b.out.Header(index, h.Append(nil), path); err != nil {
			return err
		}
		n := sort.Search(len(runs), func(i int) bool { return runs[i].First > h.Last() })
		if err := b.entries(stream, h, runs[:n]); err != nil {
			return err
		}
		if runs[n-1].Last > h.Last() { // it goes on in the next range
			n--
			runs[n].First = h.Last() + 1
		}
		runs = runs[n:]
	}
	return nil
}

// entries writes the entries of one range that are in runs.
func (b *bundler) entries(stream string, h *Header, runs []event.Range) error {
	f, release, ok := b.j.pin(b.log.home, stream, h.First)
	if !ok {
		t, pruned := b.pruned(h)
		if !pruned && b.prunedLater(h) {
			return fmt.Errorf("%w: retention has dropped seq %d to %d since the restore; the tombstone is in the journal after it", ErrArchived, h.First, h.Last())
		}
		if !pruned {
			return fmt.Errorf("%w: the file with seq %d to %d is gone", ErrDamaged, h.First, h.Last())
		}
		return b.out.Pruned(t)
	}
	defer release()
	r, err := openRange(f, h.Number)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	for _, g := range runs {
		for seq := max(g.First, h.First); seq <= min(g.Last, h.Last()); seq++ {
			e, lost, err := r.entry(uint32(seq-h.First), b.erased(stream)) //nolint:gosec // below Count
			switch {
			case err != nil:
				return fmt.Errorf("%w: seq %d: %w", ErrDamaged, seq, err)
			case lost:
				err = b.out.Lost(e.I, e.Path)
			default:
				err = b.out.Entry(&e)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// uncovered says why an entry with a header is under no checkpoint.
func (b *bundler) uncovered(stream string, seq uint64) error {
	if b.log.home == nil {
		return fmt.Errorf("%w: stream %s, seq %d is under no checkpoint yet", ErrNoEvidence, stream, seq)
	}
	return fmt.Errorf("%w: stream %s, seq %d was under no checkpoint yet when the backup was made", ErrArchived, stream, seq)
}
