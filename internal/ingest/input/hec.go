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

// HEC is the configuration of Splunk's HTTP Event Collector. It has no settings.
type HEC struct{}

func hecSpec() Spec {
	return Spec{
		Type:    "hec",
		Summary: "POST /services/collector: Splunk's HTTP Event Collector, events and raw, with acknowledgement",
		New:     func() Config { return &HEC{} },
	}
}

// Validate accepts: there is nothing to set.
func (c *HEC) Validate() error { return nil }

// Open makes the input.
func (c *HEC) Open(_ context.Context, env Env) (Input, error) {
	if err := env.check(true); err != nil {
		return nil, err
	}
	in := &hecInput{acks: newAckBook()}
	in.door = door{env: &env, credentials: []credential{scheme("Splunk"), bearer, basicPassword}, refuse: in.refused}
	in.routed.received = &in.received
	for path, serve := range map[string]http.HandlerFunc{
		"": in.serveEvents, "/event": in.serveEvents, "/event/1.0": in.serveEvents,
		"/raw": in.serveRaw, "/raw/1.0": in.serveRaw, "/ack": in.serveAck, "/ack/1.0": in.serveAck,
		// What resk-llm-ts makes of the endpoint that its guide says to configure.
		"/services/collector": in.serveEvents,
	} {
		in.routes = append(in.routes, Route{Method: http.MethodPost, Pattern: "/services/collector" + path, Handler: serve})
	}
	for _, path := range []string{"/services/collector/health", "/services/collector/health/1.0"} {
		in.routes = append(in.routes, Route{Method: http.MethodGet, Pattern: path, Handler: http.HandlerFunc(in.serveHealth), Open: true})
	}
	return in, nil
}

// hecInput speaks the protocol of docs.splunk.com, "HTTP Event Collector REST API
// endpoints": its paths, codes and texts, and what is accepted when one event of a
// request is wrong.
type hecInput struct {
	routed
	door
	acks     *ackBook
	received atomic.Uint64
	stopping atomic.Bool
	// fullUntil is when the last refusal for want of room ends, in nanoseconds.
	fullUntil atomic.Int64
}

// Run waits; when ctx ends, senders are told that the server stops.
func (in *hecInput) Run(ctx context.Context) error {
	<-ctx.Done()
	in.stopping.Store(true)
	return nil
}

// serveEvents takes events in envelopes.
func (in *hecInput) serveEvents(w http.ResponseWriter, r *http.Request) {
	in.serve(w, r, func(b *pipeline.Batch, body []byte) (wrong *hecWrong, err error) {
		b.Format = "hec"
		b.Items, wrong, err = splitHEC(body)
		return wrong, err
	})
}

// serveRaw takes lines; what an envelope would say is in the query.
func (in *hecInput) serveRaw(w http.ResponseWriter, r *http.Request) {
	in.serve(w, r, func(b *pipeline.Batch, body []byte) (*hecWrong, error) {
		query := r.URL.Query()
		b.Format = "auto"
		b.Around.Host = validUTF8(query.Get("host"))
		for _, pair := range [...][2]string{{"index", "index"}, {"origin_source", "source"}, {"sourcetype", "sourcetype"}} {
			if text := validUTF8(query.Get(pair[1])); text != "" {
				b.Around.Attrs = append(b.Around.Attrs, event.Attr{Key: pair[0], Value: event.Text(text)})
			}
		}
		split, err := pipeline.SplitLines(body)
		b.Items = split.Items
		if i := slices.IndexFunc(b.Items, func(line []byte) bool { return len(line) > event.MaxEventBytes }); i >= 0 {
			b.Items = b.Items[:i]
			return &hecWrong{hecBadFormat, i}, nil
		}
		return nil, err
	})
}

// serve takes a request whose body cut turns into records. Where it says that one is
// wrong, those before it are recorded all the same, and the answer names it.
func (in *hecInput) serve(w http.ResponseWriter, r *http.Request, cut func(*pipeline.Batch, []byte) (*hecWrong, error)) {
	if in.stopping.Load() {
		sendHEC(w, hecStopping)
		return
	}
	sender, ok := in.knock(w, r)
	if !ok {
		return
	}
	key, given, ok := ackKeyOf(r, sender)
	switch {
	case !ok:
		sendHEC(w, hecBadChannel)
		return
	case given && !in.acks.open(key):
		sendHEC(w, hecAckFull)
		return
	}
	body, ok := in.read(w, r)
	if !ok {
		return
	}
	defer body.Release()
	start := time.Now()
	b := pipeline.Batch{Input: in.env.Name, Sender: sender.ID, Source: sender.Source, Peer: peerOf(r)}
	wrong, err := cut(&b, body.Bytes)
	if err != nil {
		in.refuse(w, r, err)
		return
	}
	in.env.spent(pipeline.StageSplit, start, len(b.Items))
	in.received.Add(uint64(len(b.Items)))
	if len(b.Items) > 0 {
		result, err := in.env.Ingest(r.Context(), b)
		if err != nil {
			if wait := pipeline.RetryAfter(err); wait > 0 {
				in.fullUntil.Store(time.Now().Add(wait).UnixNano())
			}
			in.refuse(w, r, err)
			return
		}
		wrong = firstWrong(wrong, result.Refused)
	}
	switch {
	case wrong != nil:
		sendHEC(w, wrong.code, member{"invalid-event-number", wrong.at})
	case given:
		sendHEC(w, hecSuccess, member{"ackId", in.acks.give(key)})
	default:
		sendHEC(w, hecSuccess)
	}
}

// firstWrong is the first event of a request that was not accepted.
func firstWrong(wrong *hecWrong, refused []int32) *hecWrong {
	for _, i := range refused {
		if wrong == nil || int(i) < wrong.at {
			wrong = &hecWrong{code: hecBadFormat, at: int(i)}
		}
	}
	return wrong
}

// serveHealth tells, without a token, whether events are welcome.
func (in *hecInput) serveHealth(w http.ResponseWriter, _ *http.Request) {
	switch {
	case in.stopping.Load():
		sendHEC(w, hecStopping)
	case time.Now().UnixNano() < in.fullUntil.Load():
		sendHEC(w, hecQueuesFull)
	default:
		sendHEC(w, hecHealthy)
	}
}

var (
	_ Config = (*HEC)(nil)
	_ Input  = (*hecInput)(nil)
)
