// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"sort"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// tombstones are what the entries of the system stream say is gone.
type tombstones struct {
	// founding is the journal's first own entry, when it stands on an archive.
	founding *proof.Founding
	// archives are those about archives, by their origin.
	archives map[string]*tombstones

	pruned []proof.Tombstone
	erased map[string]*[2][][]proof.SeqRun // of each stream and slot, a list for each tombstone
}

// of are those about the archive with an origin.
func (t *tombstones) of(origin string) *tombstones {
	a := t.archives[origin]
	if a == nil {
		a = &tombstones{}
		if t.archives == nil {
			t.archives = map[string]*tombstones{}
		}
		t.archives[origin] = a
	}
	return a
}

// join takes in what a later journal says of this one.
func (t *tombstones) join(o *tombstones) {
	t.pruned = append(t.pruned, o.pruned...)
	for stream, s := range o.erased {
		for slot, lists := range s {
			for _, runs := range lists {
				tomb := proof.Tombstone{Erased: true, Stream: stream}
				tomb.Slots[slot] = runs
				t.take(&tomb)
			}
		}
	}
}

// take takes a tombstone; one of an archive is kept apart.
func (t *tombstones) take(tomb *proof.Tombstone) {
	if tomb.Origin != "" {
		about := *tomb
		about.Origin = ""
		t.of(tomb.Origin).take(&about)
		return
	}
	if !tomb.Erased {
		t.pruned = append(t.pruned, *tomb)
		return
	}
	if t.erased == nil {
		t.erased = map[string]*[2][][]proof.SeqRun{}
	}
	s := t.erased[tomb.Stream]
	if s == nil {
		s = &[2][][]proof.SeqRun{}
		t.erased[tomb.Stream] = s
	}
	for slot, runs := range tomb.Slots {
		if len(runs) > 0 {
			s[slot] = append(s[slot], runs)
		}
	}
}

// excuses tells whether a tombstone names a slot as erased.
func (t *tombstones) excuses(stream string, seq uint64, slot uint8) bool {
	s := t.erased[stream]
	if s == nil {
		return false
	}
	for _, runs := range s[slot&1] {
		i := sort.Search(len(runs), func(i int) bool { return runs[i].Last >= seq })
		if i < len(runs) && runs[i].First <= seq {
			return true
		}
	}
	return false
}

// covers tells whether a tombstone of retention names these headers: the ranges
// first to last of a stream, whose leaf hashes are given.
func (t *tombstones) covers(stream string, number uint64, sum func(first, last uint64) string) bool {
	for i := range t.pruned {
		p := &t.pruned[i]
		if p.Stream == stream && p.FirstRange <= number && number <= p.LastRange && sum(p.FirstRange, p.LastRange) == p.Headers {
			return true
		}
	}
	return false
}

// headersSum is what a tombstone says of the headers whose ranges it names: the
// SHA-256 over their leaf hashes, joined in order.
func headersSum(leaves []hash) string {
	h := sha256.New()
	for i := range leaves {
		h.Write(leaves[i][:])
	}
	return hex.EncodeToString(h.Sum(nil))
}
