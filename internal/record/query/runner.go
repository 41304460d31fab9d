// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Runner runs the stages of a hunt over events that somebody else found. It is used by
// one goroutine.
type Runner struct {
	out    *collector
	first  processor
	enough bool
}

// NewRunner returns a Runner of a hunt's stages; its condition is not looked at. The
// error is a *SyntaxError for a hunt that Parse would not have made.
func NewRunner(h *Hunt, limits Limits) (*Runner, error) {
	out, first, err := build(h, limits)
	if err != nil {
		return nil, err
	}
	return &Runner{out: out, first: first}, nil
}

// Push gives the stages one event more, newest first unless Hunt.AnyOrder says that
// this does not matter; then the event may change once Push has returned, else it must
// not. alike is how many events it stands for, as Hunt.Fold says, else 1. more is false
// when no other event would change the table. The error is a *LimitError.
func (r *Runner) Push(e *event.Event, alike int64) (more bool, err error) {
	if r.enough {
		return false, nil
	}
	err = r.first.push(row{event: e, also: alike - 1})
	if errors.Is(err, errEnough) {
		r.enough = true
		return false, nil
	}
	return err == nil, err
}

// Finish returns the table, without the counts of events looked at and found. It is
// called once, after the last Push.
func (r *Runner) Finish() (Table, error) {
	if err := r.first.finish(); err != nil && !errors.Is(err, errEnough) {
		return Table{}, err
	}
	return r.out.table, nil
}
