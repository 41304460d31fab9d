// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// maxKnown bounds the runs and files that are remembered.
const maxKnown = 20_000

// knownDamage is what people have been told of, so that one damage is one alert,
// however often it is found again. A run is known when its entries are, whatever is
// said of them: a file that is altered today is missing when it was moved away.
type knownDamage struct {
	Entries  []event.Range `json:"entries,omitempty"`
	Files    []string      `json:"files,omitempty"`    // of damage that no entries are named for
	Diverged []event.Range `json:"diverged,omitempty"` // without a last one, everything from the first on
	Forked   bool          `json:"forked,omitempty"`
}

// with is what is known once a report was told; fresh says that there is something in
// it that was not. A journal that is in order again is known for nothing.
func (k *knownDamage) with(r *journal.Report) (next knownDamage, fresh bool) {
	if r.OK() {
		return knownDamage{}, false
	}
	found := knownDamage{Forked: r.Status == journal.Diverged, Diverged: r.Diverged}
	found.addEntries("", r.Entries)
	for i := range r.Archives {
		found.addEntries("origins/"+strconv.Itoa(r.Archives[i].Archive)+"/", r.Archives[i].Entries)
	}
	for i := range r.Files {
		switch f := &r.Files[i]; {
		case !f.Evidence:
		case len(f.Entries) > 0:
			place := archiveOf(f.File)
			for _, g := range f.Entries {
				g.Stream = place + g.Stream
				found.Entries = append(found.Entries, g)
			}
		default:
			found.Files = append(found.Files, f.File)
		}
	}
	next.Entries, fresh = joinRuns(k.Entries, found.Entries)
	var more bool
	next.Diverged, more = joinRuns(k.Diverged, found.Diverged)
	fresh = fresh || more || found.Forked && !k.Forked
	next.Forked = k.Forked || found.Forked
	next.Files = slices.Clone(k.Files)
	for _, f := range found.Files {
		if !slices.Contains(k.Files, f) {
			next.Files, fresh = append(next.Files, f), true
		}
	}
	next.Files = next.Files[:min(len(next.Files), maxKnown)]
	return next, fresh
}

// addEntries adds what was found of a journal. Streams of an archive have its place in
// front, for their numbers are others.
func (k *knownDamage) addEntries(place string, found []journal.Finding) {
	for _, f := range found {
		k.Entries = append(k.Entries, event.Range{Stream: place + f.Stream, First: f.Seq, Last: max(f.Seq, f.LastSeq)})
	}
}

// archiveOf is the place of the archive that a file is in, `origins/<n>/`, "" for none.
func archiveOf(file string) string {
	parts := strings.SplitN(file, "/", 3)
	if len(parts) < 3 || parts[0] != "origins" {
		return ""
	}
	return parts[0] + "/" + parts[1] + "/"
}

// joinRuns joins two sets of runs; more says that b has an entry that a has not. A run
// without a last entry has everything behind its first.
func joinRuns(a, b []event.Range) (all []event.Range, more bool) {
	sorted := func(runs []event.Range) (out []event.Range) {
		runs = slices.Clone(runs)
		slices.SortFunc(runs, func(x, y event.Range) int {
			return cmp.Or(cmp.Compare(x.Stream, y.Stream), cmp.Compare(x.First, y.First))
		})
		for _, g := range runs {
			if g.Last == 0 {
				g.Last = ^uint64(0)
			}
			if n := len(out); n > 0 && out[n-1].Stream == g.Stream && g.First-1 <= out[n-1].Last {
				out[n-1].Last = max(out[n-1].Last, g.Last)
				continue
			}
			out = append(out, event.Range{Stream: g.Stream, First: g.First, Last: g.Last})
		}
		return out
	}
	known := sorted(a)
	all = sorted(slices.Concat(known, b))
	for i := range all {
		if !slices.Contains(known, all[i]) {
			more = true
		}
		if all[i].Last == ^uint64(0) {
			all[i].Last = 0
		}
	}
	return all[:min(len(all), maxKnown)], more
}
