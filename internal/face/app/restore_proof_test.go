// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// rows are events as the API lists them, by the journal that they are in.
func (r *running) rows(reader string) (byOrigin map[string][]string) {
	r.t.Helper()
	var page struct{ Items []struct{ ID, Origin string } }
	if status := r.call("GET", "/api/siem/logs?limit=1000&source=application", reader, "", &page); status != 200 {
		r.t.Fatalf("logs: %d", status)
	}
	byOrigin = map[string][]string{}
	for _, e := range page.Items {
		byOrigin[e.Origin] = append(byOrigin[e.Origin], e.ID)
	}
	return byOrigin
}

// proven wants the proof of an event, checked with the keys of an origin, "" for the
// present one.
func (r *running) proven(reader, id, origin string) {
	r.t.Helper()
	var keys api.JournalKeys
	if status := r.call("GET", "/api/siem/journal/keys", reader, "", &keys); status != 200 {
		r.t.Fatalf("keys: %d", status)
	}
	var shown struct{ Bundle string }
	if status := r.call("GET", "/api/siem/logs/"+id+"/proof", reader, "", &shown); status != 200 {
		r.t.Errorf("proof of %s, of %q: %d", id, origin, status)
		return
	}
	trusted := keys.Trusted(origin)
	got, err := proof.CheckBundle(strings.NewReader(shown.Bundle), trusted, proof.BundleOptions{})
	if err != nil || !got.OK() || got.Entries != 1 || origin != "" && got.Origin != origin {
		r.t.Errorf("proof of %s, of %q, by %v: %v, %+v", id, origin, trusted, err, got)
	}
}

// TestEventsFromBeforeRestoresAreProven: also when there were two of them, each with the
// keys that its journal had; with backups that leave out what is secret, too.
func TestEventsFromBeforeRestoresAreProven(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*app.BackupOptions){
		"with secrets": nil, "without": func(o *app.BackupOptions) { o.WithoutKeys = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			r := start(t, options(t, dir))
			writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
			var all []string
			for round := range 3 {
				r.record(writer, 100*round, 5)
				present := r.rows(reader)[""]
				r.proven(reader, present[0], "") // which seals them
				rows := r.rows(reader)
				for origin, ids := range rows {
					r.proven(reader, ids[0], origin)
				}
				if len(rows) != round+1 || len(rows[""]) < 5 {
					t.Fatalf("round %d: rows %v", round, rows)
				}
				if round == 2 {
					break
				}
				all = append(all, rows[""]...)
				file, _ := backUp(t, dir, change)
				r.stop()
				dir, _ = putBack(t, file, nil)
				r = start(t, options(t, dir))
			}
			for origin, ids := range r.rows(reader) { // nothing of an archive passes for the present journal's
				for _, id := range ids {
					if slices.Contains(all, id) == (origin == "") {
						t.Errorf("event %s is of %q", id, origin)
					}
				}
			}
			r.stop()
		})
	}
}
