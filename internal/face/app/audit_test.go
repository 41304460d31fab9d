// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

func TestActivitiesGivenAgainHaveTheSameID(t *testing.T) {
	var got []*event.Event
	a := &auditor{logger: slog.New(slog.DiscardHandler), submit: func(_ context.Context, _, _ string, events []*event.Event) (pipeline.Result, error) {
		got = append(got, events...)
		return pipeline.Result{}, nil
	}}
	now := time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)
	batch := []auth.Activity{
		{Category: auth.TokenIssued, Time: now, Token: "T1", Name: "a"},
		{Category: auth.TokenIssued, Time: now, Token: "T2", Name: "a"},
		{Category: auth.TokenRevoked, Time: now, Token: "T2", Name: "a"},
		{Category: auth.TokenRevoked, Time: now.Add(1), Token: "T2", Name: "a"},
	}
	for range 2 {
		if err := a.activities(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	ids := map[string]bool{}
	for i, e := range got {
		if e.OriginID == "" || i >= len(batch) && e.OriginID != got[i-len(batch)].OriginID {
			t.Errorf("event %d: id %q", i, e.OriginID)
		}
		ids[e.OriginID] = true
	}
	if len(ids) != len(batch) {
		t.Errorf("%d ids for %d activities", len(ids), len(batch))
	}
}
