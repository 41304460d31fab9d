// SPDX-License-Identifier: Apache-2.0

// Package detect runs rules over events and reports findings. Live, replay and
// backtest are this one code path.
//
//	Source (journal) ─▶ Run ─▶ Engine.Observe ─▶ findings ─┐
//	                     ▲                                 ▼
//	               Store.Resume ◀─────────── Store.Commit: findings, events,
//	                                         cursor, snapshot in one transaction
//
// Engine is a pure function of the events that it was shown, in their order: time
// comes from the event, there is no clock and no I/O. An event that was marked
// late when it was committed moves nothing and is counted.
//
// Run makes that durable. What a batch raised is committed together with the
// position that it reaches to; after a crash the engine goes back to its last
// snapshot, reads the events since then again, and keeps to itself what was
// committed before: nothing is missed and nothing is raised twice.
//
// An Engine belongs to one goroutine (Run's, when Run is used); Stats, Settle and
// Forget may be called by others.
package detect

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

// Options bound an Engine's memory. Zero values are the defaults of package
// window.
type Options struct {
	// Allowance is how far behind its origin's watermark an event may be.
	Allowance time.Duration
	// MaxKeys bounds the tracks of each rule, MaxOrigins the watermarks.
	MaxKeys, MaxOrigins int
}

// Engine holds the rules with their windows. Make one with New.
type Engine struct {
	options    Options
	rules      []*counting
	byCategory map[string][]*counting
	always     []*counting
	marks      *window.Watermarks
	out        []rule.Finding

	ord      uint64 // of the last event observed
	observed uint64
	late     uint64
	found    uint64
	stats    atomic.Pointer[Stats]
	asks     asks
}

// Stats are an Engine's figures for metrics, as of the end of the last batch.
type Stats struct {
	Ord      uint64 // the journal position that was reached
	Observed uint64 // events
	Late     uint64 // events that came too late to count
	Findings uint64 // reported, growth not counted
	Origins  int
	Rules    []RuleStats
}

// RuleStats are one rule's figures.
type RuleStats struct {
	RuleID   string
	Type     string
	Hits     uint64 // events that met the rule or a base of it
	Findings uint64
	Windows  window.Stats
}

// New compiles linked rules into an Engine. Rules that are only the base of a
// correlation report nothing themselves.
func New(rules []*rule.Rule, o Options) (*Engine, error) {
	n := &Engine{options: o, byCategory: map[string][]*counting{}, marks: window.NewWatermarks(o.Allowance, o.MaxOrigins)}
	for _, r := range rules {
		if !r.Fires() {
			continue
		}
		if c := r.Correlation; c != nil && len(c.Bases) == 0 {
			return nil, fmt.Errorf("rule %s (%s:%d) is not linked to the rules that it counts", r.ID, r.File, r.Line)
		}
		c := compile(r, o)
		n.rules = append(n.rules, c)
		if c.categories == nil {
			n.always = append(n.always, c)
		}
	}
	for _, c := range n.rules {
		for _, category := range c.categories {
			if list := n.byCategory[category]; len(list) == 0 || list[len(list)-1] != c {
				n.byCategory[category] = append(list, c)
			}
		}
	}
	n.publish()
	return n, nil
}

// Observe shows the engine the next event and returns what it raised: new
// findings, each after the growth of what came before it. The slice is valid
// until the next call; the event is not kept.
func (n *Engine) Observe(e *event.Event) []rule.Finding {
	n.observed++
	n.ord = max(n.ord, e.Place.Ord)
	mark := n.marks.Advance(e)
	if len(e.Marks) > 0 && e.Marked(event.MarkLate) {
		n.late++
		return nil
	}
	routed := n.byCategory[e.Category]
	if len(routed)+len(n.always) == 0 {
		return nil
	}
	n.out = n.out[:0]
	for _, c := range routed {
		n.out = c.observe(e, mark, n.out)
	}
	for _, c := range n.always {
		n.out = c.observe(e, mark, n.out)
	}
	for i := range n.out {
		if !n.out[i].Grown {
			n.found++
		}
	}
	return n.out
}

// Grown appends the growth of findings since they were last reported. It is
// called at the end of each batch, before Snapshot.
func (n *Engine) Grown(dst []rule.Finding) []rule.Finding {
	for _, c := range n.rules {
		dst = c.grown(dst, nil)
	}
	return dst
}

// pending tells whether Grown would append anything.
func (n *Engine) pending() bool {
	for _, c := range n.rules {
		if c.windows.Pending() {
			return true
		}
	}
	return false
}

// Seed brings another set of watermarks to where the engine's are: the one that
// decides about lateness, at start. It may be called at any time.
func (n *Engine) Seed(w *window.Watermarks) { w.CopyFrom(n.marks) }

// Stats returns the figures as of the end of the last batch; it may be called at
// any time.
func (n *Engine) Stats() Stats { return *n.stats.Load() }

func (n *Engine) publish() {
	s := Stats{Ord: n.ord, Observed: n.observed, Late: n.late, Findings: n.found, Origins: n.marks.Origins()}
	for _, c := range n.rules {
		s.Rules = append(s.Rules, RuleStats{RuleID: c.rule.ID, Type: c.rule.Native.Type, Hits: c.hits, Findings: c.findings, Windows: c.windows.Stats()})
	}
	n.stats.Store(&s)
}

// entries is the size of all windows, to weigh a snapshot against its use.
func (n *Engine) entries() int {
	sum := n.marks.Origins()
	for _, c := range n.rules {
		s := c.windows.Stats()
		sum += s.Entries + s.Tracks
	}
	return sum
}
