// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// flowOf returns the flow of a name.
func flowOf(t *testing.T, p *Pipeline, kind FlowKind, name string, now time.Time) Flow {
	t.Helper()
	for _, f := range p.Flows(kind, now) {
		if f.Name == name {
			return f
		}
	}
	t.Fatalf("no flow %s", name)
	return Flow{}
}

func TestFlows(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{}, func(o *Options) {
		o.Scrub = func(text string) string { return strings.ReplaceAll(text, "hunter2", "[secret]") }
	})
	before := time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)
	if _, err := p.Ingest(t.Context(), batch(`{"source":"shop","time":"`+before+`"}`, `{"source":"shop"}`, `{"source":"door"}`, `hunter2 is `+strings.Repeat("no JSON ", 100))); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	in := flowOf(t, p, ByInput, "http", now)
	if in.Accepted != 3 || in.Rejected != 1 || in.Minutes[FlowMinutes-1]+in.Minutes[FlowMinutes-2] != 3 {
		t.Errorf("input: %+v", in)
	}
	if behind := time.Duration(in.Behind); behind < 59*time.Minute || behind > 61*time.Minute {
		t.Errorf("behind by %s", behind)
	}
	if len(in.Samples) != 1 {
		t.Fatalf("%d samples", len(in.Samples))
	}
	sample := in.Samples[0]
	if !strings.HasPrefix(sample.Excerpt, "[secret] is no JSON") || len(sample.Excerpt) > maxExcerpt || sample.Sender != "token-1" || sample.Reason == "" || strings.Contains(sample.Reason, "hunter2") {
		t.Errorf("sample %+v", sample)
	}
	if f := flowOf(t, p, BySource, "shop", now); f.Accepted != 2 || f.Rejected != 0 || f.Last == 0 {
		t.Errorf("source: %+v", f)
	}
	if f := flowOf(t, p, BySource, "door", now); f.Accepted != 1 || f.Behind != 0 {
		t.Errorf("source: %+v", f)
	}
	if f := flowOf(t, p, BySender, "token-1", now); f.Accepted != 3 || f.Rejected != 1 {
		t.Errorf("sender: %+v", f)
	}
	if p.Flows(flowKinds, now) != nil {
		t.Error("a kind that is none has flows")
	}
}

// TestNothingFlowsThatIsNotRecorded: what the journal refused is not counted.
func TestNothingFlowsThatIsNotRecorded(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{gate: func(context.Context, []*event.Event) error { return errors.New("no room") }})
	if _, err := p.Ingest(t.Context(), batch(`{"source":"shop"}`)); err == nil {
		t.Fatal("recorded")
	}
	if f := flowOf(t, p, ByInput, "http", time.Now()); f.Accepted != 0 || f.Last != 0 {
		t.Errorf("%+v", f)
	}
	if got := p.Flows(BySource, time.Now()); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// TestPrivateRecordsAreNotShown: of records that may hold prompts there is the reason,
// and no excerpt.
func TestPrivateRecordsAreNotShown(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{})
	b := batch("no JSON, but a prompt")
	b.Private = true
	if _, err := p.Ingest(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	in := flowOf(t, p, ByInput, "http", time.Now())
	if len(in.Samples) != 1 || in.Samples[0].Excerpt != "" || in.Samples[0].Reason == "" {
		t.Errorf("%+v", in.Samples)
	}
}

// TestMinutes counts in minutes far and near, forth and back.
func TestMinutes(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{})
	fl := p.flows.get(ByInput, "x")
	at := func(minute int64) int64 { return minute*int64(time.Minute) + 7 }
	for _, step := range []struct {
		minute int64
		n      int
	}{{1000, 1}, {1000, 2}, {1002, 4}, {1001, 8}, {1061, 16}, {1001, 32}, {1002, 64}, {1200, 128}} {
		fl.count(step.n, 0, at(step.minute), 0)
		if step.minute == 1002 && step.n == 4 || step.n == 64 {
			got := flowOf(t, p, ByInput, "x", time.Unix(fl.minute*60, 0))
			want := []uint32{3, 0, 4}
			if step.n == 64 { // 1001 is out of the hour, 1002 its first minute
				want = []uint32{68, 0, 0}
				if !slices.Equal(got.Minutes[:3], want) || got.Minutes[FlowMinutes-1] != 16 {
					t.Errorf("after %d: %v", step.n, got.Minutes)
				}
				continue
			}
			if !slices.Equal(got.Minutes[FlowMinutes-3:], want) {
				t.Errorf("after %d: %v", step.n, got.Minutes)
			}
		}
	}
	got := flowOf(t, p, ByInput, "x", time.Unix(1230*60, 0))
	if got.Minutes[FlowMinutes-31] != 128 || got.Accepted != 255 {
		t.Errorf("later: %v", got)
	}
	if got = flowOf(t, p, ByInput, "x", time.Unix(5000*60, 0)); got.Minutes != [FlowMinutes]uint32{} {
		t.Errorf("much later: %v", got.Minutes)
	}
}

func TestFlowsAreBounded(t *testing.T) {
	t.Parallel()
	p := build(t, &journal{})
	for i := range 3 * maxFlows {
		if _, err := p.Ingest(t.Context(), batch(fmt.Sprintf(`{"source":"s%d"}`, i), "no JSON", "no JSON", "no JSON", "no JSON")); err != nil {
			t.Fatal(err)
		}
	}
	got := p.Flows(BySource, time.Now())
	if len(got) != maxFlows+1 {
		t.Errorf("%d flows", len(got))
	}
	var sum uint64
	for _, f := range got {
		sum += f.Accepted
	}
	if sum != 3*maxFlows {
		t.Errorf("%d events in all flows", sum)
	}
	if in := flowOf(t, p, ByInput, "http", time.Now()); len(in.Samples) != maxSamples || in.Rejected != 12*maxFlows {
		t.Errorf("%d samples, %d rejected", len(in.Samples), in.Rejected)
	}
}
