// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ReceiptFinding is what became of a receipt.
type ReceiptFinding struct {
	Received time.Time `json:"received"`
	// Status is KEPT, PRUNED, PENDING (nothing was to be sealed yet, and the
	// entries are there), CARRIED (they were not sealed when the journal came to its
	// end, and were recorded again in the one after it) or BROKEN.
	Status string `json:"status"`
	Why    string `json:"why,omitempty"`
}

// The findings about receipts.
const (
	ReceiptKept    = "KEPT"
	ReceiptPruned  = "PRUNED"
	ReceiptPending = "PENDING"
	ReceiptCarried = "CARRIED"
	ReceiptBroken  = "BROKEN"
)

// promise is a run of entries that a receipt names, and the leaves that were found.
type promise struct {
	receipt int // its number
	proof.ReceiptRange
	leaves []hash
	sealed bool // all of them are
}

// promises are those of all receipts.
type promises struct {
	bodies []proof.ReceiptBody
	runs   map[string][]*promise
}

// openReceipts checks the receipts' signatures. One that the journal's keys did not
// sign is an error of the call: it proves nothing about this journal.
func (v *verifier) openReceipts() error {
	if len(v.opts.Receipts) == 0 {
		return nil
	}
	var known []note.Verifier
	if v.opts.Keys != nil {
		for _, k := range v.opts.Keys.Public() {
			if k.Purpose != keyring.Receipt {
				continue
			}
			if key, err := note.NewVerifier(k.VKey); err == nil {
				known = append(known, key)
			}
		}
	}
	known = append(known, v.opts.Trusted...)
	v.promises.runs = map[string][]*promise{}
	for i := range v.opts.Receipts {
		body, err := v.opts.Receipts[i].Check(note.VerifierList(known...))
		if err != nil {
			return fmt.Errorf("receipt %d: %w", i+1, err)
		}
		v.promises.bodies = append(v.promises.bodies, body)
		for _, g := range body.Streams {
			if g.Last-g.First >= maxRangeEntries {
				return fmt.Errorf("receipt %d: it names %d entries in one run", i+1, g.Last-g.First+1)
			}
			v.promises.runs[g.Stream] = append(v.promises.runs[g.Stream], &promise{receipt: i, ReceiptRange: g, leaves: make([]hash, g.Last-g.First+1), sealed: true})
		}
	}
	return nil
}

// found notes the leaves of consecutive entries, from first on; zero is none.
func (v *verifier) found(stream string, first uint64, leaves []hash, sealed bool) {
	if len(v.promises.runs) == 0 || len(leaves) == 0 {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	last := first + uint64(len(leaves)) - 1
	for _, p := range v.promises.runs[stream] {
		for seq := max(first, p.First); seq <= min(last, p.Last); seq++ {
			if at := &p.leaves[seq-p.First]; *at == (hash{}) {
				*at = leaves[seq-first]
				p.sealed = p.sealed && sealed
			}
		}
	}
}

// checkReceipts compares what was found with what was promised.
func (v *verifier) checkReceipts() {
	if len(v.promises.bodies) == 0 {
		return
	}
	findings := make([]ReceiptFinding, len(v.promises.bodies))
	for i := range findings {
		b := &v.promises.bodies[i]
		findings[i] = ReceiptFinding{Received: time.Unix(0, b.Received).UTC(), Status: ReceiptKept}
		if b.Origin != v.report.Origin {
			findings[i] = ReceiptFinding{Received: findings[i].Received, Status: ReceiptBroken, Why: "it is of the journal " + b.Origin}
		}
	}
	for stream, runs := range v.promises.runs {
		for _, p := range runs {
			v.judgePromise(stream, p, &findings[p.receipt])
		}
	}
	v.report.Receipts = findings
	for i := range findings {
		if findings[i].Status == ReceiptBroken {
			v.forked = true
		}
	}
}

// judgePromise compares one run.
func (v *verifier) judgePromise(stream string, p *promise, f *ReceiptFinding) {
	if f.Status == ReceiptBroken {
		return
	}
	if proof.LeavesHash(p.leaves) == p.Leaves {
		if !p.sealed {
			f.Status = ReceiptPending
			if b := &v.promises.bodies[p.receipt]; time.Now().UnixNano() > b.SealBy && !v.report.Running {
				f.Why = fmt.Sprintf("stream %s, %d to %d: not under a checkpoint at %s, as promised; the journal did not run", stream, p.First, p.Last, time.Unix(0, b.SealBy).UTC().Format(time.RFC3339))
			}
		}
		return
	}
	if v.prunedRun(stream, p.First, p.Last) {
		f.Status = ReceiptPruned
		return
	}
	if v.wereCarried(stream, p) {
		f.Status = ReceiptCarried
		f.Why = fmt.Sprintf("stream %s, %d to %d: entries that were not sealed became entries of the journal after this one", stream, p.First, p.Last)
		return
	}
	f.Status = ReceiptBroken
	f.Why = fmt.Sprintf("stream %s, %d to %d: not what was acknowledged", stream, p.First, p.Last)
	if v.afterBackup(stream, p) {
		f.Why = fmt.Sprintf("stream %s, %d to %d: not in the archive: acknowledged at %s, and the backup that was restored, of %s, does not have it",
			stream, p.First, p.Last, f.Received.Format(time.RFC3339), v.backup.UTC().Format(time.RFC3339))
	}
	last := uint64(0)
	for seq := p.First; seq <= p.Last; seq++ {
		if p.leaves[seq-p.First] != (hash{}) {
			last = seq
		}
	}
	if last == 0 {
		v.report.find(stream, p.First, p.Last, Truncated)
		return
	}
	v.report.find(stream, p.First, last, Altered)
	v.report.find(stream, last+1, p.Last, Truncated)
}

// prunedRun tells whether a run lies in ranges that retention has dropped.
func (v *verifier) prunedRun(stream string, first, last uint64) bool {
	s := v.streams[stream]
	if s == nil {
		return false
	}
	for _, at := range s.indexes {
		h := &v.headers[at].Header
		if h.First <= last && first <= h.Last() && v.ranges[at].state != dropped {
			return false
		}
	}
	n := len(s.indexes)
	return n > 0 && v.headers[s.indexes[n-1]].Header.Last() >= last
}
