// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"net/http"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// explainRemoval turns an error about what is to be erased, held or dropped into the
// answer; nil when it is none of these.
func explainRemoval(err error) *problemError {
	var conflict *erasure.ConflictError
	var held *erasure.HeldError
	switch {
	case errors.As(err, &held):
		p := problem(http.StatusConflict, "held", "%s", held.Error())
		p.hold = held.Hold
		return p
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, "conflict", "%s", conflict.Error())
	case errors.Is(err, erasure.ErrSameActor):
		return problem(http.StatusConflict, "same_actor", "%s", erasure.ErrSameActor)
	case errors.Is(err, erasure.ErrAccount):
		return problem(http.StatusConflict, "account_exists", "%s", erasure.ErrAccount)
	case errors.Is(err, journal.ErrHoldExists):
		return problem(http.StatusConflict, "conflict", "%s", journal.ErrHoldExists)
	case errors.Is(err, journal.ErrDiverged):
		return problem(http.StatusConflict, "journal_diverged", "a history is known that this journal does not continue: "+
			"nothing of it is erased or dropped before somebody has looked at it; `tocsin verify` says more")
	case errors.Is(err, journal.ErrClock):
		return problem(http.StatusConflict, "clock", "%s", err)
	default:
		return nil
	}
}
