// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Resk is the configuration of the webhook of resk-llm-ts. It has no settings.
type Resk struct{}

func reskSpec() Spec {
	return Spec{
		Type:    "resk",
		Summary: "POST /api/security/events: the webhook of resk-llm-ts and compatible clients",
		New:     func() Config { return &Resk{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *Resk) Validate() error { return nil }

// Open makes the input.
func (c *Resk) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &reskInput{door: door{env: &env, refuse: problems(env.Logger, true)}}
	return &routed{
		routes:   []Route{{Method: http.MethodPost, Pattern: "/api/security/events", Handler: http.HandlerFunc(in.serve)}},
		received: &in.received,
	}, nil
}

type reskInput struct {
	door
	received atomic.Uint64
}

// reskAnswer is what the webhook's clients look for, and our own answer.
type reskAnswer struct {
	Success   bool   `json:"success"`
	Processed int    `json:"processed"`
	Timestamp string `json:"timestamp"`
	Answer
}

func (in *reskInput) serve(w http.ResponseWriter, r *http.Request) {
	sender, body, ok := in.enter(w, r)
	if !ok {
		return
	}
	defer body.Release()
	start := time.Now()
	items, broken, err := reskEvents(body.Bytes)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	in.env.spent(pipeline.StageSplit, start, len(items))
	in.received.Add(uint64(len(items)))
	result, err := in.env.Ingest(r.Context(), pipeline.Batch{
		Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Format: "resk", Peer: peerOf(r), Items: items, Private: true,
	})
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	if broken != "" {
		result.Reject(len(items), broken)
	}
	send(w, http.StatusOK, "application/json", reskAnswer{
		Success:   result.Accepted > 0 || result.Rejected == 0,
		Processed: result.Accepted,
		Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		Answer:    in.env.answer(r.Context(), body.Bytes, &result),
	})
}

// reskEvents finds the array events in the webhook's object
//
//	{"source": …, "events": [ … ], "metadata": { … }}
//
// and cuts it. The other members may be anything and come in any order.
func reskEvents(body []byte) (items [][]byte, broken string, err error) {
	found := false
	err = pipeline.EachMember(body, func(key string, at int) (next int, err error) {
		switch {
		case key != "events":
			return pipeline.SkipValue(body, at), nil
		case found:
			return 0, errors.New("events: twice")
		}
		found = true
		items, next, broken, err = pipeline.SplitArray(body, at)
		switch {
		case errors.Is(err, pipeline.ErrNotJSON):
			return 0, errors.New("events: must be an array")
		case err != nil:
			return 0, fmt.Errorf("events: %w", err)
		case broken != "":
			return 0, errBroken
		default:
			return next, nil
		}
	})
	switch {
	case errors.Is(err, errBroken): // what came before is kept
		return items, broken, nil
	case err != nil:
		return nil, "", fmt.Errorf("%w: %w", errShape, err)
	case !found:
		return nil, "", fmt.Errorf("%w: events: missing, must be an array", errShape)
	default:
		return items, "", nil
	}
}

// errBroken stops the reading of an object inside which an array breaks off.
var errBroken = errors.New("the array breaks off")

var _ Config = (*Resk)(nil)
