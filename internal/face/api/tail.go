// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of a live tail: a browser can neither show nor use more, and a client
// that falls further behind goes on with the newest events.
const (
	tailBatch     = 512
	tailPerSecond = 200
	tailBehind    = 10_000
)

// streamLogs implements GET /api/siem/search/stream.
func (a *API) streamLogs(w http.ResponseWriter, r *http.Request) {
	h, err := huntedOf(r.Context())
	if err != nil {
		a.fail(w, r, err)
		return
	}
	match, err := h.match()
	if err != nil {
		a.fail(w, r, err)
		return
	}
	// before the tail begins, so that it does not show itself
	if h.hunt != nil {
		a.recordHunt(r.Context(), h.hunt, h.now, nil)
	} else {
		a.recordSearch(r.Context(), &h.filter, nil)
	}
	from := a.opts.Head() // before the headers: who has these sees all that comes
	a.watch(w, r, false, func(ctx context.Context, _ *stream, out *sse) error {
		return a.tail(ctx, from, match, out)
	})
}

// tail sends what matches of all that came after from, an Ord. It reads the journal by itself, so that it
// needs no buffer: a slow client falls behind, and is then moved to the newest events
// and told how many it missed.
func (a *API) tail(ctx context.Context, from uint64, match func(*event.Event) bool, out *sse) error {
	last := from
	reader := a.opts.Tail(last)
	var missed int64
	var buf []byte
	var budget budget
	for {
		events, err := reader.Next(ctx, tailBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			last = e.Place.Ord
			if !match(e) {
				continue
			}
			if !budget.take(time.Now()) {
				missed++
				continue
			}
			if err := out.dropped(missed); err != nil {
				return err
			}
			missed = 0
			buf = a.appendRow(buf[:0], e)
			if err := out.send("log", strconv.FormatUint(last, 10), buf); err != nil {
				return err
			}
		}
		if head := a.opts.Head(); head > last+tailBehind {
			missed += int64(head - last) //nolint:gosec // counts of events stay far below 2^63
			last = head
			reader = a.opts.Tail(last)
		}
	}
}

// budget lets tailPerSecond events through in each second.
type budget struct {
	second int64
	left   int
}

func (b *budget) take(now time.Time) bool {
	if s := now.Unix(); s != b.second {
		b.second, b.left = s, tailPerSecond
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}
