// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"slices"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// sink takes the events that a hunt finds to stages. The lock guards what is below it.
type sink struct {
	any     bool           // in any order
	must    bool           // there is no answer without it
	fields  []string       // what the stages read; nil for whole events
	folding *query.Folding // nil when each event is looked at

	mu      sync.Mutex
	runner  *query.Runner
	failed  error // a *query.LimitError
	classes map[*view]*classes
	held    int // bytes of classes that are not pushed yet
}

// classes are what is known of a segment's rows until it is pushed.
type classes struct {
	coded byCode
	byKey map[string]*class
}

// class are the rows of a segment that are alike.
type class struct {
	row int // one of them
	n   int64
}

// mostHeld is about how many bytes of classes a sink holds before they are pushed,
// classBytes what one takes beside its key.
const (
	mostHeld   = 8 << 20
	classBytes = 100
)

func newSink(h *query.Hunt, limits query.Limits) (*sink, error) {
	r, err := query.NewRunner(h, limits)
	if err != nil {
		return nil, err
	}
	k := &sink{any: h.AnyOrder(), runner: r, classes: map[*view]*classes{}}
	if needs := (&query.Hunt{Where: &query.All{}, Stages: h.Stages}).Needs(); !needs.All {
		k.fields = append([]string{}, needs.Fields...)
	}
	if f, ok := h.Fold(); ok {
		k.folding = &f
	}
	return k, nil
}

// page takes the rows of a page. fault is one of reading, which happened at a place; err
// says that there is no answer.
func (k *sink) page(v *view, page int, sc *scratch) (at place, fault, err error) {
	folds, coded := false, false
	var column segment.Column
	at = place{int(v.number), page}
	if k.folding != nil {
		column, coded, fault = v.codes(page, k.folding, sc)
		if fault == nil && !coded {
			folds, fault = sc.alike.page(v, page, &sc.rows, k.folding)
		}
		if fault != nil {
			return at, fault, nil
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.failed != nil:
	case coded || folds:
		if coded {
			k.held += k.of(v).coded.add(column, page, sc.codes)
		} else {
			k.hold(v, page, &sc.alike)
		}
		if k.held > mostHeld {
			at, fault = k.flush()
		}
	default:
		fault = v.scan(page, &sc.rows, k.fields, func(_ int, e *eventOf) { k.push(e, 1) })
	}
	return at, fault, k.wanting()
}

// wanting is why there is no answer, if that is known.
func (k *sink) wanting() error {
	if k.must {
		return k.failed
	}
	return nil
}

func (k *sink) push(e *eventOf, n int64) {
	if k.failed == nil {
		_, k.failed = k.runner.Push(e, n)
	}
}

// of are the classes of a segment.
func (k *sink) of(v *view) *classes {
	held := k.classes[v]
	if held == nil {
		held = &classes{byKey: map[string]*class{}}
		k.classes[v] = held
	}
	return held
}

// hold adds the classes of a page to those of its segment.
func (k *sink) hold(v *view, page int, a *alike) {
	held := k.of(v).byKey
	a.classes(len(k.folding.Fields), func(key []byte, row int, n int64) {
		c := held[string(key)]
		if c == nil {
			c = &class{row: page*segment.PageRows + row}
			held[string(key)] = c
			k.held += len(key) + classBytes
		}
		c.n += n
	})
}

// flush pushes an event of each class. With a fault, at is where it is.
func (k *sink) flush() (at place, fault error) {
	for v, of := range k.classes {
		if of.coded.rows != nil {
			if fault = of.coded.each(v.r, k.folding.Fields[0], k.push); fault != nil {
				return place{int(v.number), of.coded.page}, fault
			}
		}
		list := make([]*class, 0, len(of.byKey))
		for _, c := range of.byKey {
			list = append(list, c)
		}
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, func(a, b *class) int { return cmp.Compare(a.row, b.row) })
		rows := segment.NewScan(v.r)
		if fault = rows.Pick(k.fields); fault != nil {
			return place{int(v.number), list[0].row / segment.PageRows}, fault
		}
		var e eventOf
		for _, c := range list {
			if fault = rows.Event(c.row, &e); fault != nil {
				return place{int(v.number), c.row / segment.PageRows}, fault
			}
			k.push(&e, c.n)
		}
	}
	clear(k.classes)
	k.held = 0
	return place{}, nil
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
