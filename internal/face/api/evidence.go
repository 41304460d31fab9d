// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Evidence is the journal as strangers check it. The methods may be called at the same
// time.
type Evidence interface {
	// Checkpoint is the newest signed note with the cosignatures that it has, how many
	// headers it covers and when it was signed; nil before the first one.
	Checkpoint() (note []byte, size uint64, at time.Time)
	// Tile is that of journal.Journal, Covered and WriteBundle are too.
	Tile(path string) ([]byte, error)
	Covered(stream string, seq uint64) bool
	WriteBundle(ctx context.Context, w io.Writer, r journal.BundleRequest) error
	// Keys are the public keys of checkpoints and receipts, of the journal and of its
	// archives.
	Keys() JournalKeys
}

// The bounds of exports. An entry that is not sealed yet is sealed for its proof: that
// cuts the journal into small ranges, so that it is not to be had as often as one likes.
const (
	maxExports   = 2
	sealEvery    = 2 * time.Second
	sealBurst    = 10
	sealWithin   = 20 * time.Second
	exportWithin = 30 * time.Minute
	chunkWithin  = 30 * time.Second
)

// exports bounds what exports cost.
type exports struct {
	slots chan struct{}
	seals *rate.Limiter
}

func newExports() *exports {
	return &exports{slots: make(chan struct{}, maxExports), seals: rate.NewLimiter(rate.Every(sealEvery), sealBurst)}
}

// enter takes one of the slots, or says that all are taken.
func (x *exports) enter() (leave func(), err error) {
	select {
	case x.slots <- struct{}{}:
		return func() { <-x.slots }, nil
	default:
		busy := problem(http.StatusTooManyRequests, "too_many_exports", "%d exports are running already", maxExports)
		busy.retry = sealEvery
		return nil, busy
	}
}

// Trusted are the keys that sign the checkpoints of an origin; "" is the journal itself.
func (k *JournalKeys) Trusted(origin string) (trusted []string) {
	list := k.Keys
	if origin != "" && origin != k.Origin {
		list = nil
		for _, old := range value(k.Archives) {
			if old.Origin == origin {
				list = old.Keys
			}
		}
	}
	for _, key := range list {
		if key.Purpose == Checkpoint {
			trusted = append(trusted, key.Key)
		}
	}
	return trusted
}

// maySeal tells whether these entries may be sealed for who asks, if they have to be.
// Those of an archive never are.
func (a *API) maySeal(origin string, runs []event.Range) error {
	if origin != "" && origin != a.opts.Origin {
		return nil
	}
	for _, g := range runs {
		if a.opts.Evidence.Covered(g.Stream, g.Last) {
			continue
		}
		if !a.exports.seals.Allow() {
			slow := problem(http.StatusTooManyRequests, "too_many_requests", "too many proofs of events that are not sealed yet; they are within minutes")
			slow.retry = sealEvery
			return slow
		}
		return nil
	}
	return nil
}

// errNotSealed is the cause with which an export ends that cannot begin.
var errNotSealed = errors.New("not sealed in time")

// unproven turns an error of Evidence into the answer.
func (a *API) unproven(ctx context.Context, err error) error {
	var p *problemError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, journal.ErrDiverged):
		p = problem(http.StatusConflict, "journal_diverged", "a history is known that this journal does not continue, so that it signs no checkpoints; `tocsin verify` says more")
	case errors.Is(err, journal.ErrDamaged):
		p = problem(http.StatusConflict, "entry_damaged", "a stored entry is not as it was sealed, so that nothing can be proven with it; `tocsin verify` names what is damaged")
	case errors.Is(err, journal.ErrArchived):
		return problem(http.StatusConflict, "entry_archived", "%s; `tocsin verify` checks it with all that is there", err)
	case errors.Is(err, journal.ErrNoEvidence):
		return problem(http.StatusNotFound, "not_found", "the journal has no such entry")
	case errors.Is(err, errNotSealed), errors.Is(err, context.DeadlineExceeded), errors.Is(context.Cause(ctx), errNotSealed):
		p = problem(http.StatusServiceUnavailable, "not_sealed", "the entries could not be sealed within %s; try again later", sealWithin)
		p.retry = unavailableRetry
	case errors.Is(err, journal.ErrClosed):
		p = problem(http.StatusServiceUnavailable, "unavailable", "the server is stopping")
		p.retry = unavailableRetry
	default:
		return err
	}
	a.opts.Logger.WarnContext(ctx, "evidence cannot be made", "request_id", requestID(ctx), "error", err)
	return p
}

// JournalCheckpoint implements GET /api/siem/journal/checkpoint.
func (a *API) JournalCheckpoint(context.Context, JournalCheckpointRequestObject) (JournalCheckpointResponseObject, error) {
	signed, _, _ := a.opts.Evidence.Checkpoint()
	if signed == nil {
		return nil, problem(http.StatusNotFound, "not_found", "nothing is sealed yet")
	}
	return JournalCheckpoint200TextResponse(signed), nil
}

// JournalKeys implements GET /api/siem/journal/keys.
func (a *API) JournalKeys(context.Context, JournalKeysRequestObject) (JournalKeysResponseObject, error) {
	return JournalKeys200JSONResponse(a.opts.Evidence.Keys()), nil
}

// journalTile implements GET /api/siem/journal/tile/{path}.
func (a *API) journalTile(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	raw, err := a.opts.Evidence.Tile("tile/" + path)
	if err != nil {
		if errors.Is(err, journal.ErrNoEvidence) {
			err = problem(http.StatusNotFound, "not_found", "there is no such tile (yet)")
		}
		a.fail(w, r, err)
		return
	}
	if !strings.Contains(path, ".p/") { // never changes; who may see it is looked at each time
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(raw) //nolint:gosec // bytes, and said to be (nosniff); when the client is gone there is nothing to do
}
