// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/ingest/input"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// inflow tells the API what comes in.
type inflow struct{ server *server }

// Inputs implements api.Inflow.
func (f inflow) Inputs() []api.InputHealth {
	p := f.server.ingest.pipeline
	flows := map[string]pipeline.Flow{}
	now := time.Now()
	for _, fl := range p.Flows(pipeline.ByInput, now) {
		flows[fl.Name] = fl
	}
	counts := map[string]pipeline.InputStats{}
	for _, c := range p.Stats().Inputs {
		counts[c.Name] = c
	}
	out := make([]api.InputHealth, 0, len(f.server.ingest.inputs))
	for _, o := range f.server.ingest.inputs {
		out = append(out, inputHealth(o, flows[o.name], counts[o.name], now))
	}
	return out
}

func inputHealth(o openInput, fl pipeline.Flow, c pipeline.InputStats, now time.Time) api.InputHealth {
	st, g := o.in.Stats(), flowOf(&fl, now)
	h := api.InputHealth{
		Name: o.name, Type: o.kind, Routes: routesOf(o.in.Routes()),
		Accepted: g.Accepted, Rejected: g.Rejected, Rate: g.Rate, Minutes: g.Minutes, LastReceived: g.LastReceived, LagSeconds: g.LagSeconds,
		Duplicates: whole(c.Duplicates), Bytes: whole(c.Bytes), Late: whole(c.Late), Refused: whole(c.Busy + c.Unavailable + st.Refused),
		Dropped: whole(st.DroppedKernel + st.DroppedQueue), Lost: whole(st.Lost), Cut: whole(st.Cut), Broken: whole(st.Broken),
		Connections: whole(st.Connections), Samples: []api.RejectedSample{},
	}
	if st.Address != "" {
		h.Address = &st.Address
	}
	for _, s := range fl.Samples {
		h.Samples = append(h.Samples, api.RejectedSample{At: time.Unix(0, s.At).UTC(), Sender: s.Sender, Reason: s.Reason, Excerpt: s.Excerpt})
	}
	return h
}

// routesOf are the methods and paths of routes. A token's place in a path is told by
// its name alone.
func routesOf(routes []input.Route) []string {
	out := make([]string, 0, len(routes))
	for _, r := range routes {
		out = append(out, r.Method+" "+r.Pattern)
	}
	return out
}

// Sources implements api.Inflow.
func (f inflow) Sources() []api.SourceHealth {
	configured := f.server.opt.Config.Sources
	now := time.Now()
	flows := f.server.ingest.pipeline.Flows(pipeline.BySource, now)
	seen := map[string]bool{}
	out := make([]api.SourceHealth, 0, len(flows)+len(configured))
	for i := range flows {
		seen[flows[i].Name] = true
		out = append(out, f.source(&flows[i], now))
	}
	for name := range configured {
		if !seen[name] {
			out = append(out, f.source(&pipeline.Flow{Name: name}, now))
		}
	}
	slices.SortFunc(out, func(a, b api.SourceHealth) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func (f inflow) source(fl *pipeline.Flow, now time.Time) api.SourceHealth {
	g := flowOf(fl, now)
	h := api.SourceHealth{
		Name: fl.Name, Accepted: g.Accepted, Rejected: g.Rejected, Rate: g.Rate, Minutes: g.Minutes, LastReceived: g.LastReceived, LagSeconds: g.LagSeconds,
	}
	if policy, ok := f.server.opt.Config.Sources[fl.Name]; ok {
		days := int(policy.Retention)
		h.Configured, h.Criticality, h.RetentionDays = true, &policy.Criticality, &days
	}
	return h
}

// Senders implements api.Inflow.
func (f inflow) Senders() []api.SenderHealth {
	now := time.Now()
	flows := f.server.ingest.pipeline.Flows(pipeline.BySender, now)
	out := make([]api.SenderHealth, 0, len(flows))
	for i := range flows {
		g := flowOf(&flows[i], now)
		out = append(out, api.SenderHealth{
			Id: flows[i].Name, Accepted: g.Accepted, Rejected: g.Rejected, Rate: g.Rate, Minutes: g.Minutes, LastReceived: g.LastReceived, LagSeconds: g.LagSeconds,
		})
	}
	return out
}

// Submit implements api.Inflow.
func (f inflow) Submit(ctx context.Context, e *event.Event) (id string, err error) {
	if _, err := f.server.ingest.pipeline.Submit(ctx, "tocsin", "tocsin", []*event.Event{e}); err != nil {
		return "", err
	}
	return e.ID.String(), nil
}

// rateMinutes is over how many minutes a rate is told, the current one among them.
const rateMinutes = 5

func flowOf(fl *pipeline.Flow, now time.Time) api.Flow {
	g := api.Flow{Accepted: whole(fl.Accepted), Rejected: whole(fl.Rejected), Minutes: make([]int64, 0, pipeline.FlowMinutes)}
	for _, n := range fl.Minutes {
		g.Minutes = append(g.Minutes, int64(n))
	}
	seconds := float64((rateMinutes-1)*60 + 1 + now.Unix()%60)
	for _, n := range g.Minutes[pipeline.FlowMinutes-rateMinutes:] {
		g.Rate += float64(n) / seconds
	}
	if fl.Last != 0 {
		at, lag := time.Unix(0, fl.Last).UTC(), time.Duration(fl.Behind).Seconds()
		g.LastReceived, g.LagSeconds = &at, &lag
	}
	return g
}

func whole(n uint64) int64 { return int64(min(n, math.MaxInt64)) }
