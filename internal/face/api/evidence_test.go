// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// stubEvidence is a journal that does what a test wants of it.
type stubEvidence struct {
	api.Evidence
	tile    func(path string) ([]byte, error)
	bundle  func(ctx context.Context, w io.Writer, r journal.BundleRequest) error
	covered bool
	note    []byte
}

func (s stubEvidence) Tile(path string) ([]byte, error)        { return s.tile(path) }
func (s stubEvidence) Covered(string, uint64) bool             { return s.covered }
func (s stubEvidence) Checkpoint() ([]byte, uint64, time.Time) { return s.note, 0, time.Time{} }
func (s stubEvidence) WriteBundle(ctx context.Context, w io.Writer, r journal.BundleRequest) error {
	return s.bundle(ctx, w, r)
}

// trusted are the checkpoint keys of a journal.
func trusted(e api.Evidence) (keys []string) {
	for _, k := range e.Keys().Keys {
		if k.Purpose == api.Checkpoint {
			keys = append(keys, k.Key)
		}
	}
	return keys
}

func mustProve(t *testing.T, bundle string, entries uint64, complete string) {
	t.Helper()
	got, err := proof.CheckBundle(strings.NewReader(bundle), trusted(shared(t)), proof.BundleOptions{})
	if err != nil || !got.OK() || got.Entries != entries || got.Complete != complete {
		t.Errorf("the bundle proves nothing: %v, %+v", err, got)
	}
}

func TestProofsAreCheckedWithTheKeyAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	url := "/api/siem/logs/" + idOf(3).String() + "/proof"
	w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
	shown := decode[struct {
		Record struct {
			ID, User string
			Seq      uint64
		}
		Path   []string
		Header struct {
			Index uint64
			Bytes []byte
			Path  []string
		}
		Checkpoint, Bundle string
	}](t, w)
	if w.Header().Get("Content-Type") != "application/json" || shown.Record.ID != idOf(3).String() || shown.Record.Seq != 4 || shown.Record.User != "ana" ||
		len(shown.Path) == 0 || !bytes.HasPrefix(shown.Header.Bytes, []byte("TCSNRNG1")) {
		t.Errorf("%+v", shown)
	}
	mustProve(t, shown.Bundle, 1, proof.CompleteNotClaimed)

	for accept, file := range map[string]bool{
		"application/x-ndjson": true, "application/json;q=0.5, application/x-ndjson": true, "application/x-ndjson;q=0": false, "*/*": false, "": false,
	} {
		w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"], header: map[string]string{"Accept": accept}})
		if got := w.Header().Get("Content-Type") == "application/x-ndjson"; got != file || w.Header().Get("Vary") != "Accept" {
			t.Errorf("Accept %q: %v", accept, w.Header())
		}
		if !file {
			continue
		}
		mustProve(t, w.Body.String(), 1, proof.CompleteNotClaimed)
		if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="tocsin-proof-`+idOf(3).String()+`.ndjson"` {
			t.Errorf("Content-Disposition %s", got)
		}
	}
}

func TestBundles(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		query    string
		entries  uint64
		complete string
		filter   string
	}{
		{"", 5, proof.CompleteNotClaimed, ""},
		{"?ip_address=192.0.2.0/24&q=login&limit=5", 5, proof.CompleteNotClaimed, "ip:192.0.2.0/24 login"},
		{"?user_id=nobody&complete=true", 5, proof.CompleteProven, "user:nobody"},
		{"?complete=true&from=2026-01-01T00:00:00Z", 5, proof.CompleteProven, ""},
	} {
		h := newHouse(t, nil)
		w := h.do(t, call{method: "GET", url: "/api/siem/journal/bundle" + c.query, token: h.tokens["read"]})
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/x-ndjson" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), `attachment; filename="tocsin-evidence-2`) {
			t.Fatalf("%s: %d %v %s", c.query, w.Code, w.Header(), w.Body)
		}
		mustProve(t, w.Body.String(), c.entries, c.complete)
		e := h.events[len(h.events)-1]
		filter, _ := e.Attr("filter")
		n, _ := e.Attr("entries")
		if e.Category != "data_export" || e.Source != "security_audit" || filter.Text != c.filter || n.Text != strconv.FormatUint(c.entries, 10) || e.User != "read token" {
			t.Errorf("%s: recorded %+v", c.query, e)
		}
	}
}

