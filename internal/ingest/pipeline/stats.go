// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Stage is a step whose cost is counted.
type Stage int

// The stages, in the order in which a record passes them. Read and Split belong
// to the inputs, which report them with Spent.
const (
	StageRead Stage = iota
	StageSplit
	StageNormalize
	StageRedact
	StageCut
	StageEnrich
	StageStamp
	StageDedup
	StageRecord
	stageEnd
)

// String returns the stage's name.
func (s Stage) String() string {
	switch s {
	case StageRead:
		return "read"
	case StageSplit:
		return "split"
	case StageNormalize:
		return "normalize"
	case StageRedact:
		return "redact"
	case StageCut:
		return "cut"
	case StageEnrich:
		return "enrich"
	case StageStamp:
		return "stamp"
	case StageDedup:
		return "dedup"
	case StageRecord:
		return "record"
	default:
		return ""
	}
}

// StageTime is what a stage has cost since the start: wall time, which for the
// stages that wait (read, record) includes the waiting.
type StageTime struct {
	Name   string
	Nanos  int64
	Events int64
}

// Stats are counts since the start.
type Stats struct {
	// Inputs are sorted by name.
	Inputs []InputStats
	// IDs is the number of origin ids that are remembered, IDBytes the memory
	// that they take.
	IDs     int
	IDBytes int64
	// Unclassed is the number of source names seen that have no policy.
	Unclassed int
}

// InputStats are the counts of one input. Accepted, Duplicates and Rejected
// count records, Conflicts and Late events.
type InputStats struct {
	Name                           string
	Accepted, Duplicates, Rejected uint64
	Bytes                          uint64
	Conflicts, Late                uint64
	// Busy and Unavailable count batches that were refused.
	Busy, Unavailable uint64
}

type inputCounter struct {
	accepted, duplicates, rejected, bytes atomic.Uint64
	conflicts, late, busy, unavailable    atomic.Uint64
}

// count counts a refused batch.
func (c *inputCounter) count(err error) {
	switch {
	case errors.Is(err, ErrBusy):
		c.busy.Add(1)
	case errors.Is(err, ErrUnavailable):
		c.unavailable.Add(1)
	}
}

// maxInputs bounds the inputs that are counted by name; inputs are configured,
// so that the bound is never met by accident.
const maxInputs = 1000

type counters struct {
	stages [stageEnd]struct{ nanos, events atomic.Int64 }
	mu     *sync.RWMutex
	inputs map[string]*inputCounter
}

func newCounters() counters {
	return counters{mu: &sync.RWMutex{}, inputs: map[string]*inputCounter{}}
}

// of returns the counter of an input.
func (c *counters) of(input string) *inputCounter {
	c.mu.RLock()
	ic := c.inputs[input]
	c.mu.RUnlock()
	if ic != nil {
		return ic
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if ic = c.inputs[input]; ic != nil {
		return ic
	}
	if len(c.inputs) >= maxInputs {
		input = "other"
		if ic = c.inputs[input]; ic != nil {
			return ic
		}
	}
	ic = &inputCounter{}
	c.inputs[input] = ic
	return ic
}

// spend counts the time since start for a stage and returns now.
func (c *counters) spend(s Stage, start time.Time, events int) time.Time {
	now := time.Now()
	c.stages[s].nanos.Add(int64(now.Sub(start)))
	c.stages[s].events.Add(int64(events))
	return now
}

// Spent counts the time since start for a stage that is outside of the pipeline,
// and returns now.
func (p *Pipeline) Spent(s Stage, start time.Time, events int) time.Time {
	return p.counters.spend(s, start, events)
}

// Stages returns what each stage has cost since the start.
func (p *Pipeline) Stages() []StageTime {
	times := make([]StageTime, 0, stageEnd)
	for s := range stageEnd {
		c := &p.counters.stages[s]
		times = append(times, StageTime{Name: s.String(), Nanos: c.nanos.Load(), Events: c.events.Load()})
	}
	return times
}

// Stats returns the counts since the start.
func (p *Pipeline) Stats() Stats {
	var s Stats
	p.counters.mu.RLock()
	for name, c := range p.counters.inputs {
		s.Inputs = append(s.Inputs, InputStats{
			Name: name, Accepted: c.accepted.Load(), Duplicates: c.duplicates.Load(), Rejected: c.rejected.Load(),
			Bytes: c.bytes.Load(), Conflicts: c.conflicts.Load(), Late: c.late.Load(),
			Busy: c.busy.Load(), Unavailable: c.unavailable.Load(),
		})
	}
	p.counters.mu.RUnlock()
	slices.SortFunc(s.Inputs, func(a, b InputStats) int { return cmp.Compare(a.Name, b.Name) })
	p.idsMu.Lock()
	s.IDs, s.IDBytes = p.ids.live(), p.ids.bytes()
	p.idsMu.Unlock()
	s.Unclassed = p.classes.unclassed()
	return s
}
