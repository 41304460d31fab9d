// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"mime"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// OTLP is the configuration of the input for logs of OpenTelemetry over HTTP
// (OTLP/HTTP 1.x). It has no settings.
type OTLP struct{}

func otlpSpec() Spec {
	return Spec{
		Type:    "otlp",
		Summary: "POST /v1/logs: logs of OpenTelemetry (OTLP/HTTP) in protobuf or JSON; gzip and zstd",
		New:     func() Config { return &OTLP{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *OTLP) Validate() error { return nil }

// Open makes the input.
func (c *OTLP) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &otlpInput{door: door{env: &env, refuse: otlpRefusal(env.Logger)}}
	return &routed{
		routes:   []Route{{Method: http.MethodPost, Pattern: "/v1/logs", Handler: http.HandlerFunc(in.serve)}},
		received: &in.received,
	}, nil
}

type otlpInput struct {
	door
	received atomic.Uint64
}

// The two encodings of OTLP/HTTP.
const (
	otlpProtobuf = "application/x-protobuf"
	otlpJSON     = "application/json"
)

// otlpMedia returns which of the two a request is in.
func otlpMedia(r *http.Request) (string, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != otlpProtobuf && media != otlpJSON {
		return "", errOTLPMedia
	}
	return media, nil
}

var errOTLPMedia = fmt.Errorf("%w: for OTLP use %s or %s", errMedia, otlpProtobuf, otlpJSON)

func (in *otlpInput) serve(w http.ResponseWriter, r *http.Request) {
	sender, ok := in.knock(w, r)
	if !ok {
		return
	}
	media, err := otlpMedia(r)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	body, ok := in.read(w, r)
	if !ok {
		return
	}
	defer body.Release()
	start := time.Now()
	form := otlpWire()
	if media == otlpJSON {
		form = otlpText()
	}
	records, err := form.check(body.Bytes)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	in.env.spent(pipeline.StageSplit, start, records)
	in.received.Add(uint64(records)) //nolint:gosec // a count
	ctx := r.Context()
	parts := otlpParts{form: form, ingest: in.env.Ingest, batch: pipeline.Batch{
		Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Format: "otlp", Peer: peerOf(r),
	}}
	err = form.cut(body.Bytes, func(resource, scope, record []byte) error { return parts.add(ctx, resource, scope, record) })
	if err == nil {
		err = parts.flush(ctx)
	}
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	answerOTLP(w, media, &parts.result)
}

var _ Config = (*OTLP)(nil)