// A filter on what a bundle cannot show is no claim that nothing else matched.
func TestBundlesSayThatEventsAreMissing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) { o.Logs = damagedLogs{newLogs(), 7} })
	w := h.do(t, call{method: "GET", url: "/api/siem/journal/bundle", token: h.tokens["read"]})
	if w.Code != 200 || w.Header().Get("Tocsin-Incomplete") != "7" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestEvidenceThatCannotBeMade(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		code   string
		retry  bool
	}{
		{journal.ErrDiverged, 409, "journal_diverged", false},
		{journal.ErrDamaged, 409, "entry_damaged", false},
		{journal.ErrArchived, 409, "entry_archived", false},
		{journal.ErrNoEvidence, 404, "not_found", false},
		{journal.ErrClosed, 503, "unavailable", true},
		{context.DeadlineExceeded, 503, "not_sealed", true},
		{errors.New("/secret/path"), 500, "internal", false},
	} {
		for _, url := range []string{"/api/siem/journal/bundle", "/api/siem/logs/" + idOf(1).String() + "/proof"} {
			h := newHouse(t, func(o *api.Options) {
				o.Evidence = stubEvidence{covered: true, bundle: func(context.Context, io.Writer, journal.BundleRequest) error { return fmt.Errorf("bundle: %w", c.err) }}
			})
			w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
			mustBeProblem(t, w.Code, w.Header(), w.Body.String(), c.status, c.code)
			if (w.Header().Get("Retry-After") != "") != c.retry || w.Header().Get("Content-Disposition") != "" || strings.Contains(w.Body.String(), "secret") {
				t.Errorf("%v: %v %s", c.err, w.Header(), w.Body)
			}
			if got := h.categories(); got != "" {
				t.Errorf("%v: an export that there was none of is recorded: %s", c.err, got)
			}
		}
	}
}

// A proof that a stranger would not take never goes out.
func TestProofsAreCheckedBeforeTheyGoOut(t *testing.T) {
	t.Parallel()
	live := shared(t)
	spoilt := func(ctx context.Context, w io.Writer, r journal.BundleRequest) error {
		var out bytes.Buffer
		err := live.WriteBundle(ctx, &out, r)
		_, _ = w.Write(bytes.Replace(out.Bytes(), []byte(`"r":"`), []byte(`"r":"A`), 1))
		return err
	}
	other := func(ctx context.Context, w io.Writer, _ journal.BundleRequest) error {
		return live.WriteBundle(ctx, w, journal.BundleRequest{Entries: []event.Range{{Stream: "366d", First: 1, Last: 1}}})
	}
	for name, bundle := range map[string]func(context.Context, io.Writer, journal.BundleRequest) error{"spoilt": spoilt, "another entry": other} {
		h := newHouse(t, func(o *api.Options) { o.Evidence = stubEvidence{Evidence: live, covered: true, bundle: bundle} })
		w := h.do(t, call{method: "GET", url: "/api/siem/logs/" + idOf(3).String() + "/proof", token: h.tokens["read"]})
		mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 409, "entry_damaged")
		if got := h.categories(); got != "" {
			t.Errorf("%s: recorded %s", name, got)
		}
	}
}

// Sealing for a proof is bounded, and what is sealed costs nothing.
func TestSealsForProofsAreBounded(t *testing.T) {
	t.Parallel()
	for _, covered := range []bool{true, false} {
		live := shared(t)
		h := newHouse(t, func(o *api.Options) {
			o.Evidence = stubEvidence{Evidence: live, covered: covered, bundle: live.WriteBundle}
		})
		slow := 0
		for range 30 {
			w := h.do(t, call{method: "GET", url: "/api/siem/logs/" + idOf(3).String() + "/proof", token: h.tokens["read"]})
			if w.Code == 429 && w.Header().Get("Retry-After") == "2" {
				slow++
			}
		}
		if covered && slow > 0 || !covered && slow < 10 {
			t.Errorf("covered %v: %d of 30 were refused", covered, slow)
		}
	}
}

