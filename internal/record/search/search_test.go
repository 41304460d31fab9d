// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

const hour = int64(3600e9)

// some makes events that share words, users, addresses and times, so that
// filters and ties have something to find.
func some(r *rand.Rand, n int) []*event.Event {
	es := make([]*event.Event, n)
	base := int64(1_790_000_000e9)
	for i := range es {
		e := eventtest.Random(r)
		e.Received = base + int64(i)*1e6
		e.Time = e.Received - r.Int64N(10)*r.Int64N(2)*hour/3
		if r.IntN(3) == 0 {
			e.Time = base + int64(r.IntN(20))*1e9 // ties
		}
		for k, ms := 5, e.Received/1e6; k >= 0; k, ms = k-1, ms>>8 {
			e.ID[k] = byte(ms)
		}
		e.Category = []string{"login_failed", "login_success", "data_export", ""}[r.IntN(4)]
		e.User = []string{"root", "Ana", "dan", "ȘTEFAN", "", fmt.Sprint("u", r.IntN(5000))}[r.IntN(6)]
		e.IP = []string{"", "192.0.2.7", "198.51.100.9", "2001:db8::1", "no address", fmt.Sprintf("203.0.113.%d", r.IntN(250))}[r.IntN(6)]
		if r.IntN(2) == 0 {
			e.Message = fmt.Sprintf("Failed password for %s from %s port %d", e.User, e.IP, r.IntN(65536))
		}
		es[i] = e
	}
	return es
}

func randomFilter(r *rand.Rand, es []*event.Event) query.Filter {
	var f query.Filter
	pick := func(from ...string) []string {
		out := make([]string, 1+r.IntN(2))
		for i := range out {
			out[i] = from[r.IntN(len(from))]
		}
		return out
	}
	on := func(n int) bool { return r.IntN(n) == 0 }
	if on(3) {
		f.Sources = pick("authentication", "ACCESS", "ll*", "none", "shop")
	}
	if on(3) {
		f.Categories = pick("login_failed", "login_*", "data_export", "LOGIN_6001", "nothing")
	}
	if on(3) {
		f.Users = pick("ROOT", "ana", "ștefan", "u1*", "u77", "u6000", "U6900", "nobody")
	}
	if on(4) {
		f.IPs = pick("192.0.2.7", "203.0.113.0/25", "2001:db8::/32", "198.*", "::/0", "203.0.113.8", "203.0.25.7")
	}
	if on(3) {
		f.Text = pick("failed", "failed root", `"password for"`, "fail*", "198.51.100.7", "*assw* port", "ș", "nevertheless", "login for", "22", "raw",
			"r*w bytes", "root ana", "login_failed", "xxx*")[0]
	}
	if on(4) {
		f.Levels = []event.Severity{event.Severity(r.IntN(5)), event.Severity(r.IntN(5))}
	}
	if on(6) {
		f.MinLevel = event.Severity(r.IntN(5))
	}
	if on(4) {
		f.From = es[r.IntN(len(es))].Time
	}
	if on(4) {
		f.To = es[r.IntN(len(es))].Time + int64(r.IntN(2))
		f.From = min(f.From, f.To)
	}
	if on(15) {
		f.ID = es[r.IntN(len(es))].ID
	}
	f.Limit = []int{0, 1, 7, 100, 1000}[r.IntN(5)]
	if on(3) {
		f.Offset = r.IntN(2000)
	}
	return f
}

// naive answers a filter by its definition.
func naive(t *testing.T, f query.Filter, es []*event.Event) (all []*event.Event, stats query.Statistics) {
	t.Helper()
	plan, err := f.Plan()
	if err != nil {
		t.Fatal(err)
	}
	tally := query.NewTally()
	for _, e := range es {
		if plan.Match(e) {
			all = append(all, e)
			tally.Event(e)
		}
	}
	slices.SortFunc(all, func(a, b *event.Event) int {
		return query.Key{Time: a.Time, ID: a.ID}.Compare(query.Key{Time: b.Time, ID: b.ID})
	})
	return all, tally.Statistics()
}

