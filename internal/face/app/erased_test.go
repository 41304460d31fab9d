// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// person is whom these tests erase; named finds them in any spelling.
const person = "zoe-marin@example.org"

func named(s string) bool { return strings.Contains(strings.ToLower(s), "zoe-marin") }

// places are where in a data folder a person can be found: in the bytes of files, and
// in the events of segment files, those of the journal's own stream included.
func places(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if named(string(raw)) {
			found = append(found, "bytes of "+name)
		}
		if strings.HasSuffix(path, ".seg") && segmentNames(t, path) {
			found = append(found, "events of "+name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func segmentNames(t *testing.T, path string) bool {
	t.Helper()
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for row := range f.Rows() {
		var e event.Event
		if err := f.Event(row, &e); err != nil {
			t.Fatal(err)
		}
		if named(string(e.AppendJSON(nil))) || named(e.Raw) {
			return true
		}
	}
	return false
}

// sendPerson sends events in which the person is wherever a name can be, and what
// raises anomalies and alerts about them, among those of others.
func (r *running) sendPerson(token string) {
	r.t.Helper()
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	for i := range 12 { // a brute force from one address, an enumeration, many people
		line(`{"id":"b-%d","source":"authentication","category":"login_failed","ip":"203.0.113.9","user":%q,"message":"failed"}`, i, fmt.Sprint("user", i%4))
	}
	line(`{"id":"b-z","source":"authentication","category":"login_failed","ip":"203.0.113.9","user":"Zoe-Marin@Example.ORG","message":"failed"}`)
	for i := range 4 {
		for _, user := range []string{person, "bob"} {
			line(`{"id":"l-%s-%d","source":"llm","category":"injection_detected","user":%q,"severity":"high","message":"prompt refused","attrs":{"confidence":0.95}}`, user, i, user)
		}
	}
	line(`{"id":"m-1","source":"application","category":"mail","user":"bob","message":"mail to ZOE-MARIN@EXAMPLE.ORG, as asked"}`)
	line(`{"id":"m-2","source":"application","category":"x","raw":"\u003c34\u003eNov 1 host app: zoe-marin@example.org in","message":"m"}`)
	line(`{"id":"m-3","source":"application","category":"x","message":"m","attrs":{"to":["bob",["Zoe-Marin@example.org"]],"n":1}}`)
	line(`{"id":"m-4","source":"application","category":"x","message":"m","tags":["a","zoe-marin@example.org"]}`)
	line(`{"id":"m-5","source":"application","category":"x","message":"m","session":"s/zoe-marin@example.org","user":"bob"}`)
	line(`{"id":"m-6","source":"application","category":"x","message":"m","host":"zoe-marin@example.org","ip":"198.51.100.7"}`)
	line(`{"id":"order zoe-marin@example.org","source":"application","category":"x","message":"m"}`)
	line(`{"id":"m-7","source":"access","category":"x","message":"m","attrs":{"users.zoe-marin@example.org":true}}`)
	line(`{"id":"m-8","source":"application","category":"x","message":"of zoe marin, another person","user":"bob"}`)
	var answer struct{ Accepted, Rejected int }
	if status := r.call("POST", "/api/siem/events", token, b.String(), &answer); status != http.StatusOK || answer.Rejected > 0 {
		r.t.Fatalf("%d %+v", status, answer)
	}
}

// lists is everything that the API shows, page by page.
func (r *running) lists(token string) (all []string) {
	r.t.Helper()
	for _, path := range []string{
		"/api/siem/logs?limit=1000", "/api/siem/logs?limit=1000&fields=b", "/api/siem/alerts?limit=1000", "/api/siem/alerts?status=resolved", "/api/siem/anomalies?limit=1000",
		"/api/siem/erasures", "/api/siem/tokens", "/api/siem/dashboard", "/api/siem/statistics", "/api/siem/holds", "/api/siem/retention",
	} {
		var page map[string]any
		if status := r.call("GET", path, token, "", &page); status != http.StatusOK {
			r.t.Fatalf("%s: %d", path, status)
		}
		all = append(all, path+" "+fmt.Sprint(page))
	}
	return all
}

type order struct {
	ID, Status, Hold, Error, Subject string
	Entries, Slots                   int
	Derived                          map[string]int
}

// erase orders an erasure and waits for its end.
func (r *running) erase(token, subject string) (o order) {
	r.t.Helper()
	if status := r.call("POST", "/api/siem/erasures", token, fmt.Sprintf(`{"subject":%q,"reason":"case 7"}`, subject), nil); status != http.StatusAccepted {
		r.t.Fatalf("order: %d", status)
	}
	var page struct{ Items []order }
	eventually(r.t, "the erasure has an end", func() bool {
		page.Items = nil // what is left out of the answer would stay
		r.call("GET", "/api/siem/erasures?limit=1", token, "", &page)
		s := page.Items[0].Status
		return s != "approved" && s != "running" || page.Items[0].Error != ""
	})
	return page.Items[0]
}

// known is a server over a folder in which the person is everywhere.
func known(t *testing.T, dir string) (r *running, manage string) {
	t.Helper()
	r = start(t, options(t, dir))
	writer := token(t, dir, "ingest")
	manage = token(t, dir, "manage")
	r.sendPerson(writer)
	var alerts struct{ Items []struct{ ID string } }
	eventually(t, "the alerts are there", func() bool {
		r.call("GET", "/api/siem/alerts", manage, "", &alerts)
		return len(alerts.Items) >= 3 && named(strings.Join(r.lists(manage), "\n"))
	})
	for _, a := range alerts.Items { // notes that name them, and audit events of that
		if status := r.call("POST", "/api/siem/alerts/"+a.ID+"/resolve", manage, `{"notes":"Zoe-Marin@example.org was told","reason":"benign"}`, nil); status != http.StatusOK {
			t.Fatalf("resolve: %d", status)
		}
	}
	if status := r.call("POST", "/api/siem/tokens", manage, `{"name":"script of zoe-marin@example.org","scope":"read"}`, nil); status != http.StatusCreated {
		t.Fatalf("token: %d", status)
	}
	// a search names whom it looked for, and is an event
	r.call("GET", "/api/siem/logs?user_id="+person, manage, "", nil)
	return r, manage
}

// TestErasedPersonIsNowhere: after an erasure nothing in the folder, and nothing that
// the API shows, has the name; what others did and how much there was is as before.
func TestErasedPersonIsNowhere(t *testing.T) {
	dir := t.TempDir()
	r, manage := known(t, dir)
	var before, after struct{ Total int }
	r.call("GET", "/api/siem/anomalies", manage, "", &before)
	o := r.erase(manage, "  ZOE-Marin@example.org ")
	if o.Status != "done" || o.Subject != "" || o.Entries < 15 || o.Slots <= o.Entries || o.Derived["anomalies"] == 0 || o.Derived["alerts"] == 0 || o.Derived["windows"] == 0 || o.Derived["tokens"] != 1 {
		t.Errorf("the order ends as %+v", o)
	}
	for _, list := range r.lists(manage) {
		if i := strings.Index(strings.ToLower(list), "zoe-marin"); i >= 0 {
			t.Errorf("the API still shows the person: …%s", list[max(0, i-300):min(len(list), i+60)])
		}
	}
	if r.call("GET", "/api/siem/anomalies", manage, "", &after); after != before {
		t.Errorf("%d anomalies, %d before", after.Total, before.Total)
	}
	var logs struct {
		Items []struct {
			Category, User, Message string
			Erased                  []string
		}
	}
	r.call("GET", "/api/siem/logs?limit=1000", manage, "", &logs)
	both, one, others := 0, 0, 0
	for _, e := range logs.Items {
		switch {
		case len(e.Erased) == 2 && e.User == "" && e.Message == "":
			both++
		case len(e.Erased) == 1:
			one++
		case e.User == "bob":
			others++
		}
	}
	if both < 5 || one < 8 || others < 5 {
		t.Errorf("%d events without both, %d without one part, %d of somebody else", both, one, others)
	}
	r.stop()
	for _, place := range places(t, dir) {
		t.Errorf("the person is in the %s", place)
	}
	verdict(t, dir, o.Entries)

	r = start(t, options(t, dir)) // and not found again by reading the journal anew
	r.call("GET", "/api/siem/anomalies", manage, "", &after)
	if after != before {
		t.Errorf("%d anomalies after the restart, %d before", after.Total, before.Total)
	}
	if r.call("GET", "/api/siem/alerts", manage, "", &after); after.Total != 0 {
		t.Errorf("%d alerts are active after the restart", after.Total)
	}
	r.stop()
}

// verdict verifies a stopped folder and wants that many erased entries.
func verdict(t *testing.T, dir string, erased int) {
	t.Helper()
	report, err := journal.Verify(t.Context(), filepath.Join(dir, "journal"), journal.VerifyOptions{Keys: keysOf(t, dir)})
	if err != nil || !report.OK() || report.Tampered != 0 || int(report.Erased) != erased {
		t.Errorf("verify: %v, %+v; want %d erased", err, report, erased)
	}
}

func keysOf(t *testing.T, dir string) *keyring.Ring {
	t.Helper()
	keys, damage := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
	if len(damage) > 0 {
		t.Fatalf("keys: %v", damage)
	}
	return keys
}

// TestErasedOnlyFromTheJournalIsFound is the control of both: before an erasure, and
// after one that leaves out what was derived, the same search finds the person.
func TestErasedOnlyFromTheJournalIsFound(t *testing.T) {
	dir := t.TempDir()
	r, _ := known(t, dir)
	r.stop()
	before := strings.Join(places(t, dir), "\n")
	for _, want := range []string{"bytes of state/state.db", "bytes of journal/wal/"} {
		if !strings.Contains(before, want) {
			t.Errorf("%s does not have the person before: %s", want, before)
		}
	}
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(dir, "journal"), Keys: keys, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- j.Run(ctx) }()
	if err := j.Seal(ctx); err != nil {
		t.Fatal(err)
	}
	if sealed := places(t, dir); !slices.ContainsFunc(sealed, func(s string) bool { return strings.HasPrefix(s, "events of journal/segments/") }) {
		t.Errorf("no segment file has the person before: %v", sealed)
	}
	if _, err := j.Erase(ctx, journal.Erasure{ID: "x", Subject: person, Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if err := j.Close(); err != nil {
		t.Error(err)
	}
	if left := places(t, dir); !slices.Contains(left, "bytes of state/state.db") {
		t.Errorf("state does not have the person any more: %v", left)
	}
}

func TestErasureIsRefusedOverTheAPI(t *testing.T) {
	dir := t.TempDir()
	r, manage := known(t, dir)
	defer r.stop()
	if status := r.call("POST", "/api/siem/holds", manage, `{"id":"case-1","reason":"a court asked"}`, nil); status != http.StatusCreated {
		t.Fatalf("hold: %d", status)
	}
	ask := func(subject string) int {
		return r.call("POST", "/api/siem/erasures", manage, fmt.Sprintf(`{"subject":%q}`, subject), nil)
	}
	if status := ask(person); status != http.StatusConflict {
		t.Errorf("under a hold: %d", status)
	}
	if status := ask("admin"); status != http.StatusConflict {
		t.Errorf("an account: %d", status)
	}
	if status := ask("nobody-of-that-name"); status != http.StatusAccepted {
		t.Errorf("somebody whom no hold keeps: %d", status)
	}
	if status := r.call("DELETE", "/api/siem/holds/case-1", manage, "", nil); status != http.StatusNoContent {
		t.Errorf("lift: %d", status)
	}
	if o := r.erase(manage, person); o.Status != "done" {
		t.Errorf("after the hold: %+v", o)
	}
}

// TestDualControl: an order waits for somebody else, over a restart too.
func TestDualControl(t *testing.T) {
	dir := t.TempDir()
	o := options(t, dir)
	o.Config.Journal.DualControl = true
	r := start(t, o)
	manage, writer := token(t, dir, "manage"), token(t, dir, "ingest")
	r.sendPerson(writer)
	if status := r.call("POST", "/api/siem/erasures", manage, fmt.Sprintf(`{"subject":%q}`, person), nil); status != http.StatusAccepted {
		t.Fatalf("order: %d", status)
	}
	r.stop()
	o = options(t, dir)
	o.Config.Journal.DualControl = true
	r = start(t, o)
	defer r.stop()
	var page struct{ Items []order }
	r.call("GET", "/api/siem/erasures", manage, "", &page)
	if len(page.Items) != 1 || page.Items[0].Status != "pending" || page.Items[0].Subject != person {
		t.Fatalf("orders %+v", page.Items)
	}
	approve := "/api/siem/erasures/" + page.Items[0].ID + "/approve"
	if status := r.call("POST", approve, token(t, dir, "manage"), "", nil); status != http.StatusConflict {
		t.Errorf("another token of the same person: %d", status)
	}
	if status := r.call("POST", approve, r.login(), "", nil); status != http.StatusOK {
		t.Errorf("somebody else: %d", status)
	}
	eventually(t, "it is done", func() bool {
		page.Items = nil
		r.call("GET", "/api/siem/erasures", manage, "", &page)
		return page.Items[0].Status == "done" && page.Items[0].Subject == ""
	})
}

// login logs the admin in.
func (r *running) login() string {
	r.t.Helper()
	var answer struct{ Token string }
	if status := r.call("POST", "/api/auth/login", "", `{"username":"admin","password":"a long enough password"}`, &answer); status != http.StatusOK {
		r.t.Fatalf("login: %d", status)
	}
	return answer.Token
}
