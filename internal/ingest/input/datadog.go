// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Datadog is the configuration of Datadog's log intake. It has no settings.
type Datadog struct{}

func datadogSpec() Spec {
	return Spec{
		Type:    "datadog",
		Summary: "POST /api/v2/logs and /v1/input: Datadog's log intake",
		New:     func() Config { return &Datadog{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *Datadog) Validate() error { return nil }

// Open makes the input.
func (c *Datadog) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &datadogInput{}
	// The key in the path is what resk-llm-ts sends. It is never told again: refused logs
	// the route alone.
	in.door = door{env: &env, credentials: []credential{header("DD-API-KEY"), pathValue("key"), bearer}, refuse: in.refused}
	return &routed{
		routes: []Route{
			{Method: http.MethodPost, Pattern: "/api/v2/logs", Handler: in.takes(http.StatusAccepted)},
			{Method: http.MethodPost, Pattern: "/v1/input", Handler: in.takes(http.StatusOK)},
			{Method: http.MethodPost, Pattern: "/v1/input/{key}", Handler: in.takes(http.StatusOK)},
			{Method: http.MethodGet, Pattern: "/api/v1/validate", Handler: http.HandlerFunc(in.validate)},
		},
		received: &in.received,
	}, nil
}

type datadogInput struct {
	door
	received atomic.Uint64
}

// datadogError is one error of the intake, in version 2 of its API.
type datadogError struct {
	Status string `json:"status"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// takes takes an array of logs, one log, one a line, or with text/plain lines of text,
// and answers with that status once they are recorded. A log that is wrong is refused by
// itself, which the answer says beside the others' success.
func (in *datadogInput) takes(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sender, body, ok := in.enter(w, r)
		if !ok {
			return
		}
		defer body.Release()
		start := time.Now()
		b := pipeline.Batch{
			Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Peer: peerOf(r), Format: "datadog", Around: datadogAround(r), Private: true,
		}
		media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		cut := pipeline.SplitJSON
		if media == "text/plain" {
			b.Format, cut = "auto", pipeline.SplitLines
		}
		split, err := cut(body.Bytes)
		if err != nil {
			in.refuse(w, r, err)
			return
		}
		b.Items, b.Numbered = split.Items, split.Numbered
		in.env.spent(pipeline.StageSplit, start, len(b.Items))
		in.received.Add(uint64(len(b.Items)))
		result, err := in.env.Ingest(r.Context(), b)
		if err != nil {
			in.refuse(w, r, err)
			return
		}
		if split.Broken != "" {
			result.Reject(len(b.Items), split.Broken)
		}
		if result.Rejected == 0 {
			send(w, status, "application/json", struct{}{})
			return
		}
		if result.Accepted == 0 {
			status = http.StatusBadRequest
		}
		errs := make([]datadogError, len(result.Errors))
		for i, e := range result.Errors {
			errs[i] = datadogError{"400", http.StatusText(http.StatusBadRequest), e.Err}
		}
		sendDatadog(w, r, status, errs)
	})
}

// datadogAround is what the query says of all logs.
func datadogAround(r *http.Request) (a pipeline.Around) {
	query := r.URL.Query()
	a.Host = validUTF8(query.Get("hostname"))
	for _, name := range [...]string{"ddsource", "ddtags", "service"} {
		if text := validUTF8(query.Get(name)); text != "" {
			a.Attrs = append(a.Attrs, event.Attr{Key: name, Value: event.Text(text)})
		}
	}
	return a
}

// validate tells whether a key is good.
func (in *datadogInput) validate(w http.ResponseWriter, r *http.Request) {
	if _, ok := in.knock(w, r); ok {
		send(w, http.StatusOK, "application/json", map[string]bool{"valid": true})
	}
}

// refused answers with what an error means, in Datadog's form: a key that is not known
// is forbidden there, not unauthorized.
func (in *datadogInput) refused(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := refused(w, r, in.env.Logger, err)
	if status == http.StatusUnauthorized && tokenOf(r, in.credentials) != "" {
		w.Header().Del("WWW-Authenticate")
		status = http.StatusForbidden
	}
	sendDatadog(w, r, status, []datadogError{{Status: strconv.Itoa(status), Title: http.StatusText(status), Detail: detail}})
}

func sendDatadog(w http.ResponseWriter, r *http.Request, status int, errs []datadogError) {
	if strings.HasPrefix(r.URL.Path, "/v1/") {
		send(w, status, "application/json", map[string]any{"code": status, "message": errs[0].Detail})
		return
	}
	send(w, status, "application/json", map[string]any{"errors": errs})
}

var _ Config = (*Datadog)(nil)
