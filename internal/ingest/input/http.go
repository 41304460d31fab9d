// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// errMedia refuses a content type, errShape a body that is not built as the
// protocol says, errZone a time zone that does not exist.
var (
	errMedia = errors.New("content type is not supported: use application/json, application/x-ndjson or text/plain")
	errShape = errors.New("the body is not of the form of this route")
	errZone  = errors.New("timezone")
)

// HTTP is the configuration of the input for events as JSON or as lines of text.
// It has no settings.
type HTTP struct{}

func httpSpec() Spec {
	return Spec{
		Type:    "http",
		Summary: "POST /api/siem/events: JSON object, array, one object a line, or lines of text; gzip and zstd",
		New:     func() Config { return &HTTP{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *HTTP) Validate() error { return nil }

// Open makes the input.
func (c *HTTP) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	h := &httpInput{door: door{env: &env, refuse: problems(env.Logger, false)}}
	return &routed{
		routes:   []Route{{Method: http.MethodPost, Pattern: "/api/siem/events", Handler: http.HandlerFunc(h.serve)}},
		received: &h.received,
	}, nil
}

type httpInput struct {
	door
	received atomic.Uint64
}

func (h *httpInput) serve(w http.ResponseWriter, r *http.Request) {
	sender, body, ok := h.enter(w, r)
	if !ok {
		return
	}
	defer body.Release()
	start := time.Now()
	b, split, text, err := h.batch(r, sender, body.Bytes)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	h.env.spent(pipeline.StageSplit, start, len(b.Items))
	h.received.Add(uint64(len(b.Items)))
	result, err := h.env.Ingest(r.Context(), b)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	if split.Broken != "" {
		result.Reject(len(b.Items), split.Broken)
	}
	a := h.env.answer(r.Context(), body.Bytes, &result)
	if result.Accepted == 0 && result.Rejected > 0 && !text && nothingRead(b.Items) {
		send(w, http.StatusBadRequest, "application/problem+json", problem{
			Type: "about:blank", Title: http.StatusText(http.StatusBadRequest), Status: http.StatusBadRequest,
			Detail: "nothing in the body could be read: " + a.Errors[0].Err, Answer: &a,
		})
		return
	}
	send(w, http.StatusOK, "application/json", a)
}

// batch cuts a body into records by its content type and by what it begins with.
// text says that the records are lines of text, not JSON.
func (h *httpInput) batch(r *http.Request, sender Sender, body []byte) (b pipeline.Batch, split pipeline.Split, text bool, err error) {
	query := r.URL.Query()
	b = pipeline.Batch{
		Input: h.env.Name, Sender: sender.ID, Source: sender.Source, Peer: peerOf(r), Format: query.Get("format"),
	}
	if s := query.Get("source"); s != "" {
		b.Source = s
	}
	if name := query.Get("timezone"); name != "" {
		if b.Zone, err = time.LoadLocation(name); err != nil {
			return b, split, false, fmt.Errorf("%w: %.60q is not in the tz database", errZone, name)
		}
	}
	media := ""
	if value := r.Header.Get("Content-Type"); value != "" {
		if media, _, err = mime.ParseMediaType(value); err != nil {
			return b, split, false, fmt.Errorf("%w: %.60q", errMedia, value)
		}
	}
	switch media {
	case "application/json", "text/json":
		split, err = pipeline.SplitJSON(body)
	case "application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines":
		if split, err = pipeline.SplitJSON(body); err == nil && !split.Numbered && firstOf(body) == '{' || errors.Is(err, pipeline.ErrNotJSON) {
			split, err = pipeline.SplitLines(body)
		}
	case "text/plain":
		text = true
		if b.Format == "" {
			b.Format = "auto"
		}
		split, err = pipeline.SplitLines(body)
	case "", "application/x-www-form-urlencoded", "application/octet-stream":
		// What clients send when nobody told them: the content decides.
		if split, err = pipeline.SplitJSON(body); errors.Is(err, pipeline.ErrNotJSON) {
			err = errMedia
		}
	default:
		err = fmt.Errorf("%w, not %.60q", errMedia, media)
	}
	if b.Format == "" {
		b.Format = "json"
	}
	b.Items, b.Numbered = split.Items, split.Numbered
	return b, split, text, err
}

// firstOf returns the first byte that is no white space, 0 when there is none.
func firstOf(body []byte) byte {
	for _, c := range body {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return c
		}
	}
	return 0
}

// nothingRead tells whether no record is JSON at all. It looks at as many as
// there are errors to show.
func nothingRead(items [][]byte) bool {
	for _, it := range items[:min(len(items), pipeline.MaxErrors)] {
		if len(it) > 0 && json.Valid(it) {
			return false
		}
	}
	return true
}

// peerOf returns the address of a request's sender.
func peerOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// routed is an input that lives in the application's HTTP server.
type routed struct {
	routes   []Route
	received *atomic.Uint64
}

// Routes returns the routes.
func (i *routed) Routes() []Route { return i.routes }

// Run waits: the application's server calls the handlers.
func (i *routed) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Stats returns the counts.
func (i *routed) Stats() Stats { return Stats{Received: i.received.Load()} }

// Close does nothing.
func (i *routed) Close() error { return nil }

var (
	_ Config = (*HTTP)(nil)
	_ Input  = (*routed)(nil)
)
