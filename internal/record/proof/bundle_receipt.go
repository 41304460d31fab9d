// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"crypto/sha256"
	"fmt"
	"hash"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The verdicts about a receipt, for each run of entries in it.
const (
	// ReceiptKept: the log has the leaves that were promised.
	ReceiptKept = "KEPT"
	// ReceiptBroken: it has others. The receipt convicts.
	ReceiptBroken = "BROKEN"
	// ReceiptPruned: some of them are pruned by a tombstone.
	ReceiptPruned = "PRUNED"
	// ReceiptNotCovered: the bundle does not have all of them.
	ReceiptNotCovered = "NOT COVERED"
	// ReceiptUnproven: no known key signed the receipt.
	ReceiptUnproven = "UNPROVEN"
)

// ReceiptFinding is the verdict about a run of entries of a receipt.
type ReceiptFinding struct {
	Receipt int `json:"receipt"` // number among those that were given
	event.Range
	Verdict string `json:"verdict"`
	Why     string `json:"why,omitempty"`
}

// receiptCheck compares receipts with the entries that pass.
type receiptCheck struct {
	findings []ReceiptFinding
	open     map[string][]*receiptRun // by stream
}

// receiptRun is a run of entries of a receipt.
type receiptRun struct {
	at     int // of its finding
	want   Hash
	next   uint64 // the next entry that must pass
	sum    hash.Hash
	lost   bool // one of them is said to be lost
	pruned bool
}

// start checks the receipts themselves.
func (c *receiptCheck) start(origin string, receipts []Receipt, known note.Verifiers) {
	c.open = map[string][]*receiptRun{}
	for i := range receipts {
		body, err := receipts[i].Check(known)
		if err == nil && body.Origin != origin {
			err = fmt.Errorf("it is of %s", body.Origin)
		}
		if err != nil {
			c.findings = append(c.findings, ReceiptFinding{Receipt: i, Verdict: ReceiptUnproven, Why: err.Error()})
			continue
		}
		if len(body.Streams) == 0 {
			c.findings = append(c.findings, ReceiptFinding{Receipt: i, Verdict: ReceiptKept, Why: "it promises no entries"})
		}
		for _, s := range body.Streams {
			c.open[s.Stream] = append(c.open[s.Stream], &receiptRun{at: len(c.findings), want: s.Leaves, next: s.First, sum: sha256.New()})
			c.findings = append(c.findings, ReceiptFinding{
				Receipt: i, Range: event.Range{Stream: s.Stream, First: s.First, Last: s.Last}, Verdict: ReceiptNotCovered,
			})
		}
	}
}

// take passes an entry that is proven to be in the log.
func (c *receiptCheck) take(stream string, seq uint64, leaf *Hash, lost bool) {
	for _, r := range c.open[stream] {
		if r.next == seq && seq <= c.findings[r.at].Last {
			r.next++
			r.sum.Write(leaf[:])
			r.lost = r.lost || lost
		}
	}
}

// prune passes entries that are proven to be pruned.
func (c *receiptCheck) prune(stream string, first, last uint64) {
	for _, r := range c.open[stream] {
		if f := &c.findings[r.at]; first <= f.Last && last >= f.First {
			r.pruned = true
		}
	}
}

// finish draws the conclusions.
func (c *receiptCheck) finish() []ReceiptFinding {
	for _, runs := range c.open {
		for _, r := range runs {
			f := &c.findings[r.at]
			switch {
			case r.pruned:
				f.Verdict = ReceiptPruned
			case r.next <= f.Last:
				f.Why = "the bundle does not have all of these entries"
			case Hash(r.sum.Sum(nil)) == r.want:
				f.Verdict = ReceiptKept
			case r.lost:
				f.Verdict, f.Why = ReceiptBroken, "the log says that some of them are lost"
			default:
				f.Verdict, f.Why = ReceiptBroken, "the log has other entries in their place"
			}
		}
	}
	return c.findings
}
