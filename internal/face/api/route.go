// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"slices"

	spec "github.com/tocsin-siem/tocsin/api"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// What a route needs besides a permission of auth, in the words of x-permission.
const (
	needsNothing = "none"
	needsSession = "session" // any valid token or session
	needsView    = string(auth.ViewAudit)
	needsManage  = string(auth.Manage)
)

// route says what a caller must have and may send. Pattern is that of http.ServeMux
// as the description writes it.
type route struct {
	pattern string
	needs   string
	params  []string
	body    func() any // makes what the body is decoded into; nil = no body is read
}

// mounted is the pattern under which a route is served, where the description cannot
// write it: a path of several parts, and one that must not look more special than its
// neighbour.
func (r *route) mounted() string {
	switch r.pattern {
	case "GET /api/siem/journal/tile/{path}":
		return "GET /api/siem/journal/tile/{path...}"
	case "GET /api/siem/logs/{id}/proof":
		return "GET /api/siem/logs/{id}/{part}"
	default:
		return r.pattern
	}
}

// routes is the one table of what each operation needs.
func routes() []route {
	filter := []string{"source", "level", "category", "user_id", "ip_address", "q"}
	span := append(slices.Clone(filter), "from", "to")
	page := []string{"limit", "cursor", "offset"}
	return []route{
		{"POST /api/auth/login", needsNothing, nil, func() any { return new(Credentials) }},
		{"POST /api/auth/logout", needsSession, nil, nil},
		{"GET /api/auth/me", needsSession, nil, nil},

		{"GET /api/siem/logs", needsView, slices.Concat(span, page, []string{"fields"}), nil},
		{"GET /api/siem/logs/{id}", needsView, nil, nil},
		{"GET /api/siem/logs/{id}/proof", needsView, nil, nil},
		{"POST /api/siem/logs/verify", needsView, nil, func() any { return new(VerifyRequest) }},
		{"GET /api/siem/logs/verify/{id}", needsView, nil, nil},
		{"GET /api/siem/search", needsView, []string{"q", "from", "to", "now", "limit", "cursor", "histogram", "span", "facet"}, nil},
		{"GET /api/siem/search/complete", needsView, []string{"q", "at"}, nil},
		{"GET /api/siem/searches", needsView, nil, nil},
		{"POST /api/siem/searches", needsView, nil, func() any { return new(SavedSearchRequest) }},
		{"PUT /api/siem/searches/{id}", needsView, nil, func() any { return new(SavedSearchRequest) }},
		{"DELETE /api/siem/searches/{id}", needsView, nil, nil},
		{"GET /api/siem/search/stream", needsView, append(slices.Clone(filter), "hunt"), nil},
		{"GET /api/siem/statistics", needsView, span, nil},
		{"GET /api/siem/export", needsView, append(slices.Clone(span), "hunt", "now", "format", "fields", "limit", "cursor"), nil},

		{"GET /api/siem/journal/bundle", needsView, append(slices.Clone(span), "complete", "limit", "origin"), nil},
		{"GET /api/siem/journal/checkpoint", needsView, nil, nil},
		{"GET /api/siem/journal/keys", needsView, nil, nil},
		{"GET /api/siem/journal/tile/{path}", needsView, nil, nil},

		{"GET /api/siem/anomalies", needsView, append([]string{"type", "severity", "status"}, page...), nil},
		{"GET /api/siem/anomalies/{id}", needsView, nil, nil},
		{"POST /api/siem/anomalies/{id}/resolve", needsManage, nil, func() any { return new(AnomalyResolution) }},

		{"GET /api/siem/alerts", needsView, append([]string{"status", "severity", "rule"}, page...), nil},
		{"GET /api/siem/alerts/{id}", needsView, nil, nil},
		{"POST /api/siem/alerts/{id}/acknowledge", needsManage, nil, nil},
		{"POST /api/siem/alerts/{id}/resolve", needsManage, nil, func() any { return new(AlertResolution) }},
		{"GET /api/siem/alerts/statistics", needsView, nil, nil},
		{"GET /api/siem/alert-rules", needsView, nil, nil},

		{"GET /api/siem/dashboard", needsView, nil, nil},
		{"GET /api/siem/stream", needsView, nil, nil},

		{"GET /api/siem/tokens", needsManage, page, nil},
		{"POST /api/siem/tokens", needsManage, nil, func() any { return new(TokenRequest) }},
		{"DELETE /api/siem/tokens/{id}", needsManage, nil, nil},

		{"GET /api/siem/erasures", needsManage, page, nil},
		{"POST /api/siem/erasures", needsManage, nil, func() any { return new(ErasureRequest) }},
		{"GET /api/siem/erasures/{id}", needsManage, nil, nil},
		{"POST /api/siem/erasures/{id}/approve", needsManage, nil, nil},
		{"POST /api/siem/erasures/{id}/cancel", needsManage, nil, nil},
		{"GET /api/siem/erasures/{id}/certificate", needsManage, nil, nil},
		{"GET /api/siem/holds", needsView, nil, nil},
		{"POST /api/siem/holds", needsManage, nil, func() any { return new(HoldRequest) }},
		{"DELETE /api/siem/holds/{id}", needsManage, nil, nil},
		{"GET /api/siem/retention", needsView, nil, nil},
		{"POST /api/siem/retention", needsManage, nil, func() any { return new(RetentionRequest) }},

		{"GET /api/siem/inputs", needsView, nil, nil},
		{"POST /api/siem/inputs/test", needsManage, nil, nil},
		{"GET /api/siem/sources", needsView, nil, nil},
		{"GET /api/siem/senders", needsView, nil, nil},

		{"GET /healthz", needsNothing, nil, nil},
		{"GET /readyz", needsNothing, nil, nil},
		{"GET /metrics", needsNothing, nil, nil},
		{"GET /api/openapi.json", needsNothing, nil, nil},
	}
}

