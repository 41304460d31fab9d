// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"text/tabwriter"
	"time"
)

const (
	// sizeType is the type of an answer that is a tree size, c2sp.org/tlog-witness.
	sizeType = "text/x.tlog.size"
	textType = "text/plain; charset=utf-8"

	retryAfter = "1" // seconds
)

// StatusError is why a request is not co-signed: an answer of the protocol.
type StatusError struct {
	// Status is the HTTP status.
	Status int
	// Stale: the request's old size is not Size, the one co-signed last.
	Stale bool
	Size  uint64
	// Reason is for people.
	Reason string
}

// Error implements error.
func (r *StatusError) Error() string { return r.Reason }

func refuse(status int, format string, args ...any) *StatusError {
	return &StatusError{Status: status, Reason: fmt.Sprintf(format, args...)}
}

// Handler serves POST /add-checkpoint of c2sp.org/tlog-witness, and GET / with
// what is known of each log. The server that it is given to sets the time-outs and
// bounds the connections, each of which can hold MaxRequestBytes.
func (w *Witness) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /add-checkpoint", w.serveAdd)
	mux.HandleFunc("GET /{$}", w.serveStatus)
	return mux
}

func (w *Witness) serveAdd(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, MaxRequestBytes))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		answerRefusal(rw, refuse(http.StatusRequestEntityTooLarge, "a body of more than %d bytes", MaxRequestBytes))
		return
	case err != nil:
		answerRefusal(rw, refuse(http.StatusBadRequest, "the body could not be read"))
		return
	}
	line, err := w.Add(r.Context(), body)
	var refusal *StatusError
	switch {
	case err == nil:
		rw.Header().Set("Content-Type", textType)
		_, _ = rw.Write(line)
	case errors.As(err, &refusal):
		answerRefusal(rw, refusal)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		answerRefusal(rw, refuse(http.StatusServiceUnavailable, "the request ended before its turn"))
	default: // Add has logged it
		answerRefusal(rw, refuse(http.StatusInternalServerError, "the checkpoint could not be stored"))
	}
}

// answerRefusal writes what the protocol says, and the reason where it leaves room.
func answerRefusal(rw http.ResponseWriter, r *StatusError) {
	h := rw.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	if r.Stale {
		h.Set("Content-Type", sizeType)
		rw.WriteHeader(r.Status)
		_, _ = io.WriteString(rw, strconv.FormatUint(r.Size, 10)+"\n")
		return
	}
	h.Set("Content-Type", textType)
	if r.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter)
	}
	rw.WriteHeader(r.Status)
	_, _ = io.WriteString(rw, r.Reason+"\n")
}

// serveStatus lists the logs, for people.
func (w *Witness) serveStatus(rw http.ResponseWriter, _ *http.Request) {
	rw.Header().Set("Content-Type", textType)
	rw.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = fmt.Fprintf(rw, "Tocsin witness %s\n\n", w.VerifierKey())
	table := tabwriter.NewWriter(rw, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "LOG\tSIZE\tCO-SIGNED")
	for _, l := range w.Logs() {
		at := "never"
		if !l.At.IsZero() {
			at = l.At.Format(time.RFC3339)
		}
		if l.Damage != "" {
			at = "REFUSED: " + l.Damage
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\n", l.Origin, l.Size, at)
	}
	_ = table.Flush()
}
