// SPDX-License-Identifier: Apache-2.0

// Package api is Tocsin over HTTP: the operations of api/openapi.yaml, two live
// streams, the inputs that app mounts, and the web app.
//
//	request ─► guard (id, headers, recover) ─► gate (who, may they, is it well formed)
//	        ─► generated server ─► one handler per operation ─► one domain method
//	                            └► streams, web app, inputs
//
// Guarantees:
//   - The table of routes (routes) says what each one needs; a route that is not in
//     it is not served. A test holds the table against openapi.yaml.
//   - Nothing is decoded, read or looked up for a caller without the permission.
//   - Bodies, parameters, streams and requests per caller are bounded; a client that
//     reads slowly loses messages and is told so, or its connection.
//   - Errors are problem+json; what is not the caller's business stays in the log,
//     under the request id.
//
// Concurrency: API is an http.Handler; all methods may be called at the same time.
package api

//go:generate go tool -modfile=../../../tools/go.mod oapi-codegen -config oapi-codegen.yaml ../../../api/openapi.yaml

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// Cases are the anomalies and alerts that people work on: alert.Store without what
// only detection and settings need. Errors are those of alert.Store.
type Cases interface {
	Anomaly(ctx context.Context, id string) (alert.Anomaly, error)
	Anomalies(ctx context.Context, f alert.AnomalyFilter) (alert.Page[alert.Anomaly], error)
	ResolveAnomaly(ctx context.Context, id string, r alert.Resolution) (alert.Anomaly, error)
	Alert(ctx context.Context, id string) (alert.Alert, error)
	Alerts(ctx context.Context, f alert.AlertFilter) (alert.Page[alert.Alert], error)
	Acknowledge(ctx context.Context, id string, w alert.Work) (alert.Alert, error)
	Resolve(ctx context.Context, id string, r alert.Resolution) (alert.Alert, error)
	AlertStatistics(ctx context.Context) (alert.Statistics, error)
	AlertRules(ctx context.Context) ([]alert.Rule, error)
	OpenAnomalies(ctx context.Context) (alert.Counts, error)
}

// Tail reads the journal from a position on: Next returns 1 to limit events in the
// order of the journal and waits, until ctx ends, while there are none. The events
// are only read, and not kept. One goroutine uses a Tail.
type Tail interface {
	Next(ctx context.Context, limit int) ([]*event.Event, error)
}

// Input is an operation that an input implements. It checks its own token and
// bounds its own body.
type Input struct {
	Method  string // POST
	Pattern string // a path of http.ServeMux: /api/siem/events
	Handler http.Handler
	// Only, where given, tells which requests it takes; the others go on as if it were
	// not there.
	Only func(r *http.Request) bool
}

// Vitals are the figures of the dashboard that only app can gather.
type Vitals struct {
	Ingest IngestHealth
	// Integrity is of the last check in the background; with an empty Status the
	// last whole one that somebody asked for over the API is shown.
	Integrity Integrity
	// Sources may be nil: then they are counted from the events of a day.
	Sources []SourceActivity
}

// Options are what the API works with. Everything is needed unless it says so.
type Options struct {
	// Logs answers searches.
	Logs query.Source
	// Hunts answers the hunt language.
	Hunts Hunts
	// Saved keeps hunts under names.
	Saved SavedSearches
	// Cases keeps anomalies, alerts and their rules.
	Cases Cases
	// Auth tells who calls.
	Auth *auth.Auth
	// Audit records an event about Tocsin itself. It is called before the answer
	// goes out, with a context that outlives the request: it bounds its own time.
	Audit func(ctx context.Context, e *event.Event)
	// Verify checks the entries that happened from from to to (zero = open). It may
	// tell, by a progress that is not nil, which share of the work is done.
	Verify func(ctx context.Context, from, to time.Time, progress func(share float64)) (Verification, error)
	// Entries is how many entries Verify would look at, about; nil = few.
	Entries func(from, to time.Time) int64
	// Evidence is what the journal proves, Origin its name: events of another one show
	// theirs.
	Evidence Evidence
	Origin   string
	// Head is the journal's last durable position and Tail a reader of what follows
	// a position.
	Head func() uint64
	Tail func(after uint64) Tail
	// Vitals is called for each dashboard and every few seconds while somebody
	// watches: it must be quick.
	Vitals func(ctx context.Context) (Vitals, error)
	// Erasures are the orders to erase one person, Holds the journal's legal holds.
	Erasures Erasures
	Holds    Holds
	// Retain drops what is over its time; an error that is journal.ErrClock says that
	// the clock cannot be believed. Retention tells what it did, and what is due.
	Retain    func(ctx context.Context, clockChecked bool, by string) (RetentionRun, error)
	Retention func(ctx context.Context) (Retention, error)
	// Inflow tells what comes in.
	Inflow Inflow
	// Ready tells the state of the parts of the process; nil = always ready.
	Ready func(ctx context.Context) Health
	// Metrics serves /metrics; nil = not served.
	Metrics http.Handler
	// Inputs are mounted beside the operations.
	Inputs []Input
	// Web is the built web app with index.html at its root; nil = no web app.
	Web fs.FS
	// Demo says that the server plays demonstration traffic.
	Demo bool
	// Version is the build's, for files that say what made them.
	Version string
	// Logger gets what callers must not see.
	Logger *slog.Logger
}

func (o *Options) check() error {
	switch {
	case o.Logs == nil, o.Cases == nil, o.Auth == nil, o.Audit == nil, o.Verify == nil, o.Evidence == nil,
		o.Head == nil, o.Tail == nil, o.Vitals == nil, o.Logger == nil:
		return errors.New("api: logs, cases, auth, audit, verify, evidence, head, tail, vitals and logger are needed")
	case o.Erasures == nil, o.Holds == nil, o.Retain == nil, o.Retention == nil, o.Hunts == nil, o.Saved == nil, o.Inflow == nil:
		return errors.New("api: erasures, holds, retain, retention, hunts, saved and inflow are needed")
	default:
		return nil
	}
}

// API is the HTTP side of Tocsin. Make one with New.
type API struct {
	opts     Options
	handler  http.Handler
	streams  *streams
	limiter  *limiter
	searches *searches
	exports  *exports
	hunts    chan struct{} // has one for each hunt that runs
	checks   checks
	activity activityCache
}

// New builds the API; nothing is started.
func New(opts Options) (*API, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	a := &API{opts: opts, streams: newStreams(), limiter: newLimiter(), searches: newSearches(), exports: newExports(), hunts: make(chan struct{}, maxHunts)}
	a.checks.queue = make(chan *checkJob, 1)
	gated, err := a.mount()
	if err != nil {
		return nil, err
	}
	a.handler = a.guard(gated)
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

var (
	_ StrictServerInterface = (*API)(nil)
	_ http.Handler          = (*API)(nil)
)
