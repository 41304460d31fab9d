// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"cmp"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Status is the verdict on a whole journal.
type Status string

// The verdicts on a journal. Valid and Witnessed need a memory outside the machine;
// what only holds together is Unanchored.
const (
	Valid      Status = "VALID"
	Witnessed  Status = "WITNESSED"
	Unanchored Status = "UNANCHORED"
	Diverged   Status = "DIVERGED"
	Invalid    Status = "INVALID"
)

// Verdict is what became of an entry that is not OK.
type Verdict string

// The verdicts on entries.
const (
	// Altered: what is there is not what was recorded.
	Altered Verdict = "ALTERED"
	// Removed: it is gone from among its neighbours.
	Removed Verdict = "REMOVED"
	// Inserted: it is there, but was never recorded.
	Inserted Verdict = "INSERTED"
	// Reordered: it is whole, but not at its place.
	Reordered Verdict = "REORDERED"
	// Duplicated: it is there more than once.
	Duplicated Verdict = "DUPLICATED"
	// Truncated: it was durable at the journal's end, which was cut off.
	Truncated Verdict = "TRUNCATED"
	// Missing: the file that held it is gone, or it was lost before its seal.
	Missing Verdict = "MISSING"
)

// maxFindings bounds the entries that a report names.
const maxFindings = 10000

// Report is what Verify found.
type Report struct {
	Status Status `json:"status"`
	Origin string `json:"origin"`
	// Total counts the entries that the journal should hold, Verified those
	// that were recomputed and are right, Tampered those that are not.
	Total    int64 `json:"total"`
	Verified int64 `json:"verified"`
	Tampered int64 `json:"tampered"`
	// Erased counts the entries, among those verified, that an erasure has taken
	// slots of; Pruned those that retention has dropped, which Total leaves out.
	Erased int64 `json:"erased"`
	Pruned int64 `json:"pruned"`
	// MACs is "checked", "not checked" or "partly checked".
	MACs string `json:"macs"`
	// Entries names what is wrong, by stream and sequence number.
	Entries []Finding `json:"entries"`
	// Omitted counts runs of entries beyond those that Entries has room for.
	Omitted int `json:"omitted,omitempty"`
	// Files names damaged files.
	Files []FileFinding `json:"files"`
	// Streams says what was looked at.
	Streams []StreamReport `json:"streams"`
	// Ord is how far the journal goes.
	Ord uint64 `json:"ord"`
	// Headers is how many sealed ranges the log of headers has, Checkpoint the
	// journal's own signature over them.
	Headers    uint64  `json:"headers"`
	Checkpoint *Anchor `json:"checkpoint,omitempty"`
	// Anchors are the checkpoints from outside that the journal continues,
	// Unsigned those whose signature no key could check, Witnesses what
	// trusted witnesses have co-signed of it.
	Anchors   []Anchor `json:"anchors,omitempty"`
	Unsigned  []Anchor `json:"unsigned,omitempty"`
	Witnesses []Anchor `json:"witnesses,omitempty"`
	// Diverged are the entries where the journal leaves a history that somebody
	// knows; without a last one, everything from the first on.
	Diverged []event.Range `json:"diverged,omitempty"`
	// Archives are the journals that came before this one, the oldest first. Total,
	// Verified, Tampered, Erased and Pruned count theirs too; their entries are named
	// there.
	Archives []ArchiveReport `json:"archives,omitempty"`
	// Receipts says what became of each receipt that was given.
	Receipts []ReceiptFinding `json:"receipts,omitempty"`
	// Completeness is a verdict of its own; where entries are gone it is GAPS.
	Completeness Completeness `json:"completeness"`
	// Running says that a journal was open while it was verified.
	Running bool `json:"running"`
}

// Finding is a run of entries of one stream with one verdict.
type Finding struct {
	Stream string `json:"stream"`
	Seq    uint64 `json:"seq"`
	// LastSeq is the last of the run, 0 when it is one entry.
	LastSeq uint64  `json:"last_seq,omitempty"`
	Verdict Verdict `json:"verdict"`
}

// FileFinding is a file with damage.
type FileFinding struct {
	File   string `json:"file"` // below the journal's folder
	Damage string `json:"damage"`
	// Evidence says that the file is evidence: its damage makes the journal
	// INVALID. Damage to any other file is repaired when the journal opens.
	Evidence bool `json:"evidence"`
	// Entries are those that the damaged part speaks of, where it can be told.
	Entries []event.Range `json:"entries,omitempty"`
}

// StreamReport says what a stream holds.
type StreamReport struct {
	Stream   string `json:"stream"`
	Last     uint64 `json:"last_seq"`
	Segments int    `json:"segments"`
	Unsealed int64  `json:"unsealed"`
}

