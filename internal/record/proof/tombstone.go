// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The categories of the entries in the stream of the journal's own entries that
// say what is gone.
const (
	CategoryPruned = "journal_pruned"
	CategoryErased = "journal_erased"
	// Those about an archive excuse nothing in the journal that has the entry.
	CategoryArchivePruned = "journal_archive_pruned"
	CategoryArchiveErased = "journal_archive_erased"
)

const (
	// maxTombstoneRuns bounds the runs of sequence numbers that one tombstone
	// names.
	maxTombstoneRuns = 1 << 16
	tombstonePrefix  = "tombstone."
	// maxHeadersText is the length of Headers: a SHA-256 in hex.
	maxHeadersText = 64
)

// ErrTombstone is wrapped by the errors about an entry that is no tombstone
// although its category says so.
var ErrTombstone = errors.New("malformed tombstone")

// SeqRun is a run of sequence numbers of one stream, both ends included.
type SeqRun struct{ First, Last uint64 }

// Tombstone says that something of a stream is gone by decision: whole ranges, by
// retention, or slots of entries, by erasure. It names no person. It counts only as
// an entry that a checkpoint covers.
type Tombstone struct {
	Erased bool // slots of entries; else whole ranges
	// Origin is that of the archive that it is about; "" is the journal that has the
	// entry.
	Origin string
	Stream string
	Actor  string
	// ID is the erasure's, the same in all of its tombstones.
	ID string
	// Slots are the erased slots' sequence numbers, rising.
	Slots [2][]SeqRun

	// First to Last are the pruned entries, FirstRange to LastRange their ranges.
	First, Last           uint64
	FirstRange, LastRange uint64
	// Headers is the SHA-256, in hex, over the leaf hashes of the ranges' headers,
	// joined in order.
	Headers string
	// Policy is the retention that was in force.
	Policy string
}

// Event puts the tombstone into the category and the attributes of an entry.
func (t *Tombstone) Event(e *event.Event) {
	texts := map[string]string{"stream": t.Stream, "actor": t.Actor}
	if t.Origin != "" {
		texts["origin"] = t.Origin
	}
	e.Category = t.category()
	if t.Erased {
		texts["id"] = t.ID
		for slot, runs := range t.Slots {
			texts["slot"+strconv.Itoa(slot)] = formatRuns(runs)
		}
	} else {
		for name, n := range map[string]uint64{
			"first_seq": t.First, "last_seq": t.Last, "first_range": t.FirstRange, "last_range": t.LastRange,
		} {
			texts[name] = strconv.FormatUint(n, 10)
		}
		texts["headers"], texts["policy"] = t.Headers, t.Policy
	}
	for name, text := range texts {
		e.SetAttr(tombstonePrefix+name, event.Text(text))
	}
}

func (t *Tombstone) category() string {
	switch {
	case t.Origin != "" && t.Erased:
		return CategoryArchiveErased
	case t.Origin != "":
		return CategoryArchivePruned
	case t.Erased:
		return CategoryErased
	}
	return CategoryPruned
}

// ParseTombstone reads what Event wrote of a tombstone without an origin; ok is false
// for an entry of another category. Errors wrap ErrTombstone.
func ParseTombstone(e *event.Event) (t Tombstone, ok bool, err error) {
	if e.Category != CategoryPruned && e.Category != CategoryErased {
		return t, false, nil
	}
	texts := attrTexts(e, tombstonePrefix)
	delete(texts, "origin")
	t, err = parseTombstone(e.Category == CategoryErased, texts)
	return t, true, err
}

// ParseArchiveTombstone is ParseTombstone for those about an archive.
func ParseArchiveTombstone(e *event.Event) (t Tombstone, ok bool, err error) {
	if e.Category != CategoryArchivePruned && e.Category != CategoryArchiveErased {
		return t, false, nil
	}
	texts := attrTexts(e, tombstonePrefix)
	if !validOrigin(texts["origin"]) {
		return t, true, fmt.Errorf("%w: origin %.60q", ErrTombstone, texts["origin"])
	}
	t, err = parseTombstone(e.Category == CategoryArchiveErased, texts)
	return t, true, err
}

func parseTombstone(erased bool, texts map[string]string) (t Tombstone, err error) {
	t = Tombstone{Erased: erased, Origin: texts["origin"], Stream: texts["stream"], Actor: texts["actor"]}
	if !ValidStream(t.Stream) {
		return t, fmt.Errorf("%w: stream %.80q", ErrTombstone, t.Stream)
	}
	if t.Erased {
		err = t.parseErased(texts)
	} else {
		err = t.parsePruned(texts)
	}
	return t, err
}

func (t *Tombstone) parseErased(texts map[string]string) (err error) {
	if t.ID = texts["id"]; t.ID == "" {
		return fmt.Errorf("%w: no id", ErrTombstone)
	}
	for slot := range t.Slots {
		if t.Slots[slot], err = parseRuns(texts["slot"+strconv.Itoa(slot)]); err != nil {
			return fmt.Errorf("slot %d: %w", slot, err)
		}
	}
	if len(t.Slots[0])+len(t.Slots[1]) == 0 {
		return fmt.Errorf("%w: no slots", ErrTombstone)
	}
	return nil
}

func (t *Tombstone) parsePruned(texts map[string]string) error {
	for name, to := range map[string]*uint64{
		"first_seq": &t.First, "last_seq": &t.Last, "first_range": &t.FirstRange, "last_range": &t.LastRange,
	} {
		n, err := ParseDecimal(texts[name])
		if err != nil || n == 0 {
			return fmt.Errorf("%w: %s %.40q", ErrTombstone, name, texts[name])
		}
		*to = n
	}
	t.Headers, t.Policy = texts["headers"], texts["policy"]
	if t.First > t.Last || t.FirstRange > t.LastRange || len(t.Headers) != maxHeadersText {
		return fmt.Errorf("%w: ranges", ErrTombstone)
	}
	return nil
}

// formatRuns writes runs as "17-19,40": each run's ends, or its one number.
func formatRuns(runs []SeqRun) string {
	var b []byte
	for i, r := range runs {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, r.First, 10)
		if r.Last > r.First {
			b = append(b, '-')
			b = strconv.AppendUint(b, r.Last, 10)
		}
	}
	return string(b)
}

// parseRuns reads what formatRuns wrote and nothing else: rising, apart.
func parseRuns(text string) (runs []SeqRun, err error) {
	if text == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		first, last, pair := strings.Cut(part, "-")
		r := SeqRun{}
		if r.First, err = ParseDecimal(first); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrTombstone, err)
		}
		r.Last = r.First
		if pair {
			if r.Last, err = ParseDecimal(last); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrTombstone, err)
			}
		}
		if n := len(runs); r.First == 0 || pair && r.Last <= r.First || n > 0 && r.First <= runs[n-1].Last+1 || n >= maxTombstoneRuns {
			return nil, fmt.Errorf("%w: runs of sequence numbers", ErrTombstone)
		}
		runs = append(runs, r)
	}
	return runs, nil
}
