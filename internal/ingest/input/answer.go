// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Answer is the body of a successful request: what became of its records.
type Answer struct {
	Accepted   int                  `json:"accepted"`
	Duplicates int                  `json:"duplicates"`
	Rejected   int                  `json:"rejected"`
	Errors     []pipeline.ItemError `json:"errors"`
	Entries    []event.Range        `json:"entries"`
	// Receipt is the signed receipt, as JSON; null when there is none.
	Receipt json.RawMessage `json:"receipt"`
}

// answer is what a request gets to hear whose decoded body and result these are. A
// receipt that cannot be signed is left out: the events are durable all the same.
func (e *Env) answer(ctx context.Context, body []byte, r *pipeline.Result) Answer {
	a := Answer{
		Accepted: r.Accepted, Duplicates: r.Duplicates, Rejected: r.Rejected, Errors: r.Errors, Entries: r.Entries,
	}
	if e.Receipt != nil {
		receipt, err := e.Receipt(ctx, sha256.Sum256(body), r)
		if err != nil {
			e.Logger.WarnContext(ctx, "no receipt for a request", "error", err)
		}
		a.Receipt = receipt
	}
	if len(a.Receipt) == 0 {
		a.Receipt = json.RawMessage("null")
	}
	if a.Errors == nil {
		a.Errors = []pipeline.ItemError{}
	}
	if a.Entries == nil {
		a.Entries = []event.Range{}
	}
	return a
}

// problem is an error for the sender (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	// Error repeats Detail for clients that look for it.
	Error string `json:"error,omitempty"`
	*Answer
}

// send writes v as JSON with that status.
func send(w http.ResponseWriter, status int, mediaType string, v any) {
	body, err := json.Marshal(v)
	if err != nil { // v is always one of ours
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	sendBytes(w, status, mediaType, body)
}

// sendBytes writes a body with that status.
func sendBytes(w http.ResponseWriter, status int, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a sender that has left is told nothing
}

// refusal answers with what an error means for the sender, in the form of a protocol.
type refusal func(w http.ResponseWriter, r *http.Request, err error)

// problems is the refusal of our own protocols; withError adds the member error.
func problems(logger *slog.Logger, withError bool) refusal {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		status, detail := refused(w, r, logger, err)
		p := problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: detail}
		if withError {
			p.Error = detail
		}
		send(w, status, "application/problem+json", p)
	}
}

// refused is what refusals have in common: the status, what the sender is told, the
// headers that belong to the status, and a line in the log where it is our fault. The
// log has the route, never the path: with some protocols that has the token in it.
func refused(w http.ResponseWriter, r *http.Request, logger *slog.Logger, err error) (status int, detail string) {
	status, detail = statusOf(err)
	switch status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="tocsin"`)
	case http.StatusUnsupportedMediaType:
		w.Header().Set("Accept-Encoding", "gzip, deflate, zstd")
	case http.StatusServiceUnavailable: // who cannot record has said so once; senders come back often
		logger.DebugContext(r.Context(), "request refused", "route", r.Pattern, "status", status, "error", err)
	case http.StatusInternalServerError:
		logger.WarnContext(r.Context(), "request refused", "route", r.Pattern, "status", status, "error", err)
	}
	if after := pipeline.RetryAfter(err); after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	return status, detail
}

// statusOf maps an error to a status and to what the sender is told.
func statusOf(err error) (status int, detail string) {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return http.StatusUnauthorized, ErrUnauthorized.Error()
	case errors.Is(err, ErrForbidden):
		return http.StatusForbidden, ErrForbidden.Error()
	case errors.Is(err, errTooLarge), errors.Is(err, pipeline.ErrTooMany):
		return http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, errEncoding), errors.Is(err, errMedia):
		return http.StatusUnsupportedMediaType, err.Error()
	case errors.Is(err, errTimeout), errors.Is(err, context.Canceled):
		return http.StatusRequestTimeout, err.Error()
	case errors.Is(err, pipeline.ErrFormat):
		return http.StatusBadRequest, "format: " + err.Error()
	case errors.Is(err, errGarbled), errors.Is(err, errShape), errors.Is(err, errZone), errors.Is(err, pipeline.ErrEmpty), errors.Is(err, pipeline.ErrNotJSON):
		return http.StatusBadRequest, err.Error()
	case errors.Is(err, pipeline.ErrBusy):
		return http.StatusTooManyRequests, pipeline.ErrBusy.Error()
	case errors.Is(err, pipeline.ErrUnavailable):
		return http.StatusServiceUnavailable, pipeline.ErrUnavailable.Error()
	default:
		return http.StatusInternalServerError, "this is our fault; the log knows more"
	}
}
