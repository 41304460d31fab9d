// SPDX-License-Identifier: Apache-2.0

package search

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// place is one page of one of a call's readers.
type place struct{ segment, page int }

// losses are the pages that a call cannot read, as far as they may hold rows that
// it asks for. They are safe for concurrent use.
type losses struct {
	s       *Searcher
	plan    *question
	readers []segment.Reader
	looked  []segment.Reader // the same, or views of them that count what is looked at

	mu   sync.Mutex
	out  map[place]struct{}
	rows int64
}

// losses begins with what stands in for files that cannot be opened.
func (s *Searcher) losses(plan *question, readers []segment.Reader) *losses {
	l := &losses{s: s, plan: plan, readers: readers, looked: readers, out: map[place]struct{}{}}
	for i, r := range readers {
		if lost, ok := r.(*segment.Lost); ok {
			for page := range segment.Pages(r) {
				l.pass(i, page, lost.Err())
			}
		}
	}
	return l
}

// known adds the pages of which it is known that their events cannot be read.
func (l *losses) known() {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	if len(l.s.damaged) == 0 {
		return
	}
	for i, r := range l.readers {
		for _, page := range l.s.damaged[r] {
			l.add(i, page)
		}
	}
}

// pass notes that a page cannot be read.
func (l *losses) pass(number, page int, err error) {
	l.s.damages.Page(l.readers[number], page, err)
	l.add(number, page)
}

func (l *losses) add(number, page int) {
	r := l.readers[number]
	if !touches(l.plan, r.PageBounds(page)) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, have := l.out[place{number, page}]; !have {
		l.out[place{number, page}] = struct{}{}
		l.rows += int64(segment.PageLen(r, page))
	}
}

func (l *losses) has(number, page int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, have := l.out[place{number, page}]
	return have
}

func (l *losses) count() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rows
}

// survey reads all of a segment of which a page turned out to be damaged, so that
// the others are known at once, to later calls too. What an error of the disk
// hides is not remembered: it may pass.
func (l *losses) survey(ctx context.Context, number int) error {
	r := l.readers[number]
	var damaged []int
	for page := range segment.Pages(r) {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := segment.Readable(r, page)
		if err == nil {
			continue
		}
		if !segment.IsDamage(err) {
			return err
		}
		l.pass(number, page, err)
		if errors.Is(err, segment.ErrCorrupt) {
			damaged = append(damaged, page)
		}
	}
	l.s.remember(l.readers, r, damaged)
	return nil
}

// remember keeps the damaged pages of a reader as long as snapshots have it.
func (s *Searcher) remember(readers []segment.Reader, r segment.Reader, pages []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for old := range s.damaged {
		if !slices.Contains(readers, old) {
			delete(s.damaged, old)
		}
	}
	if len(pages) > 0 {
		s.damaged[r] = pages
	}
}
