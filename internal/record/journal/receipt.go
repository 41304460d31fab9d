// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// receipts signs what callers ask for at one time with one signature: while one
// signature is made, the next requests gather.
type receipts struct {
	mu      sync.Mutex
	busy    bool
	waiting []*receiptWait
}

type receiptWait struct {
	body proof.ReceiptBody
	done chan struct{} // closed when receipt or err is there, or it is this one's turn
	turn bool          // it signs for all who wait
	out  proof.Receipt
	err  error
}

// Receipted is what a request brought, for its receipt.
type Receipted struct {
	Request                        [32]byte // SHA-256 of its decoded body
	Accepted, Duplicates, Rejected int
	// Entries are the ranges that Append returned for its events.
	Entries []event.Range
}

// Receipt signs that these entries are durable. It is called after Append has
// returned. The entries are sealed, and under a checkpoint, within twice SealAge and
// a minute: that is the promise. A journal that has diverged makes none, for it
// signs no checkpoint that could keep it: ErrDiverged.
func (j *Journal) Receipt(ctx context.Context, r Receipted) (proof.Receipt, error) {
	if err := j.Diverged(); err != nil {
		return proof.Receipt{}, err
	}
	now := time.Now()
	w := &receiptWait{done: make(chan struct{}), body: proof.ReceiptBody{
		Origin: j.Origin(), Request: r.Request,
		Accepted: uint64(r.Accepted), Duplicates: uint64(r.Duplicates), Rejected: uint64(r.Rejected), //nolint:gosec // counts
		Received: now.UnixNano(), SealBy: now.Add(2*j.opts.SealAge + time.Minute).UnixNano(),
	}}
	for _, g := range r.Entries {
		w.body.Streams = append(w.body.Streams, proof.ReceiptRange{Stream: g.Stream, First: g.First, Last: g.Last, Leaves: g.Leaves})
	}
	slices.SortFunc(w.body.Streams, func(a, b proof.ReceiptRange) int {
		if c := strings.Compare(a.Stream, b.Stream); c != 0 {
			return c
		}
		return cmpUint(a.First, b.First)
	})
	return j.receipts.get(ctx, w, j.opts.Keys)
}

// get waits for the receipt, or signs it with those of all who wait.
func (s *receipts) get(ctx context.Context, w *receiptWait, keys *keyring.Ring) (proof.Receipt, error) {
	s.mu.Lock()
	s.waiting = append(s.waiting, w)
	first := !s.busy
	s.busy = true
	s.mu.Unlock()
	if !first {
		select {
		case <-w.done:
		case <-ctx.Done():
			// its turn may come all the same: then somebody has to take it
			s.leave(w, keys)
			return proof.Receipt{}, fmt.Errorf("wait for the receipt: %w", ctx.Err())
		}
		if !w.turn {
			return w.out, w.err
		}
	}
	s.sign(keys)
	return w.out, w.err
}

// leave takes away who does not wait any longer, and takes its turn if it had come.
func (s *receipts) leave(w *receiptWait, keys *keyring.Ring) {
	s.mu.Lock()
	turn := w.turn
	if !turn {
		s.waiting = slices.DeleteFunc(s.waiting, func(o *receiptWait) bool { return o == w })
	}
	s.mu.Unlock()
	if turn {
		s.sign(keys)
	}
}

// sign signs for all who wait, and gives the turn to the first who came meanwhile.
func (s *receipts) sign(keys *keyring.Ring) {
	s.mu.Lock()
	all := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	bodies := make([]proof.ReceiptBody, len(all))
	for i, w := range all {
		bodies[i] = w.body
	}
	var signed []proof.Receipt
	err := errors.New("no key for receipts")
	if signers := keys.Signers(keyring.Receipt); len(signers) > 0 {
		signed, err = proof.SignReceipts(bodies, signers[0])
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range all {
		if w.turn = false; err != nil {
			w.err = fmt.Errorf("sign receipt: %w", err)
		} else {
			w.out = signed[i]
		}
		select {
		case <-w.done: // the one whose turn this was
		default:
			close(w.done)
		}
	}
	if s.busy = len(s.waiting) > 0; s.busy {
		next := s.waiting[0]
		next.turn = true
		close(next.done)
	}
}
