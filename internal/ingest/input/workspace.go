// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Workspace is the configuration of the HTTP Data Collector API of Azure Monitor. It has
// no settings.
type Workspace struct{}

func workspaceSpec() Spec {
	return Spec{
		Type:    "workspace",
		Summary: "POST /api/logs/{token}: Azure Monitor's HTTP Data Collector API, with the token in the path",
		New:     func() Config { return &Workspace{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *Workspace) Validate() error { return nil }

// Open makes the input.
func (c *Workspace) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &workspaceInput{}
	// The header Authorization has a signature by a key that we do not know, or with
	// resk-llm-ts something that only looks like one. The token is never told again:
	// refused logs the route alone.
	in.door = door{env: &env, credentials: []credential{pathValue("token")}, refuse: in.refused}
	return &routed{
		routes:   []Route{{Method: http.MethodPost, Pattern: "/api/logs/{token}", Handler: http.HandlerFunc(in.serve)}},
		received: &in.received,
	}, nil
}

type workspaceInput struct {
	door
	received atomic.Uint64
}

// workspaceRefusal is an error in the form of the Data Collector API.
type workspaceRefusal struct {
	Error   string `json:"Error"`
	Message string `json:"Message"`
}

// serve takes an array of records, or one. The answer, which is empty with Azure, tells
// what became of them.
func (in *workspaceInput) serve(w http.ResponseWriter, r *http.Request) {
	sender, body, ok := in.enter(w, r)
	if !ok {
		return
	}
	defer body.Release()
	start := time.Now()
	split, err := pipeline.SplitJSON(body.Bytes)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	b := pipeline.Batch{
		Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Peer: peerOf(r), Format: "workspace", Items: split.Items, Numbered: split.Numbered,
		Private: true,
	}
	if kind := validUTF8(r.Header.Get("Log-Type")); kind != "" {
		b.Around.Attrs = []event.Attr{{Key: "log_type", Value: event.Text(kind)}}
	}
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
	if result.Accepted == 0 && result.Rejected > 0 {
		send(w, http.StatusBadRequest, "application/json", workspaceRefusal{"InvalidDataFormat", result.Errors[0].Err})
		return
	}
	send(w, http.StatusOK, "application/json", in.env.answer(r.Context(), body.Bytes, &result))
}

// refused answers with what an error means, in the words of the Data Collector API.
func (in *workspaceInput) refused(w http.ResponseWriter, r *http.Request, err error) {
	status, detail := refused(w, r, in.env.Logger, err)
	word := "UnspecifiedError"
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		word = "InvalidAuthorization"
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		word = "InvalidDataFormat"
	case http.StatusUnsupportedMediaType:
		word = "UnsupportedContentType"
	case http.StatusTooManyRequests:
		word = "TooManyRequests"
	case http.StatusServiceUnavailable:
		word = "ServiceUnavailable"
	}
	send(w, status, "application/json", workspaceRefusal{word, detail})
}

var _ Config = (*Workspace)(nil)
