// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/search"
)

// searchCold asks each question once, each time after the folder was opened and its
// files have left the system's memory.
func searchCold(ctx context.Context, data string, asked []question, r *SearchReport) error {
	for i := range asked {
		if err := forgetPages(data); err != nil {
			return err
		}
		_, s, stop, err := searching(ctx, data)
		if err != nil {
			return err
		}
		start := time.Now()
		n, err := asked[i].ask(ctx, s)
		r.Questions[i].ColdMillis, r.Questions[i].Hits = millis(start), n
		if err = errors.Join(err, stop()); err != nil {
			return fmt.Errorf("bench: %s: %w", asked[i].name, err)
		}
	}
	return nil
}

// forgetPages asks the system to drop the files of a folder from its memory.
func forgetPages(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path) //nolint:gosec // of the bench's own folder
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		err = unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
		return errors.Join(err, f.Close())
	})
}

// searchWarm asks each question again and again: first alone, then while events come.
func searchWarm(ctx context.Context, data string, asked []question, o SearchOptions, l *haystack, r *SearchReport) (err error) {
	alone := forgetPeak()
	j, s, stop, err := searching(ctx, data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	for i := range asked {
		if _, _, err := round(ctx, s, &asked[i], 2); err != nil { // reads what it needs
			return err
		}
		times, cpu, err := round(ctx, s, &asked[i], o.Runs)
		if err != nil {
			return err
		}
		q := &r.Questions[i]
		q.P50, q.P95, q.CPUMillis = percentile(times, 50), percentile(times, 95), cpu
	}
	if alone {
		if r.SearchRSS, err = peakOf(os.Getpid()); err != nil {
			return err
		}
	}
	if o.Rate == 0 {
		return nil
	}
	return l.beside(ctx, j, o.Rate, r, func(ctx context.Context) error {
		for i := range asked {
			times, _, err := round(ctx, s, &asked[i], o.Runs)
			if err != nil {
				return err
			}
			r.Questions[i].BusyP50, r.Questions[i].BusyP95 = percentile(times, 50), percentile(times, 95)
		}
		return nil
	})
}

// round asks one question n times; cpu is the process's time for one.
func round(ctx context.Context, s *search.Searcher, q *question, n int) (times []float64, cpu float64, err error) {
	before := ownCPU()
	for range n {
		start := time.Now()
		if _, err := q.ask(ctx, s); err != nil {
			return nil, 0, fmt.Errorf("bench: %s: %w", q.name, err)
		}
		times = append(times, millis(start))
	}
	return times, (ownCPU() - before).Seconds() * 1000 / float64(n), nil
}

func millis(start time.Time) float64 { return float64(time.Since(start).Nanoseconds()) / 1e6 }

// beside appends events at a rate for as long as work lasts, which begins when the
// first ones came in.
func (l *haystack) beside(ctx context.Context, j *journal.Journal, rate int, r *SearchReport, work func(context.Context) error) error {
	g, ctx := errgroup.WithContext(ctx)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var came atomic.Int64
	began, first := time.Now(), make(chan struct{})
	g.Go(func() error {
		const batch = 200
		step := time.Second * batch / time.Duration(rate)
		for n := 0; ; n++ {
			if err := sleepUntil(ctx, began.Add(time.Duration(n)*step)); err != nil {
				return nil //nolint:nilerr // work has come to its end
			}
			events, err := l.events(l.n+n*batch, batch)
			if err != nil {
				return err
			}
			if _, err := j.Append(ctx, events); err != nil && ctx.Err() == nil {
				return fmt.Errorf("bench: append beside searches: %w", err)
			}
			if came.Add(batch) == batch {
				close(first)
			}
		}
	})
	select {
	case <-first:
	case <-ctx.Done():
	}
	err := work(ctx)
	r.IngestRate = float64(came.Load()) / time.Since(began).Seconds()
	cancel()
	return errors.Join(err, g.Wait())
}
