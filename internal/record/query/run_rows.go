// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strconv"
)

// newProcessor makes the processor of a stage.
func newProcessor(s Stage, in, out schema, env *environment, m *memory, next processor) (processor, *SyntaxError) {
	switch s := s.(type) {
	case *StatsStage:
		return newStats(s, in, m, next)
	case *TimechartStage:
		return newTimechart(s, in, m, next)
	case *TopStage:
		return newTop(s, in, m, next)
	case *SortStage:
		return newSort(s, in, m, next)
	case *HeadStage:
		if s.Tail {
			return &tail{n: s.N, memory: m, next: next}, nil
		}
		return &head{left: s.N, next: next}, nil
	case *TableStage:
		return newPick(s.Columns, in, next)
	case *FieldsStage:
		if !s.Remove {
			return newPick(s.Columns, in, next)
		}
		return newRemove(in, out, next), nil
	case *DedupStage:
		refs, problem := in.need(s.Keys...)
		return &dedup{most: s.N, refs: refs, seen: map[string]int{}, memory: m, next: next}, problem
	case *WhereStage:
		in = in.remembering()
		if problem := checkCondition(s.If, in); problem != nil {
			return nil, problem
		}
		condition, problem := s.If.compile(in, env)
		return each(next, func(w row) (row, bool) { return w, condition(&w).truth() }), problem
	case *EvalStage:
		return newEval(s, in, env, next)
	case *RenameStage:
		return newRename(s, in, next)
	default:
		return nil, problemf(CodeUnknownCommand, "unknown command %q", s.Command())
	}
}

// mapped gives each row another form, or drops it.
type mapped struct {
	change func(row) (row, bool)
	next   processor
}

func each(next processor, change func(row) (row, bool)) *mapped { return &mapped{change, next} }

func (p *mapped) push(w row) error {
	w, keep := p.change(w)
	if !keep {
		return nil
	}
	return p.next.push(w)
}

func (p *mapped) finish() error { return p.next.finish() }

// head passes the first rows on.
type head struct {
	left int
	next processor
}

func (p *head) push(w row) error {
	if p.left == 0 {
		return errEnough
	}
	p.left--
	if err := p.next.push(w); err != nil || p.left > 0 {
		return err
	}
	return errEnough
}

func (p *head) finish() error { return p.next.finish() }

// tail keeps the last rows.
type tail struct {
	n      int
	rows   []row
	at     int // where the oldest is, once there are n
	memory *memory
	next   processor
}

func (p *tail) push(w row) error {
	switch {
	case p.n == 0:
		return errEnough
	case len(p.rows) < p.n:
		p.rows = append(p.rows, w)
		return p.memory.keepRow(&w)
	}
	old := &p.rows[p.at]
	if err := p.memory.swapRow(old, &w); err != nil {
		return err
	}
	*old = w
	p.at = (p.at + 1) % p.n
	return nil
}

func (p *tail) finish() error {
	return passOn(slices.Concat(p.rows[p.at:], p.rows[:p.at]), p.next)
}

// passOn gives rows to a processor and finishes it.
func passOn(rows []row, next processor) error {
	for _, w := range rows {
		if err := next.push(w); err != nil {
			return finishAfter(err, next)
		}
	}
	return next.finish()
}

// finishAfter finishes a processor that wants no more; any other error stays.
func finishAfter(err error, next processor) error {
	if err != errEnough { //nolint:errorlint // it is passed on as it is, from hand to hand
		return err
	}
	return next.finish()
}

// dedup passes the first rows of each combination of values on.
type dedup struct {
	most   int
	refs   []ref
	seen   map[string]int
	memory *memory
	next   processor
}

func (p *dedup) push(w row) error {
	key, ok := rowKey(p.refs, &w)
	if !ok || p.seen[key] >= p.most {
		return nil
	}
	if p.seen[key]++; p.seen[key] == 1 {
		if err := p.memory.group(); err != nil {
			return err
		}
		if err := p.memory.keep(len(key) + cellOverhead); err != nil {
			return err
		}
	}
	return p.next.push(w)
}

func (p *dedup) finish() error { return p.next.finish() }

// rowKey is equal for rows that print the same values, a list as a whole; ok is false
// when one is not there.
func rowKey(refs []ref, w *row) (key string, ok bool) {
	var b []byte
	for _, r := range refs {
		c := r.of(w)
		if !c.there() {
			return "", false
		}
		b = appendKey(b, c)
	}
	return string(b), true
}

// appendKey writes a value so that no two lists of values look the same.
func appendKey(b []byte, c Cell) []byte {
	text := c.String()
	b = strconv.AppendInt(b, int64(len(text)), 10)
	return append(append(b, ':'), text...)
}
