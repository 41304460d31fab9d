// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// errLeft: a file that was written anew still holds what was to go.
var errLeft = errors.New("the file still holds the subject")

// eraseStream writes the files of a stream that have hits anew without the slots,
// each in a job of its own, and puts each in the old one's place. A file may have
// been merged since it was searched: the one that holds the entries now is taken.
func (j *Journal) eraseStream(ctx context.Context, o *Erasure, h *streamHits, s subject) error {
	return j.eraseFiles(ctx, h, func(f *sealedFile, hits []slotHit, done int) error {
		o.at(StageRewrite, done, len(h.hits))
		if err := j.refuseHeld([]streamHits{{stream: h.stream, hits: hits}}); err != nil {
			return err
		}
		return j.rewriteWithout(f, hits, s, h.last)
	})
}

// eraseAgain is eraseStream of slots whose subject is not known any more.
func (j *Journal) eraseAgain(ctx context.Context, h *streamHits) error {
	return j.eraseFiles(ctx, h, func(f *sealedFile, hits []slotHit, _ int) error {
		_, err := j.rewrite(f, hits)
		return err
	})
}

// eraseFiles rewrites each file that has hits as a job, in which no hold comes into
// force.
func (j *Journal) eraseFiles(ctx context.Context, h *streamHits, rewrite func(f *sealedFile, hits []slotHit, done int) error) error {
	for rest := h.hits; len(rest) > 0; {
		n := 0
		err := j.do(ctx, func(context.Context) error {
			j.holds.gate.RLock()
			defer j.holds.gate.RUnlock()
			if err := j.mayDestroy(); err != nil {
				return err
			}
			f, ok := j.fileIn(h.home, h.stream, rest[0].seq)
			if !ok && rest[0].seq <= j.prunedUpTo(h.home, h.stream) {
				n = 1 // retention has dropped it meanwhile
				return nil
			}
			if !ok {
				return fmt.Errorf("entry %d is in no file", rest[0].seq)
			}
			n = sort.Search(len(rest), func(i int) bool { return rest[i].seq > f.last })
			if err := rewrite(f, rest[:n], len(h.hits)-len(rest)); err != nil {
				return fmt.Errorf("%s: %w", f.Name, err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// rewriteWithout is the job of one file. Entries after last were not searched, and
// have no tombstone: they stay what they are.
func (j *Journal) rewriteWithout(f *sealedFile, hits []slotHit, s subject, last uint64) error {
	out, err := j.rewrite(f, hits)
	if err != nil {
		return err
	}
	return out.lacks(s, last)
}

// rewrite puts a file without the slots in the place of one.
func (j *Journal) rewrite(f *sealedFile, hits []slotHit) (*sealedFile, error) {
	if f.file == nil {
		return nil, fmt.Errorf("%w: it cannot be read", ErrErasure)
	}
	m, err := decodeMeta(f.file.Meta())
	if err != nil {
		return nil, err
	}
	block := segment.NewBlock()
	if err := eraseRows(f, m, hits, block); err != nil {
		return nil, err
	}
	out := &sealedFile{coverage: coverageOf(m), home: f.home}
	out.Ranges = f.Ranges
	return out, j.replaceFiles([]*sealedFile{f}, out, block.Reader(), m)
}

// lacks searches the entries up to last of a file that was written anew for the
// subject.
func (f *sealedFile) lacks(s subject, last uint64) error {
	if f.file == nil {
		return fmt.Errorf("%w: it cannot be read back", ErrErasure)
	}
	left, err := fileHitsOf(f, s)
	if err == nil && len(left) > 0 && left[0].seq <= last {
		err = fmt.Errorf("%w: seq %d", errLeft, left[0].seq)
	}
	return err
}

// eraseRows appends a file's rows to a block without the hit slots, and notes in
// the meta what became of them: commitments instead of values, and blinders for
// what is left alone.
func eraseRows(f *sealedFile, m fileMeta, hits []slotHit, block *segment.Block) error {
	rows := segment.NewScan(f.file)
	var e event.Event
	row := 0
	for i := range m {
		r := &m[i]
		var blind proof.Blinder
		blind.Use(&r.Blind)
		gone := erasedOf(r)
		var holes []proof.Punctured
		for range r.rows() {
			if err := rows.Event(row, &e); err != nil {
				return err
			}
			leaf8, mac, err := rows.Integrity(row)
			if err != nil {
				return err
			}
			row++
			n := uint32(e.Place.Seq - r.Header.First) //nolint:gosec // the file was read back when it was written
			for len(hits) > 0 && hits[0].seq < e.Place.Seq {
				hits = hits[1:]
			}
			if len(hits) > 0 && hits[0].seq == e.Place.Seq {
				for slot, on := range hits[0].slot {
					if !on || gone.at(n, uint8(slot)) != nil {
						continue
					}
					c, ok := commitmentOf(&blind, n, slot, &e)
					if !ok {
						return fmt.Errorf("the blinder of seq %d, slot %d is not there", e.Place.Seq, slot)
					}
					r.Erased = append(r.Erased, erasedSlot{I: n, Slot: uint8(slot), C: c})
					holes = append(holes, proof.Punctured{I: n, Slot: uint8(slot)})
					clearSlot(&e, slot)
				}
			}
			if err := block.Append(&e, leaf8, mac); err != nil {
				return err
			}
		}
		if len(holes) == 0 {
			continue
		}
		slices.SortFunc(r.Erased, func(a, b erasedSlot) int {
			if a.before(&b) {
				return -1
			}
			return 1
		})
		var err error
		if r.Blind, err = r.Blind.Puncture(holes, r.Header.Count); err != nil {
			return err
		}
	}
	return nil
}

// commitmentOf is C_s of a slot that is still there.
func commitmentOf(blind *proof.Blinder, i uint32, slot int, e *event.Event) (c hash, ok bool) {
	b, ok := blind.At(i, uint32(slot)) //nolint:gosec // 0 or 1
	if !ok {
		return c, false
	}
	return proof.Commitment(slot, &b, e.AppendSlot(nil, slot)), true
}
