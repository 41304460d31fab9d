// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Bulk is the configuration of the bulk API of Elasticsearch and OpenSearch. It has no
// settings.
type Bulk struct{}

func bulkSpec() Spec {
	return Spec{
		Type:    "bulk",
		Summary: "POST /_bulk and /{index}/_bulk: the bulk API of Elasticsearch and OpenSearch, and what its clients ask first",
		New:     func() Config { return &Bulk{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *Bulk) Validate() error { return nil }

// Open makes the input.
func (c *Bulk) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &bulkInput{}
	in.door = door{env: &env, credentials: []credential{apiKey, basicPassword, bearer}, refuse: in.refused}
	routes := in.probes()
	for _, method := range []string{http.MethodPost, http.MethodPut} {
		for _, pattern := range []string{"/_bulk", "/{index}/_bulk"} {
			routes = append(routes, Route{Method: method, Pattern: pattern, Handler: http.HandlerFunc(in.serve)})
		}
	}
	return &routed{routes: routes, received: &in.received}, nil
}

type bulkInput struct {
	door
	received atomic.Uint64
}

// serve takes a bulk request. A document that is wrong is refused by itself. One that
// was recorded before is answered as created, not with the 409 of Elasticsearch: the
// outcome is the same, and there are clients that send again what they get a 409 for,
// without end (Fluent Bit), or call it an error (Logstash).
func (in *bulkInput) serve(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	sender, body, ok := in.enter(w, r)
	if !ok {
		return
	}
	defer body.Release()
	at := time.Now()
	actions, err := splitBulk(body.Bytes)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	b := pipeline.Batch{
		Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Format: "bulk", Peer: peerOf(r),
		Items: make([][]byte, 0, len(actions)),
	}
	if index := validUTF8(r.PathValue("index")); index != "" {
		b.Around.Attrs = indexFor(actions, index)
	}
	for i := range actions {
		if actions[i].record != nil {
			b.Items = append(b.Items, actions[i].record)
		}
	}
	in.env.spent(pipeline.StageSplit, at, len(b.Items))
	in.received.Add(uint64(len(b.Items)))
	var result pipeline.Result
	if len(b.Items) > 0 {
		if result, err = in.env.Ingest(r.Context(), b); err != nil {
			in.refuse(w, r, err)
			return
		}
	}
	in.send(w, r, http.StatusOK, answerBulk(actions, &result, time.Since(start)))
}

// indexFor gives the index of the path to the actions that name none. Where no action
// names one it is what stands around them all.
func indexFor(actions []bulkAction, index string) []event.Attr {
	mixed := slices.ContainsFunc(actions, func(a bulkAction) bool { return a.Index != "" })
	for i := range actions {
		a := &actions[i]
		if a.Index != "" {
			continue
		}
		if a.Index = index; mixed && a.record != nil {
			a.rewrite()
		}
	}
	if mixed {
		return nil
	}
	return []event.Attr{{Key: "index", Value: event.Text(index)}}
}

// answerBulk says of each action what became of it.
func answerBulk(actions []bulkAction, result *pipeline.Result, took time.Duration) bulkAnswer {
	wrong := make(map[int32]string, len(result.Refused))
	for i, index := range result.Refused {
		if i < len(result.Errors) {
			wrong[index] = result.Errors[i].Err
		} else {
			wrong[index] = "refused like others of this request, whose errors say why"
		}
	}
	a := bulkAnswer{Took: took.Milliseconds(), Items: make([]map[string]bulkStatus, len(actions))}
	n := int32(0)
	for i := range actions {
		action := &actions[i]
		status := bulkStatus{Index: action.Index, ID: string(action.ID), Status: http.StatusCreated, Result: "created", Version: 1}
		reason := "events are only added: there is no " + action.name
		if action.record != nil {
			reason = wrong[n]
			n++
		}
		if reason != "" {
			a.Errors = true
			status.Status, status.Result, status.Version = http.StatusBadRequest, "", 0
			status.Error = &bulkError{Type: "document_parsing_exception", Reason: reason}
			if action.record == nil {
				status.Error.Type = "illegal_argument_exception"
			}
		}
		a.Items[i] = map[string]bulkStatus{action.name: status}
	}
	return a
}

var _ Config = (*Bulk)(nil)
