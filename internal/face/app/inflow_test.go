// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// TestWhatComesInIsTold sends records, good and bad, and looks at what the server
// tells of inputs, sources and senders.
func TestWhatComesInIsTold(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	o := options(t, dir)
	o.Syslog = "127.0.0.1:0"
	r := start(t, o)
	defer r.stop()
	ingest, manage := token(t, dir, "ingest"), token(t, dir, "manage")
	body := `[{"source":"shop","message":"a","time":"2026-01-01T00:00:00Z"},{"source":"shop","message":"b"},{"message":7,"password":"hunter2"}]`
	if status := r.call(http.MethodPost, "/api/siem/events", ingest, body, nil); status != http.StatusOK {
		t.Fatal(status)
	}

	var inputs api.InputList
	if status := r.call(http.MethodGet, "/api/siem/inputs", manage, "", &inputs); status != http.StatusOK {
		t.Fatal(status)
	}
	byName := map[string]api.InputHealth{}
	for _, in := range inputs.Items {
		byName[in.Name] = in
	}
	in := byName["http"]
	if in.Accepted != 2 || in.Rejected != 1 || in.Type != "http" || strings.Join(in.Routes, " ") != "POST /api/siem/events" || in.LastReceived == nil || len(in.Minutes) != 60 {
		t.Errorf("%+v", in)
	}
	if len(in.Samples) != 1 || !strings.Contains(in.Samples[0].Reason, "message: want text") || strings.Contains(in.Samples[0].Excerpt, "hunter2") ||
		!strings.Contains(in.Samples[0].Excerpt, `"message":7`) || in.Samples[0].SenderName == nil {
		t.Errorf("samples %+v", in.Samples)
	}
	if udp := byName["syslog_udp"]; udp.Address == nil || !strings.HasPrefix(*udp.Address, "127.0.0.1:") || udp.LastReceived != nil || udp.Accepted != 0 {
		t.Errorf("%+v", udp)
	}

	var sent api.TestEvent
	if status := r.call(http.MethodPost, "/api/siem/inputs/test", manage, "", &sent); status != http.StatusCreated {
		t.Fatal(status)
	}
	var event struct{ Category, Message, Source string }
	if status := r.call(http.MethodGet, "/api/siem/logs/"+sent.Id, manage, "", &event); status != http.StatusOK || event.Category != "test_event" {
		t.Errorf("%d, %+v", status, event)
	}

	var sources api.SourceList
	r.call(http.MethodGet, "/api/siem/sources", manage, "", &sources)
	seen := map[string]api.SourceHealth{}
	for _, s := range sources.Items {
		seen[s.Name] = s
	}
	if s := seen["shop"]; s.Accepted != 2 || s.Configured {
		t.Errorf("%+v", s)
	}
	if s := seen["llm"]; s.Accepted != 0 || !s.Configured || s.RetentionDays == nil || *s.RetentionDays != 365 {
		t.Errorf("%+v", s)
	}
	var senders api.SenderList
	r.call(http.MethodGet, "/api/siem/senders", manage, "", &senders)
	found := false
	for _, s := range senders.Items {
		found = found || s.Accepted == 2 && s.Rejected == 1 && s.Name != nil
	}
	if !found {
		t.Errorf("%+v", senders.Items)
	}
}
