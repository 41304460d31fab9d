// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// problemError is an error that is the caller's business.
type problemError struct {
	status int
	code   string
	field  string
	hold   string
	detail string
	retry  time.Duration
	syntax *query.SyntaxError // of a hunt that cannot be read
}

// Error implements error.
func (e *problemError) Error() string { return e.code + ": " + e.detail }

func problem(status int, code, format string, args ...any) *problemError {
	return &problemError{status: status, code: code, detail: fmt.Sprintf(format, args...)}
}

// invalid says that a parameter or member is wrong.
func invalid(field, format string, args ...any) *problemError {
	p := problem(http.StatusBadRequest, "invalid_field", field+": "+format, args...)
	p.field = field
	return p
}

// known refuses a value that an enumeration does not have.
func known[T interface {
	~string
	Valid() bool
}](field string, v *T) error {
	if v == nil || (*v).Valid() {
		return nil
	}
	return invalid(field, "%.40q is not one of its values", string(*v))
}

// explain turns an error of the domain into the answer; ok is false when the
// answer does not say it all and the rest is for the log.
func explain(err error) (p *problemError, ok bool) {
	var throttled *auth.ThrottledError
	var conflict *alert.ConflictError
	var tooLarge *http.MaxBytesError
	var filter *query.FieldError
	switch {
	case errors.As(err, &filter):
		return invalid(filter.Field, "%s", filter.Reason), true
	case errors.As(err, &p):
		return p, true
	case errors.As(err, &throttled):
		p = problem(http.StatusTooManyRequests, "too_many_logins", "too many login attempts")
		p.retry = throttled.RetryAfter
		return p, true
	case errors.As(err, &conflict):
		return problem(http.StatusConflict, "conflict", "%s is %s", conflict.ID, conflict.Status), true
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "body_too_large", "the body may have %d bytes", tooLarge.Limit), true
	case errors.Is(err, auth.ErrCredentials):
		return problem(http.StatusUnauthorized, "wrong_credentials", "wrong user name or password"), true
	case errors.Is(err, auth.ErrUnauthenticated):
		return problem(http.StatusUnauthorized, "unauthenticated", "no valid token or session"), true
	case errors.Is(err, auth.ErrNotFound), errors.Is(err, alert.ErrNotFound), errors.Is(err, query.ErrNotFound),
		errors.Is(err, erasure.ErrNotFound), errors.Is(err, journal.ErrNoHold):
		return problem(http.StatusNotFound, "not_found", "there is no such thing"), true
	case errors.Is(err, auth.ErrInvalid), errors.Is(err, alert.ErrInvalid), errors.Is(err, erasure.ErrInvalid), errors.Is(err, journal.ErrBadHold):
		return invalidText(err), true
	case explainHunt(err) != nil:
		return explainHunt(err), true
	case explainSaved(err) != nil:
		return explainSaved(err), true
	case explainRemoval(err) != nil:
		return explainRemoval(err), true
	case errors.Is(err, context.DeadlineExceeded):
		p = problem(http.StatusServiceUnavailable, "too_slow", "this took too long; ask for less, or again later")
		p.retry = time.Second
		return p, true
	case passes(err):
		p = problem(http.StatusServiceUnavailable, "unavailable", "this cannot be stored at the moment, try again later; the server's log has it under the request id")
		p.retry = unavailableRetry
		return p, false
	default:
		return problem(http.StatusInternalServerError, "internal", "something went wrong; the server's log has it under the request id"), false
	}
}

// unavailableRetry is how long a caller is asked to wait for a full disk and its like.
const unavailableRetry = 5 * time.Second

// passes tells whether an error is the machine's, so that the same request may succeed
// later.
func passes(err error) bool {
	var e interface{ Unavailable() bool }
	return errors.As(err, &e) && e.Unavailable()
}

// invalidText takes the field out of an error whose text is `…invalid: FIELD: why`.
func invalidText(err error) *problemError {
	text := err.Error()
	if _, after, found := strings.Cut(text, "invalid: "); found {
		text = after
	}
	if field, why, found := strings.Cut(text, ": "); found && !strings.ContainsAny(field, " \"'") {
		return invalid(field, "%s", why)
	}
	return problem(http.StatusBadRequest, "invalid", "%s", text)
}

// fail answers with an error.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody listens
	}
	p, ok := explain(err)
	if !ok {
		a.opts.Logger.ErrorContext(r.Context(), "request failed", "request_id", requestID(r.Context()), "path", r.URL.Path, "error", err)
	}
	if gap, ok := errors.AsType[*query.MissingError](err); ok && gap.Incomplete > 0 {
		w.Header().Set(incompleteHeader, strconv.Itoa(*incomplete(gap.Incomplete)))
	}
	writeProblem(w, r, p)
}

// badRequest answers when the generated code could not read the request.
func (a *API) badRequest(w http.ResponseWriter, r *http.Request, err error) {
	var format *InvalidParamFormatError
	var missing *RequiredParamError
	switch {
	case errors.As(err, &format):
		err = invalid(format.ParamName, "cannot be read")
	case errors.As(err, &missing):
		err = invalid(missing.ParamName, "is missing")
	default:
		err = problem(http.StatusBadRequest, "invalid_body", "the body cannot be read")
	}
	a.fail(w, r, err)
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *problemError) {
	body := Problem{Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Code: p.code, Detail: &p.detail}
	if p.field != "" {
		body.Field = &p.field
	}
	if p.hold != "" {
		body.Hold = &p.hold
	}
	if s := p.syntax; s != nil {
		body.Column, body.Length, body.Reason, body.Suggestion = &s.Column, &s.Length, &s.Code, optional(s.Suggestion)
	}
	if id := requestID(r.Context()); id != "" {
		body.RequestId = &id
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	h.Del("Content-Encoding")
	h.Del("Etag")
	switch p.status {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", `Bearer realm="tocsin"`)
	case http.StatusTooManyRequests, http.StatusServiceUnavailable, http.StatusConflict:
		if p.retry > 0 || p.status != http.StatusConflict {
			h.Set("Retry-After", strconv.Itoa(int(math.Ceil(max(p.retry, time.Second).Seconds()))))
		}
	}
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nothing to do
}
