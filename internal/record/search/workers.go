// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// scratch is what one goroutine of a call reuses from page to page.
type scratch struct {
	rows, found segment.Bits
	hits        []hit
	alike       alike
	places      []uint16
	codes       []uint16
	acc         *account
}

// each calls work for 0…n-1, about in that order, from at most s.workers
// goroutines, and returns the first error. It stops early when work says false
// or fails, or when ctx ends.
func (s *Searcher) each(ctx context.Context, n int, work func(i int, sc *scratch) (more bool, err error)) error {
	var (
		next  atomic.Int64
		stop  atomic.Bool
		once  sync.Once
		first error
	)
	fail := func(err error) {
		once.Do(func() { first = err })
		stop.Store(true)
	}
	run := func() {
		sc := &scratch{}
		defer func() {
			if sc.acc != nil {
				sc.acc.flush()
			}
		}()
		for !stop.Load() {
			i := int(next.Add(1)) - 1
			if i >= n {
				return
			}
			if err := ctx.Err(); err != nil {
				fail(err)
				return
			}
			more, err := work(i, sc)
			if err != nil {
				fail(err)
				return
			}
			if !more {
				stop.Store(true)
			}
		}
	}
	if workers := min(s.workers, n); workers > 1 {
		var group sync.WaitGroup
		for range workers - 1 {
			group.Go(run)
		}
		run()
		group.Wait()
	} else {
		run()
	}
	return first
}
