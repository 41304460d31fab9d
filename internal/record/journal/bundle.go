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

// ErrArchived says that entries are of an earlier journal, an archive of this one: no
// bundle of this journal can prove them.
var ErrArchived = errors.New("entries are of an earlier journal, which is an archive")

// BundleRequest says what an evidence bundle holds.
type BundleRequest struct {
	// Origin is that of the entries; "" is the journal's own.
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
// checks with the public key alone. Streams of which an entry is not under a
// checkpoint yet are sealed first. ErrNoEvidence says that an entry does not exist,
// ErrDamaged that it cannot be proven any more, ErrDiverged that the journal signs
// nothing, ErrArchived that they are another journal's. Nothing is written before
// everything but the entries themselves is ready; after a later error the bundle has no
// end, and nobody takes it for whole. Run must be running.
func (j *Journal) WriteBundle(ctx context.Context, w io.Writer, r BundleRequest) error {
	if r.Origin != "" && r.Origin != j.Origin() {
		return fmt.Errorf("%w: %s", ErrArchived, r.Origin)
	}
	if err := j.Diverged(); err != nil {
		return err
	}
	b := bundler{j: j, wanted: map[string][]event.Range{}}
	for _, g := range slices.Concat(r.Entries, r.Complete) {
		b.wanted[g.Stream] = append(b.wanted[g.Stream], g)
	}
	var open []string
	for stream := range b.wanted {
		runs := joined(b.wanted[stream])
		if b.wanted[stream] = runs; !j.Covered(stream, runs[len(runs)-1].Last) {
			open = append(open, stream)
		}
	}
	if len(open) > 0 {
		if err := j.Seal(ctx, open...); err != nil {
			return err
		}
		if err := j.Diverged(); err != nil { // then the seal was all
			return err
		}
	}
	signed, size, _, _ := j.Checkpoint()
	b.size = size
	if err := b.findTombstones(ctx); err != nil {
		return err
	}
	head := proof.BundleHead{
		Origin: j.Origin(), Created: time.Now().UTC(), Query: r.Query, From: r.From, To: r.To,
		Complete: inBundleOrder(r.Complete), Checkpoint: string(signed),
	}
	for _, s := range j.opts.Keys.Statements() {
		head.Statements = append(head.Statements, string(s))
	}
	if r.Older != nil {
		path, err := j.Consistency(r.Older.Size, size)
		if err != nil {
			return err
		}
		head.Consistency = &proof.BundleConsistency{Size: r.Older.Size, Root: r.Older.Root, Path: path}
	}
	var err error
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

// bundler writes one bundle.
type bundler struct {
	j      *Journal
	size   uint64 // of the log of headers under the checkpoint
	wanted map[string][]event.Range
	tombs  []seenTombstone
	out    *proof.BundleWriter
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
		index, h, err := b.j.headerOf(stream, runs[0].First)
		if err != nil {
			return err
		}
		if index >= b.size {
			return fmt.Errorf("%w: seq %d is under no checkpoint yet", ErrNoEvidence, runs[0].First)
		}
		path, err := b.j.headerPath(index, b.size)
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
	f, release, ok := b.j.pin(stream, h.First)
	if !ok {
		t, pruned := b.pruned(h)
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

// headerOf finds the header of the range with an entry.
func (j *Journal) headerOf(stream string, seq uint64) (index uint64, h *Header, err error) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	list := v.streams[stream]
	var found logged
	at := sort.Search(len(list), func(i int) bool {
		l, e := v.log.at(list[i].index)
		if e != nil {
			err = e
		}
		if l.Header.Last() < seq {
			return false
		}
		return true
	})
	if err != nil {
		return 0, nil, err
	}
	if at == len(list) || seq == 0 {
		return 0, nil, fmt.Errorf("%w: stream %s has no seq %d", ErrNoEvidence, stream, seq)
	}
	if found, err = v.log.at(list[at].index); err != nil {
		return 0, nil, err
	}
	return list[at].index, &found.Header, nil
}

// headerPath is the path from a header to the root over the first size ones.
func (j *Journal) headerPath(index, size uint64) ([]hash, error) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	return proof.Inclusion(&v.log.levels, index, size)
}