// mount joins the generated server, the streams, the inputs and the web app behind
// the gate.
func (a *API) mount() (http.Handler, error) {
	description, err := specJSON(spec.Spec())
	if err != nil {
		return nil, err
	}
	app, err := newWebApp(a.opts.Web)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	HandlerWithOptions(NewStrictHandlerWithOptions(a, nil, StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  a.badRequest,
		ResponseErrorHandlerFunc: a.fail,
	}), StdHTTPServerOptions{BaseRouter: mux, ErrorHandlerFunc: a.badRequest})
	mux.HandleFunc("GET /api/siem/stream", a.streamChanges)
	mux.HandleFunc("GET /api/siem/search/stream", a.streamLogs)
	mux.HandleFunc("GET /api/siem/export", a.exportLogs)
	mux.HandleFunc("GET /api/siem/logs/{id}/{part}", a.proveLog)
	mux.HandleFunc("GET /api/siem/journal/bundle", a.exportBundle)
	mux.HandleFunc("GET /api/siem/journal/tile/{path...}", a.journalTile)
	mux.HandleFunc("GET /api/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(description)
	})
	if a.opts.Metrics != nil {
		mux.Handle("GET /metrics", a.opts.Metrics)
	}
	g := &gate{api: a, mux: mux, routes: map[string]route{}, inputs: map[string]Input{}, cross: http.NewCrossOriginProtection()}
	for _, r := range routes() {
		g.routes[r.mounted()] = r
	}
	for _, in := range a.opts.Inputs {
		pattern := in.Method + " " + in.Pattern
		_, taken := g.routes[pattern]
		if _, twice := g.inputs[pattern]; taken || twice {
			return nil, fmt.Errorf("api: two handlers for %s", pattern)
		}
		g.inputs[pattern] = in
		mux.Handle(pattern, in.Handler)
	}
	g.others = g.rest(app)
	mux.Handle("/", g.others)
	return g, nil
}