// OK tells whether the command succeeds: nothing is wrong with any entry.
func (r *Report) OK() bool { return r.Status != Invalid && r.Status != Diverged }

// find notes a run of entries.
func (r *Report) find(stream string, first, last uint64, v Verdict) {
	if last < first {
		return
	}
	r.Tampered += int64(last-first) + 1 //nolint:gosec // counts stay far below 2^63
	if n := len(r.Entries); n > 0 {
		p := &r.Entries[n-1]
		if p.Stream == stream && p.Verdict == v && max(p.Seq, p.LastSeq)+1 == first {
			p.LastSeq = last
			return
		}
	}
	if len(r.Entries) >= maxFindings {
		r.Omitted++
		return
	}
	f := Finding{Stream: stream, Seq: first, Verdict: v}
	if last > first {
		f.LastSeq = last
	}
	r.Entries = append(r.Entries, f)
}

func (r *Report) file(name, damage string, evidence bool, entries ...event.Range) {
	for i := range r.Files {
		if f := &r.Files[i]; f.File == name && f.Damage == damage {
			f.Entries = append(f.Entries, entries...)
			return
		}
	}
	if len(r.Files) >= maxFindings {
		r.Omitted++
		return
	}
	r.Files = append(r.Files, FileFinding{File: name, Damage: damage, Evidence: evidence, Entries: entries})
}

// conclude sorts the findings and gives the verdict; diverged says that the journal
// leaves a history that is known.
func (r *Report) conclude(diverged bool) {
	slices.SortFunc(r.Entries, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Seq, b.Seq))
	})
	r.joinFindings()
	r.Diverged = joinedOpen(r.Diverged)
	slices.SortFunc(r.Files, func(a, b FileFinding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Damage, b.Damage))
	})
	switch {
	case len(r.Anchors) > 0:
		r.Status = Valid
	case len(r.Witnesses) > 0:
		r.Status = Witnessed
	default:
		r.Status = Unanchored
	}
	if r.Tampered > 0 {
		r.Status = Invalid
	}
	for i := range r.Files {
		if r.Files[i].Evidence {
			r.Status = Invalid
		}
	}
	if diverged {
		r.Status = Diverged
	}
	if r.Entries == nil {
		r.Entries = []Finding{}
	}
	if r.Files == nil {
		r.Files = []FileFinding{}
	}
}

// joinFindings makes one of sorted findings that overlap and say the same, as when
// the journal's end and a receipt both know of an entry; it counts each entry once.
func (r *Report) joinFindings() {
	type kind struct {
		stream  string
		verdict Verdict
	}
	last := map[kind]int{}
	out := r.Entries[:0]
	for _, f := range r.Entries {
		k := kind{f.Stream, f.Verdict}
		if at, there := last[k]; there {
			p := &out[at]
			end, next := max(p.Seq, p.LastSeq), max(f.Seq, f.LastSeq)
			if f.Seq <= end {
				r.Tampered -= int64(min(end, next)-f.Seq) + 1 //nolint:gosec // counts stay far below 2^63
				if next > end {
					p.LastSeq = next
				}
				continue
			}
		}
		last[k] = len(out)
		out = append(out, f)
	}
	r.Entries = out
	r.noteGaps(r.Entries)
	for i := range r.Archives {
		r.noteGaps(r.Archives[i].Entries)
	}
	r.Completeness.Gone = max(r.Completeness.Gone-r.Completeness.Lost, 0) // those lost before their seal are findings too
}

// noteGaps says GAPS where entries are gone.
func (r *Report) noteGaps(entries []Finding) {
	for _, f := range entries {
		if f.Verdict == Removed || f.Verdict == Truncated || f.Verdict == Missing {
			r.Completeness.Status = Gaps
			r.Completeness.Gone += int64(max(f.Seq, f.LastSeq)-f.Seq) + 1 //nolint:gosec // counts stay far below 2^63
		}
	}
}

// joinedOpen sorts runs of entries and joins those that touch or overlap; a run
// without a last entry takes everything behind its first.
func joinedOpen(runs []event.Range) (out []event.Range) {
	slices.SortFunc(runs, func(a, b event.Range) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.First, b.First))
	})
	for _, g := range runs {
		if n := len(out); n > 0 && out[n-1].Stream == g.Stream && (out[n-1].Last == 0 || g.First <= out[n-1].Last+1) {
			if p := &out[n-1]; p.Last != 0 && (g.Last == 0 || g.Last > p.Last) {
				p.Last = g.Last
			}
			continue
		}
		out = append(out, g)
	}
	return out
}
