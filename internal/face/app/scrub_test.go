// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// criticals are the alerts about the journal itself.
func (r *running) criticals(token string) (alerts []struct {
	ID     string
	Count  int
	Status string
	Title  struct {
		Key    string
		Params map[string]any
	}
	Entity struct{ Type, Value string }
},
) {
	r.t.Helper()
	var page struct {
		Items []struct {
			ID     string
			Count  int
			Status string
			Title  struct {
				Key    string
				Params map[string]any
			}
			Entity struct{ Type, Value string }
		}
	}
	r.call("GET", "/api/siem/alerts?rule=RULE-CRITICAL-EVENT", token, "", &page)
	return page.Items
}

// integrity is the dashboard's.
type integrity struct {
	Status          string
	Total, Verified int64
	CheckedAt       *time.Time `json:"checked_at"`
	Checkpoint      *struct {
		Headers  int64
		SignedAt time.Time `json:"signed_at"`
	}
	Completeness *struct{ Status string }
}

func (r *running) integrity(token string) integrity {
	r.t.Helper()
	var d struct{ Integrity integrity }
	r.call("GET", "/api/siem/dashboard", token, "", &d)
	return d.Integrity
}

// TestDamageIsOneAlert: a flipped byte in a sealed file raises one alert that names the
// journal, and no other one when it is found again, also after a restart; the rest is
// there, and the last outcome shows from the start on.
func TestDamageIsOneAlert(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	writer, reader, boss := token(t, dir, "ingest"), token(t, dir, "read"), token(t, dir, "manage")
	var lines strings.Builder
	for i := range 200 {
		fmt.Fprintf(&lines, `{"source":"application","message":"event %d"}`+"\n", i)
	}
	r.call("POST", "/api/siem/events", writer, "["+strings.ReplaceAll(strings.TrimSpace(lines.String()), "\n", ",")+"]", nil)
	if status := r.call("GET", "/api/siem/journal/bundle?q=event", reader, "", nil); status != 200 {
		t.Fatalf("bundle: %d", status)
	}
	var whole struct{ Status string }
	r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	if got := r.integrity(reader); whole.Status != "UNANCHORED" || got.Status != "UNANCHORED" || got.Completeness == nil || got.Completeness.Status != "COMPLETE" ||
		got.Checkpoint == nil || got.Checkpoint.Headers == 0 || time.Since(got.Checkpoint.SignedAt) > time.Minute {
		t.Errorf("a whole journal: %s, %+v", whole.Status, got)
	}
	r.stop()

	files, err := filepath.Glob(filepath.Join(dir, "journal", "segments", "90d", "*", "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	raw, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	raw[1000] ^= 0x10
	if err := os.WriteFile(files[0], raw, 0o600); err != nil {
		t.Fatal(err)
	}

	r = start(t, options(t, dir))
	if got := r.integrity(reader); got.Status == "" || got.CheckedAt == nil {
		t.Errorf("the last outcome is not there after the start: %+v", got)
	}
	r.call("GET", "/api/siem/logs?source=application", reader, "", nil) // meets it
	eventually(t, "an alert", func() bool { return len(r.criticals(reader)) > 0 })
	eventually(t, "a whole check", func() bool { return r.integrity(reader).Completeness != nil })
	got := r.criticals(reader)
	if len(got) != 1 || got[0].Count != 1 || got[0].Entity.Type != "host" || !strings.Contains(got[0].Entity.Value, "/") || got[0].Title.Params["cause"] != "journal_damaged" {
		t.Errorf("%+v", got)
	}
	if i := r.integrity(reader); i.Status != "INVALID" || i.Verified == 0 || i.Verified == i.Total {
		t.Errorf("%+v", i)
	}
	if status := r.call("POST", "/api/siem/events", writer, `{"source":"application","message":"still here"}`, nil); status != 200 {
		t.Errorf("an event beside the damage: %d", status)
	}
	for range 2 { // found again by whoever asks
		r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	}
	r.stop()

	r = start(t, options(t, dir))
	if i := r.integrity(reader); i.Status != "INVALID" {
		t.Errorf("after a restart: %+v", i)
	}
	r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	if again := r.criticals(reader); whole.Status != "INVALID" || len(again) != 1 || again[0].Count != 1 || again[0].ID != got[0].ID {
		t.Errorf("%s, %+v", whole.Status, again)
	}
	if status := r.call("POST", "/api/siem/alerts/"+got[0].ID+"/resolve", boss, `{"reason":"true_positive"}`, nil); status != 200 {
		t.Fatalf("resolve: %d", status)
	}
	r.call("POST", "/api/siem/logs/verify", reader, "", &whole)
	if again := r.criticals(reader); len(again) != 0 {
		t.Errorf("resolved, and raised again: %+v", again)
	}
	r.stop()
}
