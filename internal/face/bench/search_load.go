// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/traffic"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

const (
	searchDays = 7
	// needleEvery is how often the words are put in that questions look for.
	needles, oftenEvery = 100, 2000
	rareWord, oftenWord = "kerberoast", "mimikatz"
	rareAttr            = "case"
)

// haystack is a week of events from a seed, with needles in it.
type haystack struct {
	n     int
	start time.Time
	load  *traffic.Load
}

func newHaystack(n int) *haystack {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	return &haystack{n: n, start: start, load: traffic.NewLoad(7, start, searchDays*24*time.Hour/time.Duration(n))}
}

// events makes count of them, from number i on.
func (l *haystack) events(i, count int) ([]*event.Event, error) {
	format, ok := normalize.Lookup("json")
	if !ok {
		return nil, errors.New("bench: no format json")
	}
	out := make([]*event.Event, 0, count)
	hint := &normalize.Hint{Received: l.start.UnixNano()}
	for k := i; k < i+count; k++ {
		raw := l.load.Append(nil, uint64(k)) //nolint:gosec // a count; the event keeps it
		var err error
		if out, err = format.Normalize(raw, hint, out); err != nil {
			return nil, fmt.Errorf("bench: %w", err)
		}
		e := out[len(out)-1]
		e.Received, e.Input, e.Sender = e.Time+3e6, "http", "bench-token"
		binary.BigEndian.PutUint64(e.ID[:8], uint64(e.Received/1e6)<<16) //nolint:gosec // after 1970
		binary.BigEndian.PutUint64(e.ID[8:], uint64(k))                  //nolint:gosec // a count
		e.Place = event.Place{Stream: "366d"}
		l.needle(e, k)
	}
	return out, nil
}

// needle puts in what questions look for.
func (l *haystack) needle(e *event.Event, k int) {
	if k%oftenEvery == 77 {
		e.Message += " " + oftenWord + " was run"
	}
	if every := max(l.n/needles, 1); k%every == every/2 && k < l.n {
		e.Message += " " + rareWord + " was seen"
		e.SetAttr(rareAttr, event.Text("case-"+strconv.Itoa(k/every)))
	}
}

// fill records them all, sealed and merged.
func (l *haystack) fill(ctx context.Context, data string, r *SearchReport) (err error) {
	j, err := openJournal(ctx, data, nil)
	if err != nil {
		return err
	}
	stop := running(ctx, j)
	defer func() { err = errors.Join(err, stop()) }()
	const batch, clients = 1000, 4
	var next atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	for range clients {
		g.Go(func() error {
			for gctx.Err() == nil {
				from := int(next.Add(batch)) - batch
				if from >= l.n {
					return nil
				}
				events, err := l.events(from, min(batch, l.n-from))
				if err != nil {
					return err
				}
				if _, err := j.Append(gctx, events); err != nil {
					return fmt.Errorf("bench: append: %w", err)
				}
			}
			return gctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if err := j.Seal(ctx); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if _, err := j.Merge(ctx); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	r.Files = j.Stats().Segments
	r.Disk = float64(folderSize(filepath.Join(data, "journal", "segments"))) / float64(l.n)
	return nil
}
