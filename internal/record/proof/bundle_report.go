// SPDX-License-Identifier: Apache-2.0

package proof

import (
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The verdicts about a bundle.
const (
	// BundleValid: everything in it is under a checkpoint that a trusted key signed.
	BundleValid = "VALID"
	// BundleWitnessed: and a witness that is known signed the checkpoint, too.
	BundleWitnessed = "WITNESSED"
	// BundleDiverged: the checkpoint does not continue the one that the reader holds.
	BundleDiverged = "DIVERGED"
	// BundleInvalid: something in it is not as it was sealed, or is not proven.
	BundleInvalid = "INVALID"
)

// Whether a bundle has all that its query asked for.
const (
	CompleteProven     = "proven"
	CompleteNotClaimed = "not claimed"
	CompleteNotProven  = "not proven"
)

// maxFailures bounds the failures and notices that are listed.
const maxFailures = 1000

// BundleReport is what CheckBundle found. Origin, Checkpoint and all behind it are
// proven when OK; the head's other members are what whoever made the bundle says.
type BundleReport struct {
	Status string `json:"status"`
	Origin string `json:"origin"`

	Created time.Time `json:"created,omitzero"`
	Query   string    `json:"query"`
	From    time.Time `json:"from,omitzero"`
	To      time.Time `json:"to,omitzero"`

	Size uint64 `json:"size"` // headers under the checkpoint
	Root string `json:"root"` // of the checkpoint, in base64
	// Signers are the journal's own keys that signed the checkpoint, `name+hash`.
	Signers []string `json:"signers"`
	// Witnesses are the known ones that did, too.
	Witnesses []BundleWitness `json:"witnesses,omitempty"`
	// Older tells whether the log continues the checkpoint that the reader holds:
	// CompleteProven or CompleteNotProven, "" when there is none.
	Older string `json:"older,omitempty"`

	BundleCounts
	// Open counts entries of which both slots are there, Withheld and Erased those
	// of which one is not.
	Open     uint64 `json:"open"`
	Withheld uint64 `json:"withheld"`
	Erased   uint64 `json:"erased"`

	// Complete is one of the Complete constants, Why says what stands against it.
	Complete string        `json:"complete"`
	Why      string        `json:"why,omitempty"`
	Claims   []BundleClaim `json:"claims,omitempty"`

	// Failures are what is wrong, Notices entries that are lost or pruned.
	Failures []BundleFinding `json:"failures,omitempty"`
	Notices  []BundleFinding `json:"notices,omitempty"`
	// Omitted counts failures and notices that are not listed.
	Omitted uint64 `json:"omitted,omitzero"`

	Receipts []ReceiptFinding `json:"receipts,omitempty"`
}

// OK tells whether the bundle proves what it holds.
func (r *BundleReport) OK() bool { return r.Status == BundleValid || r.Status == BundleWitnessed }

// BundleWitness is a witness's cosignature.
type BundleWitness struct {
	Name string    `json:"name"`
	Time time.Time `json:"time,omitzero"`
}

// BundleClaim is a run of sequence numbers that is said to be complete.
type BundleClaim struct {
	event.Range
	Proven bool `json:"proven"`
}

// BundleFinding is something about a run of entries; Stream is "" when it is about
// the bundle itself.
type BundleFinding struct {
	Stream  string `json:"stream,omitempty"`
	First   uint64 `json:"first_seq,omitzero"`
	Last    uint64 `json:"last_seq,omitzero"`
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

// find adds a finding to a list of the report.
func (r *BundleReport) find(list *[]BundleFinding, f BundleFinding) {
	if n := len(*list); n > 0 { // entries of one kind that follow each other are one
		if p := &(*list)[n-1]; f.Stream != "" && p.Stream == f.Stream && p.Last+1 == f.First && p.Verdict == f.Verdict && p.Why == f.Why {
			p.Last = f.Last
			return
		}
	}
	if len(*list) >= maxFailures {
		r.Omitted++
		return
	}
	*list = append(*list, f)
}
