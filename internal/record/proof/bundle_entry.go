// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// entry takes an entry of the current range. What is wrong with it is no error.
func (c *bundleCheck) entry(e *BundleEntry) error {
	if !c.proven {
		return nil // named with its header
	}
	h := &c.in.order.header
	seq := h.First + uint64(e.I)
	leaf := e.leaf()
	verdict, why := c.judge(e, h, seq, &leaf)
	if verdict != "" {
		c.report.find(&c.report.Failures, BundleFinding{Stream: h.Stream, First: seq, Last: seq, Verdict: verdict, Why: why})
		return nil
	}
	c.ord = c.event.Place.Ord
	if err := c.tombs.take(&c.event, e.Slots[1].State); err != nil {
		return err
	}
	states := [event.Slots]SlotState{e.Slots[0].State, e.Slots[1].State}
	open := states == [event.Slots]SlotState{}
	c.count(open, states)
	c.claims.take(h.Stream, seq, seq, open)
	c.receipts.take(h.Stream, seq, &leaf, false)
	if c.o.Show == nil {
		return nil
	}
	if err := c.o.Show(&c.event, states); err != nil {
		return fmt.Errorf("show entry %d of stream %s: %w", seq, h.Stream, err)
	}
	return nil
}

// count counts an entry by what is there of it.
func (c *bundleCheck) count(open bool, states [event.Slots]SlotState) {
	if open {
		c.report.Open++
	}
	var withheld, erased bool
	for _, s := range states {
		withheld = withheld || s == SlotWithheld
		erased = erased || s == SlotErased
	}
	if withheld {
		c.report.Withheld++
	}
	if erased {
		c.report.Erased++
	}
}

// judge checks an entry and reads its event; no verdict means that it is proven.
func (c *bundleCheck) judge(e *BundleEntry, h *Header, seq uint64, leaf *Hash) (verdict, why string) {
	if err := e.decode(&c.event); err != nil {
		return "ALTERED", err.Error()
	}
	if err := CheckInclusion(*leaf, uint64(e.I), uint64(h.Count), e.Path, h.Root); err != nil {
		return "ALTERED", "it is not in its range"
	}
	ev := &c.event
	if ev.Place.Origin != h.Origin || ev.Place.Stream != h.Stream || ev.Place.Seq != seq {
		return "REORDERED", fmt.Sprintf("it says that it is entry %d of stream %.70q of %.60q", ev.Place.Seq, ev.Place.Stream, ev.Place.Origin)
	}
	if ev.Place.Ord < h.FirstOrd || ev.Place.Ord > h.LastOrd || ev.Place.Ord <= c.ord {
		return "REORDERED", fmt.Sprintf("its number over all streams is %d, in a range from %d to %d and after %d", ev.Place.Ord, h.FirstOrd, h.LastOrd, c.ord)
	}
	if ev.Received < h.MinReceived || ev.Received > h.MaxReceived || ev.Time < h.MinTime || ev.Time > h.MaxTime {
		return "REORDERED", "its times are outside of its range"
	}
	for i := range e.Slots {
		if s := &e.Slots[i]; s.State == SlotErased && !c.tombs.erases(s.Tombstone, h.Stream, seq, i) {
			return "ALTERED", fmt.Sprintf("no tombstone %d in the bundle says that slot %d is erased", s.Tombstone, i)
		}
	}
	return "", ""
}

// lost takes an entry that was damaged before its range was sealed.
func (c *bundleCheck) lost(i uint32, path []Hash) {
	if !c.proven {
		return
	}
	h := &c.in.order.header
	seq := h.First + uint64(i)
	leaf := LostLeaf(h.Stream, seq)
	f := BundleFinding{Stream: h.Stream, First: seq, Last: seq, Verdict: "MISSING", Why: "it was lost before its range was sealed"}
	if CheckInclusion(leaf, uint64(i), uint64(h.Count), path, h.Root) != nil {
		f.Why = "it was not lost before its range was sealed"
		c.report.find(&c.report.Failures, f)
		return
	}
	c.report.find(&c.report.Notices, f)
	c.claims.take(h.Stream, seq, seq, false)
	c.receipts.take(h.Stream, seq, &leaf, true)
}
