// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// SystemStream is the stream of the journal's own entries: tombstones, keys,
// policies. Its ranges come first in a bundle.
const SystemStream = "system"

const (
	bundleMagic = "tocsin-bundle/1"
	// maxBundleLine bounds a line: an entry of the largest event in base64.
	maxBundleLine   = 8 << 20
	maxBundleClaims = 1 << 12
)

// ErrBundle is wrapped by the errors about a bundle whose lines have another form
// or order than a bundle's, ErrNoBundle by those about bytes that are none of this
// version.
var (
	ErrBundle   = errors.New("malformed evidence bundle")
	ErrNoBundle = errors.New("not an evidence bundle of this version")
)

// An evidence bundle is a file of lines, each a JSON object; bytes and hashes are
// in base64. docs/journal-format.md has every member.
//
//	head:   which log, which query, the checkpoint with its signatures, key statements
//	header: a sealed range's header and its path to the checkpoint; then its entries:
//	  entry:  public part; of each slot the bytes with their blinder, or the
//	          commitment and why there is no more; its path to the range's root
//	  lost:   an entry that was damaged before the seal
//	  pruned: the range's entries are gone by a tombstone
//	end:    how many of each
//
// Ranges are in the order of streams by name, SystemStream before all others, and
// of their numbers: whoever reads knows each tombstone before what it excuses.

// BundleHead is a bundle's first line. What it says is signed by nobody but where
// Checkpoint or the entries prove it.
type BundleHead struct {
	Origin  string
	Created time.Time
	// Query, From and To are what was asked for; the zero time is no bound.
	Query    string
	From, To time.Time
	// Complete are the runs of sequence numbers of which every one is in the
	// bundle, in the bundle's order.
	Complete []event.Range
	// Checkpoint is the signed note that all paths lead to.
	Checkpoint string
	// Statements are the signed key statements of the journal.
	Statements []string
	// Consistency is nil, or proves that the log continues an older checkpoint.
	Consistency *BundleConsistency
}

// BundleConsistency proves that the checkpoint continues the log of Size headers.
type BundleConsistency struct {
	Size uint64 `json:"size"`
	Root Hash   `json:"root"`
	Path []Hash `json:"path"`
}

// SlotState says what a bundle has of a slot.
type SlotState uint8

// The states of a slot.
const (
	// SlotOpen: the bytes and their blinder.
	SlotOpen SlotState = iota
	// SlotWithheld: the commitment; who made the bundle kept the rest.
	SlotWithheld
	// SlotErased: the commitment; a tombstone says that the rest was erased.
	SlotErased
)

// String returns the word of the state.
func (s SlotState) String() string {
	switch s {
	case SlotOpen:
		return "open"
	case SlotWithheld:
		return "withheld"
	case SlotErased:
		return "erased"
	default:
		return "unknown"
	}
}

// BundleSlot is what a bundle has of a slot of an entry.
type BundleSlot struct {
	State   SlotState
	Blinder Hash   // of an open slot
	Bytes   []byte // canonical bytes of an open slot
	// Commitment is that of a slot that is not open.
	Commitment Hash
	// Tombstone is the sequence number in SystemStream of the one that names an
	// erased slot.
	Tombstone uint64
}

// commitment is that of any slot.
func (s *BundleSlot) commitment(slot int) Hash {
	if s.State == SlotOpen {
		return Commitment(slot, &s.Blinder, s.Bytes)
	}
	return s.Commitment
}

// BundleEntry is an entry of the range whose header came before it.
type BundleEntry struct {
	I      uint32 // number in the range
	Public []byte // canonical bytes
	Slots  [event.Slots]BundleSlot
	Path   []Hash // from its leaf to the range's root
}

// leaf is the entry's leaf.
func (e *BundleEntry) leaf() Hash {
	c0, c1 := e.Slots[0].commitment(0), e.Slots[1].commitment(1)
	return EntryLeaf(e.Public, &c0, &c1)
}

