// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// How an input that nobody waits for holds on to a batch.
const (
	// stopGrace is how long after the end of Run's context batches that have
	// been read are still tried.
	stopGrace = 5 * time.Second
	// drainTime is how long a stopping input still reads what has arrived.
	drainTime = 200 * time.Millisecond
	// retryLeast and retryMost bound the wait between two tries.
	retryLeast = 100 * time.Millisecond
	retryMost  = 5 * time.Second
)

// deliverer hands batches to the pipeline until they are recorded.
type deliverer struct {
	env      Env
	received atomic.Uint64
	lost     atomic.Uint64
}

// work returns the context for batches that have been read: it outlives ctx by
// stopGrace.
func work(ctx context.Context) (context.Context, context.CancelFunc) {
	w, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.AfterFunc(stopGrace, cancel)
		context.AfterFunc(w, func() { t.Stop() })
	})
	return w, func() { stop(); cancel() }
}

// deliver returns when the batch is recorded. While it cannot be, it waits and
// tries again, so that the caller reads no further; at the end of ctx the batch
// is given up, counted and reported.
func (d *deliverer) deliver(ctx context.Context, b pipeline.Batch) {
	if _, err := d.handOver(ctx, b); err != nil {
		d.lost.Add(uint64(len(b.Items)))
		d.env.Logger.ErrorContext(ctx, "records are lost", "sender", b.Sender, "records", len(b.Items), "error", err)
	}
}

// handOver is deliver for who still has the records after an error.
func (d *deliverer) handOver(ctx context.Context, b pipeline.Batch) (pipeline.Result, error) {
	b.Input, b.Wait = d.env.Name, true
	d.received.Add(uint64(len(b.Items)))
	wait := retryLeast
	for tries := 1; ; tries++ {
		result, err := d.env.Ingest(ctx, b)
		if err == nil {
			return result, nil
		}
		if !errors.Is(err, pipeline.ErrBusy) && !errors.Is(err, pipeline.ErrUnavailable) || !sleep(ctx, wait) {
			return result, fmt.Errorf("given up after %d tries: %w", tries, err)
		}
		if tries == 1 {
			d.env.Logger.WarnContext(ctx, "records cannot be recorded, the input waits", "sender", b.Sender, "error", err)
		}
		wait = min(2*wait, retryMost)
	}
}

// sleep waits; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// senderOf returns the sender's id and address of a peer without a token.
func senderOf(protocol string, addr netip.Addr) (sender, peer string) {
	peer = addr.Unmap().WithZone("").String()
	return protocol + ":" + peer, peer
}
