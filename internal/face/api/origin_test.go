// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// afterRestore is evidence of a journal of which the shared one is the archive.
type afterRestore struct {
	api.Evidence
	asked *journal.BundleRequest
}

const presentOrigin = "now/abcdefgh"

func (e afterRestore) Keys() api.JournalKeys {
	old := e.Evidence.Keys()
	return api.JournalKeys{
		Origin: presentOrigin, Keys: []api.JournalKey{}, Statements: []string{},
		Archives: &[]api.ArchiveKeys{{Origin: old.Origin, Keys: old.Keys, Statements: old.Statements}},
	}
}

// Covered says no: what is of an archive must not be asked of the present journal.
func (e afterRestore) Covered(string, uint64) bool { return false }

func (e afterRestore) WriteBundle(ctx context.Context, w io.Writer, r journal.BundleRequest) error {
	*e.asked = r
	if r.Origin == e.Evidence.Keys().Origin {
		r.Origin = ""
	}
	return e.Evidence.WriteBundle(ctx, w, r)
}

// archivedLogs are events of an earlier journal and, with the same numbers, of this one.
func archivedLogs(t *testing.T) pagedLogs {
	t.Helper()
	logs := pagedLogs{fakeLogs: newLogs()}
	old := shared(t).Keys().Origin
	for i := range logs.fakeLogs.events {
		e := logs.fakeLogs.events[i]
		e.Place.Origin = old
		logs.events = append(logs.events, e)
		e.Place.Origin = presentOrigin
		logs.events = append(logs.events, e)
		logs.fakeLogs.events[i].Place.Origin = old
	}
	return logs
}

func TestBundlesAreOfOneOrigin(t *testing.T) {
	t.Parallel()
	var asked journal.BundleRequest
	logs := archivedLogs(t)
	old := shared(t).Keys().Origin
	h := newHouse(t, func(o *api.Options) {
		o.Logs, o.Evidence, o.Origin = logs, afterRestore{shared(t), &asked}, presentOrigin
	})
	w := h.do(t, call{method: "GET", url: "/api/siem/journal/bundle", token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 400, "invalid_field")
	for _, name := range []string{old, presentOrigin, `"origin"`} {
		if !strings.Contains(w.Body.String(), name) {
			t.Errorf("%s is not named: %s", name, w.Body)
		}
	}
	for _, c := range []struct {
		origin, params string
		want           int
	}{{old, "", 5}, {old, "&limit=5", 5}, {old, "&complete=true", 5}, {presentOrigin, "", 5}} {
		asked = journal.BundleRequest{}
		w := h.do(t, call{method: "GET", url: "/api/siem/journal/bundle?origin=" + c.origin + c.params, token: h.tokens["read"]})
		n := 0
		for _, g := range append(asked.Entries, asked.Complete...) {
			n += int(g.Last - g.First + 1)
		}
		if asked.Origin != c.origin || n != c.want {
			t.Errorf("origin %s%s: %d, asked for %d entries of %q", c.origin, c.params, w.Code, n, asked.Origin)
		}
	}
	for origin, status := range map[string]int{"nobody/abcdefgh": 404} {
		if w := h.do(t, call{method: "GET", url: "/api/siem/journal/bundle?origin=" + origin, token: h.tokens["read"]}); w.Code != status {
			t.Errorf("origin %s: %d", origin, w.Code)
		}
	}
}

// Rows say which journal they are of where their numbers could be another's.
func TestRowsSayTheirOrigin(t *testing.T) {
	t.Parallel()
	old := shared(t).Keys().Origin
	type row struct {
		Origin *string
		Stream string
		Seq    uint64
	}
	logs := archivedLogs(t)
	list := func(origin string) (rows []row, one row) {
		t.Helper()
		h := newHouse(t, func(o *api.Options) { o.Logs, o.Origin = logs, origin })
		rows = decode[struct{ Items []row }](t, h.do(t, call{method: "GET", url: "/api/siem/logs?limit=100", token: h.tokens["read"]})).Items
		one = decode[row](t, h.do(t, call{method: "GET", url: "/api/siem/logs/" + idOf(3).String(), token: h.tokens["read"]}))
		if len(rows) != 10 || rows[0].Seq != rows[1].Seq || rows[0].Stream != rows[1].Stream {
			t.Fatalf("rows %+v", rows)
		}
		return rows, one
	}
	rows, one := list(presentOrigin)
	for i, r := range rows {
		if archived := i%2 == 0; archived && (r.Origin == nil || *r.Origin != old) || !archived && r.Origin != nil {
			t.Errorf("row %d: origin %v", i, r.Origin)
		}
	}
	if one.Origin == nil || *one.Origin != old {
		t.Errorf("the event itself: %v", one.Origin)
	}
	// the control: who is that journal sees none of its rows as foreign
	if rows, one = list(old); rows[0].Origin != nil || rows[1].Origin == nil || one.Origin != nil {
		t.Errorf("seen from the earlier journal: %v, %v, %v", rows[0].Origin, rows[1].Origin, one.Origin)
	}
}

// The proof of an event from before a restore is checked with the keys of that time.
func TestProofsOfAnArchive(t *testing.T) {
	t.Parallel()
	var asked journal.BundleRequest
	logs := archivedLogs(t)
	live := shared(t)
	url := "/api/siem/logs/" + idOf(3).String() + "/proof"
	h := newHouse(t, func(o *api.Options) {
		o.Logs, o.Evidence, o.Origin = logs.fakeLogs, afterRestore{live, &asked}, presentOrigin
	})
	for range 30 { // none of which seals anything
		w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"], header: map[string]string{"Accept": "application/x-ndjson"}})
		if w.Code != 200 || asked.Origin != live.Keys().Origin {
			t.Fatalf("%d %s, asked %+v", w.Code, w.Body, asked)
		}
		got, err := proof.CheckBundle(bytes.NewReader(w.Body.Bytes()), trusted(live), proof.BundleOptions{})
		if err != nil || !got.OK() || got.Entries != 1 {
			t.Fatalf("%v, %+v", err, got)
		}
	}
	// the control: with the keys of the present journal it proves nothing
	h = newHouse(t, func(o *api.Options) {
		o.Logs = logs.fakeLogs
		o.Evidence = stubEvidence{Evidence: misnamed{live}, covered: true, bundle: afterRestore{live, &asked}.WriteBundle}
	})
	w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 409, "entry_damaged")
}

// misnamed has the keys of an archive as its own.
type misnamed struct{ api.Evidence }

func (m misnamed) Keys() api.JournalKeys {
	k := m.Evidence.Keys()
	k.Origin = presentOrigin
	return k
}

func TestTrustedKeysAreThoseOfTheOrigin(t *testing.T) {
	t.Parallel()
	key := func(k string, p api.JournalKeyPurpose) api.JournalKey { return api.JournalKey{Key: k, Purpose: p} }
	all := api.JournalKeys{
		Origin: "new/b", Keys: []api.JournalKey{key("n1", api.Checkpoint), key("nr", api.Receipt), key("n2", api.Checkpoint)},
		Archives: &[]api.ArchiveKeys{{Origin: "old/a", Keys: []api.JournalKey{key("o1", api.Checkpoint), key("or", api.Receipt)}}},
	}
	for origin, want := range map[string][]string{"": {"n1", "n2"}, "new/b": {"n1", "n2"}, "old/a": {"o1"}, "other/c": nil} {
		if diff := cmp.Diff(want, all.Trusted(origin)); diff != "" {
			t.Errorf("%q (-want +got):\n%s", origin, diff)
		}
	}
}
