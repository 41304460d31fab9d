// SPDX-License-Identifier: Apache-2.0

// Package erasure is the order to erase one person, from the request to the
// certificate.
//
//	request ─▶ pending ─(approve)─▶ approved ─▶ running ─▶ done
//	              │                    │           ├─▶ refused (a legal hold)
//	              └──────(cancel)──────┴───────────┴─▶ cancelled
//
// Without dual control a request is approved at once; with it somebody else than
// the requester must approve. One that runs can be cancelled only while it cannot
// get on; what it has erased by then stays erased.
//
// The subject's name is in an order as long as somebody needs it, and no longer:
// every end of an order takes it out.
//
// The package does no I/O; record/state keeps the orders, face/app carries them out.
// Its types are plain values without locks.
package erasure

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Status is how far an order is.
type Status string

// The states of an order; the last three are ends.
const (
	Pending   Status = "pending"
	Approved  Status = "approved"
	Running   Status = "running"
	Done      Status = "done"
	Refused   Status = "refused"
	Cancelled Status = "cancelled"
)

// Open tells whether something may still be erased.
func (s Status) Open() bool { return s == Pending || s == Approved || s == Running }

// The limits of a request, in bytes.
const (
	MinSubject = 2
	MaxSubject = 256
	MaxReason  = 1000
)

// Word stands where a name was, in what is kept of things about an erased person.
const Word = "(erased)"

// Actor is who does something to an order. Owner is the person behind it: a user's
// own name, or whoever made the API token. ID names nobody: it is what is recorded
// where nothing can be erased any more.
type Actor struct {
	Name  string
	Owner string
	ID    string
}

// Order is one order. Times are in UTC, zero while there is none.
type Order struct {
	ID      string `json:"id"`
	Status  Status `json:"status"`
	Subject string `json:"subject,omitempty"`
	Reason  string `json:"reason,omitempty"`

	RequestedAt time.Time `json:"requested_at"`
	RequestedBy string    `json:"requested_by"`
	Owner       string    `json:"owner,omitempty"` // the person behind RequestedBy
	Actor       string    `json:"actor,omitempty"` // the id of who let it run
	ApprovedAt  time.Time `json:"approved_at,omitzero"`
	ApprovedBy  string    `json:"approved_by,omitempty"`
	StartedAt   time.Time `json:"started_at,omitzero"`
	EndedAt     time.Time `json:"ended_at,omitzero"`
	CancelledBy string    `json:"cancelled_by,omitempty"`

	// Hold is the legal hold that refused it, Error why it could not get on at its
	// last try, Tries how many there were.
	Hold  string `json:"hold,omitempty"`
	Error string `json:"error,omitempty"`
	Tries int    `json:"tries,omitempty"`

	Outcome
}

// Outcome is what a finished order has done.
type Outcome struct {
	Entries int64 `json:"entries"`
	Slots   int64 `json:"slots"`
	Files   int   `json:"files"`
	// Derived counts what was taken out of copies, by their name.
	Derived map[string]int `json:"derived,omitempty"`
	// Certificate is the journal's signed note about it.
	Certificate string `json:"certificate,omitempty"`
}

// Request is what somebody asks for.
type Request struct {
	ID      string
	Subject string
	Reason  string
	By      Actor
	At      time.Time
}

// New makes an order of a request. Mentions tells whether a text names the subject:
// the reason is kept for ever, so that it must not. Errors wrap ErrInvalid.
func New(r Request, dualControl bool, mentions func(text string) bool) (Order, error) {
	subject := strings.TrimSpace(r.Subject)
	switch {
	case len(subject) < MinSubject || len(subject) > MaxSubject:
		return Order{}, fmt.Errorf("%w: subject: must have %d to %d bytes", ErrInvalid, MinSubject, MaxSubject)
	case !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl):
		return Order{}, fmt.Errorf("%w: subject: must be plain text", ErrInvalid)
	case !strings.ContainsFunc(subject, func(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) }):
		return Order{}, fmt.Errorf("%w: subject: has neither a letter nor a digit", ErrInvalid)
	case len(r.Reason) > MaxReason:
		return Order{}, fmt.Errorf("%w: reason: at most %d bytes", ErrInvalid, MaxReason)
	case !utf8.ValidString(r.Reason):
		return Order{}, fmt.Errorf("%w: reason: must be text", ErrInvalid)
	case mentions(r.Reason):
		return Order{}, fmt.Errorf("%w: reason: names the subject, and is kept; give a case number instead", ErrInvalid)
	case r.ID == "" || r.By.Name == "" || r.By.ID == "":
		return Order{}, errors.New("an order needs an id and somebody who asks for it")
	}
	o := Order{
		ID: r.ID, Status: Pending, Subject: subject, Reason: r.Reason,
		RequestedAt: r.At.UTC(), RequestedBy: r.By.Name, Owner: r.By.Owner, Actor: r.By.ID,
	}
	if !dualControl {
		o.Status = Approved
	}
	return o, nil
}

// Approve lets a pending order run. With dual control the requester cannot, nor can
// another token or session of the same person: ErrSameActor.
func (o *Order) Approve(by Actor, at time.Time, dualControl bool) error {
	if o.Status != Pending {
		return o.conflict("approve")
	}
	if dualControl && (by.Name == o.RequestedBy || by.Owner != "" && by.Owner == o.Owner) {
		return ErrSameActor
	}
	o.Status, o.ApprovedAt, o.ApprovedBy, o.Actor = Approved, at.UTC(), by.Name, by.ID
	return nil
}

// Cancel ends an order that has not begun, or cannot get on.
func (o *Order) Cancel(by Actor, at time.Time) error {
	if o.Status != Pending && o.Status != Approved && (o.Status != Running || o.Error == "") {
		return o.conflict("cancel")
	}
	o.CancelledBy = by.Name
	o.end(Cancelled, at)
	return nil
}

// Begin starts a try.
func (o *Order) Begin(at time.Time) error {
	if o.Status != Approved && o.Status != Running {
		return o.conflict("begin")
	}
	if o.Status == Approved {
		o.StartedAt = at.UTC()
	}
	o.Status, o.Error = Running, ""
	o.Tries++
	return nil
}

// Forget takes the subject out of an order that runs: whoever carries it out has it.
func (o *Order) Forget() { o.Subject = "" }

// Fail notes why a try could not get on.
func (o *Order) Fail(why string) { o.Error = why }

// Refuse ends an order that a legal hold does not let run.
func (o *Order) Refuse(hold string, at time.Time) {
	o.Hold = hold
	o.end(Refused, at)
}

// Finish ends an order with what it did.
func (o *Order) Finish(done Outcome, at time.Time) {
	o.Outcome = done
	o.end(Done, at)
}

func (o *Order) end(s Status, at time.Time) {
	o.Status, o.EndedAt, o.Subject, o.Error = s, at.UTC(), "", ""
}

func (o *Order) conflict(action string) error {
	return &ConflictError{ID: o.ID, Status: o.Status, Action: action}
}
