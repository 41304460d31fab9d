// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"errors"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Bounds of the errors in one Result: the count of rejected records is exact,
// their list is not endless.
const (
	MaxErrors     = 100
	MaxErrorBytes = 300
)

// How long a refused sender is asked to wait.
const (
	busyRetry        = time.Second
	unavailableRetry = 5 * time.Second
)

// The reasons for which a whole batch is refused.
var (
	// ErrBusy: too much is on its way. The sender comes back later (429).
	ErrBusy = errors.New("too much is on its way, try again later")
	// ErrUnavailable: nothing can be recorded at the moment (503).
	ErrUnavailable = errors.New("events cannot be recorded at the moment")
	// ErrFormat: there is no format of that name (400).
	ErrFormat = errors.New("unknown format")
)

// RefusedError is ErrBusy or ErrUnavailable with its cause.
type RefusedError struct {
	// Err is ErrBusy or ErrUnavailable.
	Err error
	// Cause is why, nil when Err says it all. It is for the log, not for senders.
	Cause error
	// After is how long the sender should wait.
	After time.Duration
}

// Error says what is refused and why.
func (e *RefusedError) Error() string {
	if e.Cause == nil {
		return e.Err.Error()
	}
	return fmt.Sprintf("%v: %v", e.Err, e.Cause)
}

// Unwrap returns both Err and Cause.
func (e *RefusedError) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Err}
	}
	return []error{e.Err, e.Cause}
}

// RetryAfter returns how long to wait before the same batch is tried again; 0
// when trying again does not help.
func RetryAfter(err error) time.Duration {
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return refused.After
	}
	return 0
}

// Batch is a number of records that came together from one sender.
type Batch struct {
	// Input is the name of the input, Sender the id of the token or peer.
	Input, Sender string
	// Source is the source of records that name none.
	Source string
	// Format is the name of a format.
	Format string
	// Peer is the sender's network address without port.
	Peer string
	// Zone is where times without a zone belong, nil when it is not known.
	Zone *time.Location
	// Around is what is known of all records beside them.
	Around Around
	// Items are the records. An empty one (a blank line) is passed over and
	// counts nothing.
	Items [][]byte
	// Private says that the records may hold what nobody shall read, such as prompts: of a
	// rejected one nothing is shown.
	Private bool
	// Origins, when there are any, tell for each of Items where it comes from.
	Origins []Origin
	// Numbered says that a record is a line, so that errors name it by its
	// number, from 1.
	Numbered bool
	// First is the index of the first record where a sender's request is split
	// into several batches.
	First int
	// Wait makes Ingest wait for room instead of answering ErrBusy, and for the
	// outcome where it is open whether an event was recorded: for inputs that push
	// back by not reading on.
	Wait bool
}

// Around is what an envelope tells of the records in it. It counts where they tell
// nothing themselves.
type Around struct {
	Host string
	// Attrs are sorted by key.
	Attrs []event.Attr
}

// weight is what a batch counts against the budget: its bytes and the events of
// the part that is in the stages.
func (b *Batch) weight() int64 {
	var n int64
	for _, it := range b.Items {
		n += int64(len(it))
	}
	return n + int64(min(len(b.Items), chunkItems))*eventCost
}

// ItemError says why a record was rejected.
type ItemError struct {
	// Index counts the records of the sender's request from 0.
	Index int `json:"index"`
	// Err is for the sender, at most MaxErrorBytes long.
	Err string `json:"error"`
}

// Result is what became of a batch. Every record counts in exactly one of
// Accepted and Rejected.
type Result struct {
	// Accepted are the records whose events are recorded, duplicates included.
	Accepted int
	// Duplicates are the accepted records that had been recorded before.
	Duplicates int
	// Rejected are the records that were refused; Errors has the first
	// MaxErrors of them.
	Rejected int
	Errors   []ItemError
	// Refused are the indexes of all rejected records, in the order in which they were
	// found.
	Refused []int32
	// Entries are the sequence numbers that the batch's events got.
	Entries []event.Range
	// Recorded are the same as the journal gave them, with the hashes of their
	// leaves: what a receipt names.
	Recorded []event.Range
}

// Reject counts a rejected record with the reason.
func (r *Result) Reject(index int, reason string) {
	r.Rejected++
	r.Refused = append(r.Refused, int32(index)) //nolint:gosec // below MaxItems
	if len(r.Errors) < MaxErrors {
		r.Errors = append(r.Errors, ItemError{Index: index, Err: clip(reason)})
	}
}

// Add adds the result of a further part of the same request.
func (r *Result) Add(more Result) {
	r.Accepted += more.Accepted
	r.Duplicates += more.Duplicates
	r.Rejected += more.Rejected
	room := max(0, MaxErrors-len(r.Errors))
	r.Errors = append(r.Errors, more.Errors[:min(room, len(more.Errors))]...)
	r.Refused = append(r.Refused, more.Refused...)
	r.addEntries(more.Entries)
	r.Recorded = append(r.Recorded, more.Recorded...)
}

// addEntries joins ranges that continue each other.
func (r *Result) addEntries(ranges []event.Range) {
	for _, g := range ranges {
		joined := false
		for i := range r.Entries {
			if h := &r.Entries[i]; h.Stream == g.Stream && h.Last+1 == g.First {
				h.Last, h.Leaves, joined = g.Last, [32]byte{}, true
				break
			}
		}
		if !joined {
			r.Entries = append(r.Entries, g)
		}
	}
}

// clip bounds a reason and keeps it valid UTF-8.
func clip(s string) string { return clipTo(s, MaxErrorBytes) }

// clipTo bounds a text to n bytes and keeps it valid UTF-8.
func clipTo(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const dots = "…"
	end := n - len(dots)
	for end > 0 && s[end]&0xc0 == 0x80 {
		end--
	}
	return s[:end] + dots
}