// The lines of a bundle in JSON.
type (
	headLine struct {
		Bundle      string             `json:"bundle"`
		Origin      string             `json:"origin"`
		Created     time.Time          `json:"created"`
		Query       string             `json:"query"`
		From        time.Time          `json:"from,omitzero"`
		To          time.Time          `json:"to,omitzero"`
		Complete    []event.Range      `json:"complete"`
		Checkpoint  string             `json:"checkpoint"`
		Statements  []string           `json:"statements"`
		Consistency *BundleConsistency `json:"consistency,omitzero"`
	}
	// bodyLine has exactly one member.
	bodyLine struct {
		Header *headerLine   `json:"header,omitzero"`
		Entry  *entryLine    `json:"entry,omitzero"`
		Lost   *lostLine     `json:"lost,omitzero"`
		Pruned *prunedLine   `json:"pruned,omitzero"`
		End    *BundleCounts `json:"end,omitzero"`
	}
	headerLine struct {
		Index uint64 `json:"index"`
		Bytes []byte `json:"bytes"`
		Path  []Hash `json:"path"`
	}
	entryLine struct {
		Header uint64                `json:"header"`
		I      uint32                `json:"i"`
		Public []byte                `json:"public"`
		Slots  [event.Slots]slotLine `json:"slots"`
		Path   []Hash                `json:"path"`
	}
	slotLine struct {
		R         *Hash  `json:"r,omitzero"`
		Bytes     []byte `json:"bytes,omitempty"`
		C         *Hash  `json:"c,omitzero"`
		State     string `json:"state,omitempty"`
		Tombstone uint64 `json:"tombstone,omitzero"`
	}
	lostLine struct {
		Header uint64 `json:"header"`
		I      uint32 `json:"i"`
		Path   []Hash `json:"path"`
	}
	prunedLine struct {
		Header    uint64 `json:"header"`
		Tombstone uint64 `json:"tombstone"`
	}
)

// BundleCounts are how many lines of each kind a bundle has.
type BundleCounts struct {
	Headers uint64 `json:"headers"`
	Entries uint64 `json:"entries"`
	Lost    uint64 `json:"lost"`
	Pruned  uint64 `json:"pruned"`
}

// bundleOrder is the order of a bundle's lines.
type bundleOrder struct {
	header Header // the current one; Count is 0 before the first
	index  uint64
	next   uint32 // the least number that the next entry may have
	pruned bool
	counts BundleCounts
}

// start takes a header.
func (o *bundleOrder) start(h *Header, index uint64) error {
	switch last := &o.header; {
	case last.Count == 0: // the first
	case h.Stream == last.Stream:
		if h.Number <= last.Number || h.First <= last.Last() || index <= o.index {
			return fmt.Errorf("%w: header %d, range %d of stream %s, after range %d", ErrBundle, index, h.Number, h.Stream, last.Number)
		}
	case !streamBefore(last.Stream, h.Stream):
		return fmt.Errorf("%w: stream %s after %s", ErrBundle, h.Stream, last.Stream)
	}
	o.header, o.index, o.next, o.pruned = *h, index, 0, false
	o.counts.Headers++
	return nil
}

// take takes the entry with a number in the current range.
func (o *bundleOrder) take(i uint32) error {
	if o.header.Count == 0 || o.pruned || i < o.next || i >= o.header.Count {
		return fmt.Errorf("%w: entry %d of header %d is out of place", ErrBundle, i, o.index)
	}
	o.next = i + 1
	return nil
}

// prune takes all entries of the current range as gone.
func (o *bundleOrder) prune() error {
	if o.header.Count == 0 || o.pruned || o.next > 0 {
		return fmt.Errorf("%w: header %d has entries and none", ErrBundle, o.index)
	}
	o.pruned = true
	o.counts.Pruned++
	return nil
}

// streamBefore tells whether a stream's ranges come before another's.
func streamBefore(a, b string) bool {
	if (a == SystemStream) != (b == SystemStream) {
		return a == SystemStream
	}
	return a < b
}

// check tells what is wrong with a head by itself.
func (h *BundleHead) check() error {
	if !validOrigin(h.Origin) {
		return fmt.Errorf("%w: origin %.60q", ErrBundle, h.Origin)
	}
	if len(h.Complete) > maxBundleClaims || len(h.Statements) > maxStatements {
		return fmt.Errorf("%w: %d claims, %d key statements", ErrBundle, len(h.Complete), len(h.Statements))
	}
	for i, c := range h.Complete {
		if !ValidStream(c.Stream) || c.First == 0 || c.Last < c.First {
			return fmt.Errorf("%w: claim of stream %.70q from %d to %d", ErrBundle, c.Stream, c.First, c.Last)
		}
		if i == 0 {
			continue
		}
		if p := h.Complete[i-1]; p.Stream == c.Stream && c.First <= p.Last || p.Stream != c.Stream && !streamBefore(p.Stream, c.Stream) {
			return fmt.Errorf("%w: the claim of stream %s from %d is out of place", ErrBundle, c.Stream, c.First)
		}
	}
	return nil
}