func canonical(e *event.Event) string {
	return string(e.AppendPublic(nil)) + "|" + string(e.AppendSlot(nil, 0)) + "|" + string(e.AppendSlot(nil, 1))
}

// expect fails unless items are want.
func expect(t *testing.T, what string, items []event.Event, want []*event.Event) {
	t.Helper()
	if len(items) != len(want) {
		t.Fatalf("%s: %d items, want %d", what, len(items), len(want))
	}
	for i := range items {
		if canonical(&items[i]) != canonical(want[i]) {
			t.Fatalf("%s: item %d is another event:\n%s", what, i, cmp.Diff(want[i], &items[i]))
		}
	}
}

func block(t testing.TB, es []*event.Event) *segment.Block {
	t.Helper()
	b := segment.NewBlock()
	for _, e := range es {
		if err := b.Append(e, [8]byte{}, [16]byte{}); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func sealed(t testing.TB, b *segment.Block, cache *segment.Cache) segment.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, b, nil); err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenFile(path, cache)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func searcher(t testing.TB, o search.Options, readers ...segment.Reader) *search.Searcher {
	t.Helper()
	o.Snapshot = func(context.Context) ([]segment.Reader, func(), error) { return readers, func() {}, nil }
	s, err := search.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// unique makes events of which hardly two have a text in common, so that their
// columns are raw from the second page on.
func unique(r *rand.Rand, n int) []*event.Event {
	es := some(r, n)
	for i, e := range es {
		e.User = fmt.Sprint("u", i)
		e.IP = fmt.Sprintf("203.0.%d.%d", i>>8, i&255)
		e.Category = fmt.Sprint("login_", i)
		e.Source = fmt.Sprint("ll", i)
		e.Message = []string{"failed login for", "LOGIN FAILED for root"}[i%2] + fmt.Sprint(" ", i)
	}
	return es
}

// TestLikeNaive: random filters over random events give what their definition
// says, in memory, in files, in a mixture and with pages too few to cache.
func TestLikeNaive(t *testing.T) {
	t.Parallel()
	t.Run("alike", func(t *testing.T) {
		t.Parallel()
		likeNaive(t, some(rand.New(rand.NewPCG(1, 1)), 7000))
	})
	t.Run("unique", func(t *testing.T) {
		t.Parallel()
		likeNaive(t, unique(rand.New(rand.NewPCG(1, 2)), 7000))
	})
}

func likeNaive(t *testing.T, es []*event.Event) {
	t.Helper()
	cut := []int{0, 100, 101, 2500, 7000}
	var hot, files, mixed []segment.Reader
	cache, err := segment.NewCache(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for i := range cut[1:] {
		b := block(t, es[cut[i]:cut[i+1]])
		hot = append(hot, b.Reader())
		files = append(files, sealed(t, b, cache))
		mixed = append(mixed, []segment.Reader{hot[i], files[i]}[i%2])
	}
	for name, s := range map[string]*search.Searcher{
		"hot":   searcher(t, search.Options{}, hot...),
		"files": searcher(t, search.Options{CountRows: 5000}, files...),
		"mixed": searcher(t, search.Options{Workers: 1, CountRows: -1}, mixed...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(2, 2))
			for range 40 {
				f := randomFilter(r, es)
				what := fmt.Sprintf("%+v", f)
				all, stats := naive(t, f, es)
				page, err := s.Query(t.Context(), f)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				limit := f.Limit
				if limit == 0 {
					limit = query.DefaultLimit
				}
				from := min(f.Offset, len(all))
				to := min(from+limit, len(all))
				expect(t, what, page.Items, all[from:to])
				if (page.Next != "") != (to < len(all)) {
					t.Errorf("%s: next %q after %d of %d", what, page.Next, to, len(all))
				}
				if page.Total != nil && *page.Total != int64(len(all)) || page.Total == nil && name == "hot" {
					t.Errorf("%s: total %v, want %d", what, page.Total, len(all))
				}
				got, err := s.Statistics(t.Context(), f)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if diff := cmp.Diff(stats, got); diff != "" {
					t.Fatalf("%s: statistics (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

// TestNeedles: what is in one row only is found by each of its fields.
func TestNeedles(t *testing.T) {
	t.Parallel()
	es := unique(rand.New(rand.NewPCG(8, 8)), 3*segment.PageRows)
	for i, e := range es {
		e.Attrs = []event.Attr{{Key: "request", Value: event.Text(fmt.Sprintf("req-%x", i*7919))}}
		if i%2 == 0 {
			e.IP = fmt.Sprintf("2001:db8::%x", i)
		}
	}
	b := block(t, es)
	cache, _ := segment.NewCache(16 << 20)
	for name, s := range map[string]*search.Searcher{
		"hot": searcher(t, search.Options{}, b.Reader()), "file": searcher(t, search.Options{}, sealed(t, b, cache)),
	} {
		for i := 5; i < len(es); i += 613 {
			for _, f := range []query.Filter{
				{Users: []string{es[i].User}},
				{IPs: []string{es[i].IP}},
				{Categories: []string{es[i].Category}},
				{Sources: []string{es[i].Source}},
				{ID: es[i].ID},
				{Text: es[i].User},
				{Text: es[i].IP},
				{Text: es[i].Attrs[0].Value.Text},
				{Text: fmt.Sprintf(`failed "for %d"`, i)},
				{Text: fmt.Sprintf("%s *%x", es[i].Category, i*7919)},
			} {
				page, err := s.Query(t.Context(), f)
				want, _ := naive(t, f, es)
				if err != nil || len(want) == 0 && f.Text == "" {
					t.Fatalf("%s, row %d: %d wanted, %v", name, i, len(want), err)
				}
				expect(t, fmt.Sprintf("%s, row %d, %+v", name, i, f), page.Items, want[:min(len(want), 100)])
			}
		}
	}
}

func TestByID(t *testing.T) {
	t.Parallel()
	es := some(rand.New(rand.NewPCG(3, 3)), 5000)
	cache, _ := segment.NewCache(1 << 20)
	s := searcher(t, search.Options{}, sealed(t, block(t, es[:3000]), cache), block(t, es[3000:]).Reader())
	for i := 0; i < len(es); i += 97 {
		e, err := s.ByID(t.Context(), es[i].ID)
		if err != nil || canonical(&e) != canonical(es[i]) {
			t.Errorf("event %d: %v", i, err)
		}
	}
	missing := es[50].ID
	missing[15]++
	for _, id := range []event.ID{missing, {}, {255}} {
		if _, err := s.ByID(t.Context(), id); !errors.Is(err, query.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", id, err)
		}
	}
}

// TestPagesWhileEventsArrive: following the cursor meets every event that was
// there at the start exactly once, while others come in and blocks are sealed.
func TestPagesWhileEventsArrive(t *testing.T) {
	t.Parallel()
	es := some(rand.New(rand.NewPCG(4, 4)), 9000)
	cache, _ := segment.NewCache(4 << 20)
	b := block(t, es[:4000])
	file := sealed(t, b, cache)
	hot := block(t, es[4000:5000])
	var mu sync.Mutex
	old := b.Reader()
	s, err := search.New(search.Options{Snapshot: func(context.Context) ([]segment.Reader, func(), error) {
		mu.Lock()
		defer mu.Unlock()
		return []segment.Reader{old, hot.Reader()}, func() {}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	before, _ := naive(t, query.Filter{Text: "failed"}, es[:5000])
	var writer sync.WaitGroup
	writer.Go(func() {
		for i, e := range es[5000:] {
			if err := hot.Append(e, [8]byte{}, [16]byte{}); err != nil {
				t.Error(err)
				return
			}
			if i == 2000 {
				mu.Lock()
				old = file // sealed meanwhile
				mu.Unlock()
			}
		}
	})
	seen := map[event.ID]int{}
	last := query.Key{Time: 1<<63 - 1}
	for f := (query.Filter{Text: "failed", Limit: 37}); ; {
		page, err := s.Query(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Items {
			k := query.Key{Time: page.Items[i].Time, ID: page.Items[i].ID}
			if last.Compare(k) >= 0 {
				t.Fatalf("%v comes after %v", k, last)
			}
			last = k
			seen[k.ID]++
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	writer.Wait()
	for _, e := range before {
		if seen[e.ID] != 1 {
			t.Errorf("event %s of %d was seen %d times", e.ID, e.Time, seen[e.ID])
		}
	}
}

// TestCursorAmongTies: all events at one of two times, over many pages.
func TestCursorAmongTies(t *testing.T) {
	t.Parallel()
	es := some(rand.New(rand.NewPCG(7, 7)), 3*segment.PageRows)
	for i, e := range es {
		e.Time = 1_790_000_000e9 + int64(i%segment.PageRows/2000)
		e.User = "root"
	}
	s := searcher(t, search.Options{CountRows: -1}, block(t, es).Reader())
	for _, base := range []query.Filter{{Limit: 1000}, {Limit: 1000, Users: []string{"root"}}} {
		want, _ := naive(t, base, es)
		for f := base; ; {
			page, err := s.Query(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, f.Cursor, page.Items, want[:len(page.Items)])
			want = want[len(page.Items):]
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if len(want) > 0 {
			t.Errorf("%d events were left out", len(want))
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	if _, err := search.New(search.Options{}); err == nil {
		t.Error("a Searcher without a snapshot was made")
	}
	es := some(rand.New(rand.NewPCG(5, 5)), 3000)
	s := searcher(t, search.Options{}, block(t, es).Reader())
	var fe *query.FieldError
	if _, err := s.Query(t.Context(), query.Filter{Limit: 5000}); !errors.As(err, &fe) || fe.Field != "limit" {
		t.Errorf("limit 5000: %v", err)
	}
	if _, err := s.Statistics(t.Context(), query.Filter{Text: `"`}); !errors.As(err, &fe) || fe.Field != "q" {
		t.Errorf("open quote: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Query(ctx, query.Filter{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := s.Statistics(ctx, query.Filter{Text: "x"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := s.ByID(ctx, es[7].ID); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	broken := errors.New("no snapshot")
	bad, _ := search.New(search.Options{Snapshot: func(context.Context) ([]segment.Reader, func(), error) { return nil, nil, broken }})
	if _, err := bad.Query(t.Context(), query.Filter{}); !errors.Is(err, broken) {
		t.Errorf("broken snapshot: %v", err)
	}
	if _, err := bad.Statistics(t.Context(), query.Filter{}); !errors.Is(err, broken) {
		t.Errorf("broken snapshot: %v", err)
	}
	if _, err := bad.ByID(t.Context(), event.ID{}); !errors.Is(err, broken) {
		t.Errorf("broken snapshot: %v", err)
	}
	empty := searcher(t, search.Options{}, segment.NewBlock().Reader())
	page, err := empty.Query(t.Context(), query.Filter{})
	if err != nil || len(page.Items) != 0 || page.Items == nil || page.Next != "" || page.Total == nil || *page.Total != 0 {
		t.Errorf("nothing recorded: %+v %v", page, err)
	}
}

// TestSnapshotIsReleased: also when the query fails.
func TestSnapshotIsReleased(t *testing.T) {
	t.Parallel()
	taken, released := 0, 0
	b := block(t, some(rand.New(rand.NewPCG(6, 6)), 10))
	s, err := search.New(search.Options{Snapshot: func(context.Context) ([]segment.Reader, func(), error) {
		taken++
		return []segment.Reader{b.Reader()}, func() { released++ }, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, _ = s.Query(ctx, query.Filter{})
	_, _ = s.Statistics(ctx, query.Filter{})
	_, _ = s.ByID(ctx, event.ID{})
	cancel()
	_, _ = s.Query(ctx, query.Filter{})
	_, _ = s.Query(ctx, query.Filter{Limit: -1})
	if taken != 4 || released != 4 {
		t.Errorf("%d snapshots taken, %d released, want 4", taken, released)
	}
}
