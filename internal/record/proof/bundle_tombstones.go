// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

const (
	// maxBundleRuns bounds the runs of sequence numbers that all tombstones of a
	// bundle name together, and so the memory for them.
	maxBundleRuns = 1 << 22
	// tombstoneRuns is how many runs a tombstone's own memory counts for.
	tombstoneRuns = 32
)

var errTombstones = errors.New("more tombstones than can be held")

// bundleTombstones are those of the proven entries so far, by sequence number in
// SystemStream.
type bundleTombstones struct {
	all  map[uint64]*provenTombstone
	runs int
}

// provenTombstone is a tombstone and the headers that passed of those it names.
type provenTombstone struct {
	Tombstone
	next    uint64 // the range whose header comes next, 0 when one was left out
	headers hash.Hash
}

// take remembers an entry that is a tombstone. One that cannot be read, or whose
// attributes are not open, excuses nothing. The error says that there are too many.
func (t *bundleTombstones) take(e *event.Event, what SlotState) error {
	if e.Place.Stream != SystemStream || what != SlotOpen {
		return nil
	}
	tomb, ok, err := ParseTombstone(e)
	if err != nil || !ok {
		return nil //nolint:nilerr // it is an entry like others
	}
	if t.runs += tombstoneRuns + len(tomb.Slots[0]) + len(tomb.Slots[1]); t.runs > maxBundleRuns {
		return errTombstones
	}
	if t.all == nil {
		t.all = map[uint64]*provenTombstone{}
	}
	t.all[e.Place.Seq] = &provenTombstone{Tombstone: tomb, next: tomb.FirstRange, headers: sha256.New()}
	return nil
}

// erases tells whether a tombstone names a slot.
func (t *bundleTombstones) erases(at uint64, stream string, seq uint64, slot int) bool {
	tomb := t.all[at]
	if tomb == nil || !tomb.Erased || tomb.Stream != stream {
		return false
	}
	runs := tomb.Slots[slot]
	i := sort.Search(len(runs), func(i int) bool { return runs[i].Last >= seq })
	return i < len(runs) && runs[i].First <= seq
}

// prunes tells why a tombstone does not name a range, "" when it does. When the
// headers of all its ranges have passed, their hash is compared too. SystemStream is
// never pruned.
func (t *bundleTombstones) prunes(at uint64, h *Header, leaf *Hash) (why string) {
	tomb := t.all[at]
	if tomb == nil || tomb.Erased || h.Stream == SystemStream || tomb.Stream != h.Stream || h.Number < tomb.FirstRange || h.Number > tomb.LastRange ||
		h.First < tomb.First || h.Last() > tomb.Last {
		return fmt.Sprintf("no tombstone %d in the bundle says that they are pruned", at)
	}
	if h.Number != tomb.next {
		tomb.next = 0
		return ""
	}
	tomb.next++
	tomb.headers.Write(leaf[:])
	if h.Number == tomb.LastRange && hex.EncodeToString(tomb.headers.Sum(nil)) != tomb.Headers {
		return fmt.Sprintf("tombstone %d is of other headers", at)
	}
	return ""
}