func TestExportsAreBounded(t *testing.T) {
	t.Parallel()
	begun, end := make(chan struct{}), make(chan struct{})
	h := newHouse(t, func(o *api.Options) {
		o.Evidence = stubEvidence{covered: true, bundle: func(_ context.Context, w io.Writer, _ journal.BundleRequest) error {
			begun <- struct{}{}
			<-end
			_, err := io.WriteString(w, "{}\n")
			return err
		}}
	})
	codes := make(chan int)
	ask := call{method: "GET", url: "/api/siem/journal/bundle", token: h.tokens["read"]}
	for range 2 {
		go func() { codes <- h.do(t, ask).Code }()
		<-begun
	}
	w := h.do(t, ask)
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 429, "too_many_exports")
	close(end)
	if a, b := <-codes, <-codes; a != 200 || b != 200 {
		t.Errorf("%d, %d", a, b)
	}
}

// A journal that cannot seal does not keep anybody waiting for ever.
func TestExportsThatCannotBeSealed(t *testing.T) {
	t.Parallel()
	shared(t)
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(o *api.Options) {
			o.Evidence = stubEvidence{bundle: func(ctx context.Context, _ io.Writer, _ journal.BundleRequest) error {
				<-ctx.Done()
				return fmt.Errorf("wait for the seal: %w", ctx.Err())
			}}
		})
		for _, url := range []string{"/api/siem/journal/bundle", "/api/siem/logs/" + idOf(1).String() + "/proof"} {
			began := time.Now()
			w := h.do(t, call{method: "GET", url: url, token: h.tokens["read"]})
			mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 503, "not_sealed")
			if took := time.Since(began); took > time.Minute {
				t.Errorf("%s: it took %s", url, took)
			}
		}
	})
}

// An export that breaks off is no answer: the client sees a broken transfer, and the
// journal has it.
func TestExportsThatBreakOff(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) {
		o.Evidence = stubEvidence{covered: true, bundle: func(_ context.Context, w io.Writer, _ journal.BundleRequest) error {
			_, err := w.Write(bytes.Repeat([]byte("x"), 1<<20))
			return errors.Join(err, journal.ErrDamaged)
		}}
	})
	s := httptest.NewServer(h)
	defer s.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/api/siem/journal/bundle", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.tokens["read"])
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); err == nil {
		t.Errorf("%d bytes and a regular end", n)
	}
	s.Close()
	if got := h.categories(); got != "data_export data_export" || h.events[1].Outcome != event.Failure {
		t.Errorf("recorded %s", got)
	}
}

func TestTiles(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *api.Options) {
		o.Evidence = stubEvidence{tile: func(path string) ([]byte, error) {
			if path == "tile/9/000" {
				return nil, fmt.Errorf("tile: %w", journal.ErrNoEvidence)
			}
			return []byte(path), nil
		}}
	})
	for path, want := range map[string]struct {
		status int
		cache  string
	}{
		"0/x001/234":        {200, "private, max-age=31536000, immutable"},
		"0/x001/234.p/7":    {200, "no-store"},
		"entries/000":       {200, "private, max-age=31536000, immutable"},
		"entries/000.p/255": {200, "no-store"},
		"9/000":             {404, "no-store"},
	} {
		w := h.do(t, call{method: "GET", url: "/api/siem/journal/tile/" + path, token: h.tokens["read"]})
		if w.Code != want.status || w.Header().Get("Cache-Control") != want.cache || w.Code == 200 && w.Body.String() != "tile/"+path {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
	}
	w := h.do(t, call{method: "GET", url: "/api/siem/journal/checkpoint", token: h.tokens["read"]})
	mustBeProblem(t, w.Code, w.Header(), w.Body.String(), 404, "not_found")
}

// The tiles, the checkpoint and the keys are enough to compute the log's root again.
func TestTilesGiveTheRootOfTheCheckpoint(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	get := func(path string) []byte {
		t.Helper()
		w := h.do(t, call{method: "GET", url: "/api/siem/journal/" + path, token: h.tokens["read"]})
		if w.Code != 200 {
			t.Fatalf("%s: %d", path, w.Code)
		}
		return w.Body.Bytes()
	}
	chain, err := proof.Chain(trusted(shared(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := proof.OpenCheckpoint(get("checkpoint"), chain)
	if err != nil {
		t.Fatal(err)
	}
	tiles := proof.Tiles{Size: c.Size, Read: func(tile proof.Tile) ([]byte, error) { return get(tile.Path()), nil }}
	root, err := proof.RootAt(tiles, c.Size)
	if diff := cmp.Diff(c.Root, root); err != nil || diff != "" {
		t.Errorf("%v (-checkpoint +tiles):\n%s", err, diff)
	}
}
