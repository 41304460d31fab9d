// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestExportOfAHunt: the events that a hunt selects are a file as those of a filter
// are, and it is recorded which hunt took them away.
func TestExportOfAHunt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	resp, body := h.export(t, "format=ndjson&hunt=user%3Aana+AND+NOT+message%3Anothing")
	if resp.StatusCode != http.StatusOK || strings.Count(body, "\n") != 5 || resp.Trailer.Get("Tocsin-Rows") != "5" {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Trailer, body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.events); n != 1 || h.events[0].Category != "data_export" {
		t.Fatalf("recorded %+v", h.events)
	}
	if hunt, ok := h.events[0].Attr("filter.hunt"); !ok || !strings.Contains(hunt.String(), "user") {
		t.Errorf("recorded %+v", h.events[0])
	}
}

// TestLiveTailOfAHunt sends what a hunt selects, which a filter cannot say.
func TestLiveTailOfAHunt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := serve(t, h)
	some := h.open(t, srv, "/api/siem/search/stream?hunt=severity%3E%3Dhigh+NOT+(message%3Awindow+OR+source%3Aload)", h.tokens["read"])
	h.tail.append(
		event.Event{ID: idOf(51), Source: "authentication", Severity: event.High, Message: "window"},
		event.Event{ID: idOf(52), Source: "load", Severity: event.Critical, Message: "much"},
		event.Event{ID: idOf(53), Source: "authentication", Severity: event.Low, Message: "quiet"},
		event.Event{ID: idOf(54), Source: "authentication", Severity: event.Critical, Message: "door"},
	)
	some.expect("log {", "door", idOf(54).String())
}
