// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

// FlowMinutes is how far back a Flow tells each minute's count.
const FlowMinutes = 60

// The bounds of what is told apart by name, and of the samples kept for one input.
const (
	maxFlows   = 1000
	maxSamples = 20
	// maxPartSamples are taken of one part of a batch, which may be refused as a whole.
	maxPartSamples = 3
	// maxExcerpt bounds a sample's excerpt, and scrubbed is how much of the record is
	// searched for secrets to make it: what is cut through at its end is not shown.
	maxExcerpt = 200
	scrubbed   = 4 << 10
)

// otherFlow counts what comes under further names.
const otherFlow = "other"

// FlowKind is by what flows are told apart.
type FlowKind uint8

// The kinds of flows.
const (
	ByInput FlowKind = iota
	BySource
	BySender
	flowKinds
)

// Flow is what came in under one name since the start.
type Flow struct {
	Name string
	// Accepted and Rejected count records by input and sender, events by source (of
	// which none is rejected); duplicates are accepted.
	Accepted, Rejected uint64
	// Last is when the latest accepted one came, in nanoseconds since 1970, 0 when none
	// has. Behind is by how many nanoseconds its own time was earlier.
	Last, Behind int64
	// Minutes are the accepted of the last minutes, the oldest first, the last one the
	// current minute.
	Minutes [FlowMinutes]uint32
	// Samples are the latest rejected records, the newest first: of inputs alone.
	Samples []Sample
}

// Sample is one rejected record, for people. Its texts are free of secrets.
type Sample struct {
	// At is the time of receipt in nanoseconds since 1970.
	At             int64
	Sender, Reason string
	// Excerpt is the beginning of the record.
	Excerpt string
}

// flow is a Flow while it is counted; minutes is a ring by the minute since 1970.
type flow struct {
	Flow
	minute int64
	ring   [FlowMinutes]uint32
}

// flows are all flows. It is safe for concurrent use.
type flows struct {
	mu sync.Mutex
	of [flowKinds]map[string]*flow
}

func newFlows() *flows {
	f := &flows{}
	for k := range f.of {
		f.of[k] = map[string]*flow{}
	}
	return f
}

// get returns the flow of a name, which it makes when there is room. The lock is held.
func (f *flows) get(kind FlowKind, name string) *flow {
	fl := f.of[kind][name]
	if fl == nil {
		if len(f.of[kind]) >= maxFlows {
			name = otherFlow
			if fl = f.of[kind][name]; fl != nil {
				return fl
			}
		}
		fl = &flow{Flow: Flow{Name: strings.Clone(name)}} // it may be a part of a large body
		f.of[kind][fl.Name] = fl
	}
	return fl
}

// turn empties the minutes between the last one that was counted in and this one.
func (fl *flow) turn(minute int64) {
	for m := max(fl.minute+1, minute-FlowMinutes+1); m <= minute; m++ {
		fl.ring[m%FlowMinutes] = 0
	}
	fl.minute = max(fl.minute, minute)
}

// count adds records or events that came at a time, of which newest is the latest time
// that one of them tells, 0 for none.
func (fl *flow) count(accepted, rejected int, at, newest int64) {
	fl.Accepted += uint64(accepted) //nolint:gosec // a count
	fl.Rejected += uint64(rejected) //nolint:gosec // a count
	if accepted == 0 {
		return
	}
	minute := at / int64(time.Minute)
	if minute > fl.minute {
		fl.turn(minute)
	}
	if minute > fl.minute-FlowMinutes {
		fl.ring[minute%FlowMinutes] += uint32(accepted) //nolint:gosec // a part of a batch
	}
	if fl.Last = max(fl.Last, at); newest != 0 {
		fl.Behind = max(0, at-newest)
	}
}

// Flows returns what came in, by name, as it is at now.
func (p *Pipeline) Flows(kind FlowKind, now time.Time) []Flow {
	if kind >= flowKinds {
		return nil
	}
	f := p.flows
	minute := now.Unix() / 60
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]Flow, 0, len(f.of[kind]))
	for _, fl := range f.of[kind] {
		c := fl.Flow
		c.Samples = slices.Clone(fl.Samples)
		slices.Reverse(c.Samples)
		for i := range int64(FlowMinutes) {
			if m := minute - FlowMinutes + 1 + i; m <= fl.minute && m > fl.minute-FlowMinutes {
				c.Minutes[i] = fl.ring[m%FlowMinutes]
			}
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Flow) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// flowed counts the part: by input and sender its records, by source its events.
func (r *run) flowed(accepted, rejected int, recorded bool) {
	newest := int64(0)
	if recorded {
		newest = r.bySource()
	}
	f := r.pipeline.flows
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.get(ByInput, r.input)
	in.count(accepted, rejected, r.received, newest)
	for _, s := range r.samples {
		if len(in.Samples) >= maxSamples {
			in.Samples = append(in.Samples[:0], in.Samples[1:]...)
		}
		in.Samples = append(in.Samples, s)
	}
	f.get(BySender, r.sender).count(accepted, rejected, r.received, newest)
	if !recorded {
		return
	}
	for i := range r.sources {
		s := &r.sources[i]
		f.get(BySource, s.name).count(s.events, 0, r.received, s.newest)
	}
}

// sourceCount is how many events of a part are of one source, and the latest time that
// one of them tells.
type sourceCount struct {
	name   string
	events int
	newest int64
}

// bySource counts the part's events by their sources, of which there are few.
func (r *run) bySource() (newest int64) {
	clear(r.sources)
	r.sources = r.sources[:0]
	last := 0
	for _, e := range r.events {
		if last >= len(r.sources) || r.sources[last].name != e.Source {
			last = slices.IndexFunc(r.sources, func(s sourceCount) bool { return s.name == e.Source })
			if last < 0 {
				last = len(r.sources)
				r.sources = append(r.sources, sourceCount{name: e.Source})
			}
		}
		s := &r.sources[last]
		s.events++
		if e.Time != e.Received {
			s.newest = max(s.newest, e.Time)
			newest = max(newest, e.Time)
		}
	}
	return newest
}

// sample keeps a rejected record to be shown. raw is nil where there are no bytes.
func (r *run) sample(raw []byte, reason string) {
	if len(r.samples) >= maxPartSamples {
		return
	}
	excerpt := strings.ToValidUTF8(string(raw[:min(len(raw), scrubbed)]), "\ufffd")
	r.samples = append(r.samples, Sample{
		At: r.received, Sender: strings.Clone(r.sender), Reason: reason, Excerpt: clipTo(r.scrub(excerpt), maxExcerpt),
	})
}

// scrub takes secrets out of a text for people.
func (r *run) scrub(text string) string {
	if r.pipeline.opt.Scrub == nil {
		return text
	}
	return r.pipeline.opt.Scrub(text)
}
