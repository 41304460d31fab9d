// SPDX-License-Identifier: Apache-2.0

package erasure

import (
	"errors"
	"fmt"
)

// The errors that a caller acts on.
var (
	// ErrNotFound means that there is no order of that id.
	ErrNotFound = errors.New("not found")
	// ErrInvalid means that the request itself is wrong; the text names the field.
	ErrInvalid = errors.New("invalid")
	// ErrSameActor means that dual control wants somebody else.
	ErrSameActor = errors.New("somebody else than the requester must approve it")
	// ErrAccount means that the subject can log in to Tocsin itself.
	ErrAccount = errors.New("an account of Tocsin has this name: delete the account first, or what it did could no longer be told; nothing was erased")
)

// ConflictError means that the state of an order does not allow what was asked.
type ConflictError struct {
	ID     string
	Status Status
	Action string
}

// Error implements error.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("cannot %s erasure %s: it is %s", e.Action, e.ID, e.Status)
}

// HeldError names the legal hold that does not let an order run.
type HeldError struct{ Hold string }

// Error implements error.
func (e *HeldError) Error() string {
	return fmt.Sprintf("the legal hold %q keeps an entry of the subject; nothing was erased", e.Hold)
}
