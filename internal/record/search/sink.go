// SPDX-License-Identifier: Apache-2.0

package search

import (
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// sink takes the events that a hunt finds to stages. The lock guards the runner.
type sink struct {
	any    bool     // in any order
	must   bool     // there is no answer without it
	fields []string // what the stages read; nil for whole events

	mu     sync.Mutex
	runner *query.Runner
	failed error // a *query.LimitError
}

func newSink(h *query.Hunt, limits query.Limits) (*sink, error) {
	r, err := query.NewRunner(h, limits)
	if err != nil {
		return nil, err
	}
	k := &sink{any: h.AnyOrder(), runner: r}
	if needs := (&query.Hunt{Where: &query.All{}, Stages: h.Stages}).Needs(); !needs.All {
		k.fields = append([]string{}, needs.Fields...)
	}
	return k, nil
}

// page takes the rows of a page. fault is one of reading, err says that there is no
// answer.
func (k *sink) page(v *view, page int, rows *segment.Bits) (fault, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		return nil, nil
	}
	fault = v.scan(page, rows, k.fields, func(_ int, e *eventOf) {
		if k.failed == nil {
			_, k.failed = k.runner.Push(e, 1)
		}
	})
	if k.must {
		err = k.failed
	}
	return fault, err
}

func (k *sink) finish() (query.Table, error) {
	if k.failed != nil {
		return query.Table{}, k.failed
	}
	return k.runner.Finish()
}

// damages are the readers that turned out to be damaged.
type damages struct {
	mu      sync.Mutex
	readers map[int]bool
}

func (d *damages) add(number int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.readers == nil {
		d.readers = map[int]bool{}
	}
	d.readers[number] = true
}
