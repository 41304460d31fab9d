// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

func ask(t *testing.T, s *search.Searcher, text string, o query.HuntOptions) (query.Answer, error) {
	t.Helper()
	h, err := query.Parse(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.Hunt(t.Context(), h, o)
}

// TestHuntLooksAtLittle: what bounds, dictionaries and filters of pages leave out is not
// looked at; where they leave nothing out, all of it is.
func TestHuntLooksAtLittle(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(15, 1)), 6000)
	s := searcher(t, search.Options{}, cuts(t, es, []int{0, 2100, 6000}, func(int) bool { return true })...)
	now := time.Unix(1_790_000_000, 0)
	for text, most := range map[string]int64{
		"earliest=2027-01-01 latest=2028-01-01 | stats count": 0,
		"time>=2027-01-01 time<2028-01-01":                    0,
		"earliest=-9y latest=-2y failed | sort user":          0,
		"user=nobody":                     0,
		"user=root nowhere=5":             0,
		"zerologon | stats count by user": 0,
		"id=01ARZ3NDEKTSV4RRFFQ69G5FAV":   0,
		"/needles/ user=nobody":           0,
		"* | head 5":                      6000,
	} {
		a, err := ask(t, s, text, query.HuntOptions{Limits: query.Limits{Now: now}})
		if err != nil || a.Scanned > most {
			t.Errorf("%s: looked at %d, at most %d wanted, %v", text, a.Scanned, most, err)
		}
	}
	for _, text := range []string{"user=root | stats count", "kerberoast OR failed | stats count", "NOT user=nobody | stats count", "* | sort user"} {
		if a, err := ask(t, s, text, query.HuntOptions{}); err != nil || a.Scanned != 6000 {
			t.Errorf("%s: looked at %d, %v", text, a.Scanned, err)
		}
	}
	a, err := ask(t, s, "user=root", query.HuntOptions{From: 1_890_000_000e9})
	if err != nil || a.Scanned != 0 {
		t.Errorf("from: looked at %d, %v", a.Scanned, err)
	}
}

// TestHuntLimits: what needs too much is an error that says so, and not less than it.
func TestHuntLimits(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(16, 1)), 3000)
	s := searcher(t, search.Options{}, cuts(t, es, []int{0, 1000, 3000}, func(i int) bool { return i == 0 })...)
	for _, c := range []struct {
		text   string
		limits query.Limits
		what   string
	}{
		{"* | stats count by request", query.Limits{Groups: 100}, "groups"},
		{"* | stats count by request", query.Limits{}, ""},
		{"* | stats count by severity", query.Limits{Groups: 5}, ""},
		{"* | sort user", query.Limits{Bytes: 50_000}, "bytes"},
		{"* | dedup request", query.Limits{Groups: 100}, "groups"},
		{"* | timechart span=1s count", query.Limits{Groups: 20}, "groups"},
		{"* | timechart span=1s count", query.Limits{Groups: 50}, "spans"},
	} {
		_, err := ask(t, s, c.text, query.HuntOptions{Limits: c.limits})
		le, is := errors.AsType[*query.LimitError](err)
		if is != (c.what != "") || is && le.What != c.what {
			t.Errorf("%s with %+v: %v, want %q", c.text, c.limits, err, c.what)
		}
	}
	a, err := ask(t, s, "* | table user", query.HuntOptions{Limits: query.Limits{Rows: 10}})
	if err != nil || len(a.Rows) != 10 || !a.Truncated {
		t.Errorf("%d rows, cut %v, %v", len(a.Rows), a.Truncated, err)
	}
	for _, o := range []query.HuntOptions{{Cursor: "x"}, {Limit: -1}, {From: 2, To: 1}, {Cursor: query.Key{}.Cursor()}} {
		text := "*"
		if o.Cursor != "x" && o.Cursor != "" {
			text = "* | head 3"
		}
		_, err := ask(t, s, text, o)
		if _, is := errors.AsType[*query.FieldError](err); !is {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// TestHuntHostile: texts that would cost much are refused before anything is read.
func TestHuntHostile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"alternation": "/" + strings.Repeat("(a|b)", 500) + "/",
		"repetition":  "/((a{100}){100}){100}/",
		"words":       strings.Repeat("a ", 5000),
		"parentheses": strings.Repeat("(", 5000) + "a" + strings.Repeat(")", 5000),
		"stages":      "*" + strings.Repeat("| head 1", 100),
		"long":        strings.Repeat("x", 20_000),
	} {
		if _, err := query.Parse(text); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestHuntEnds: a hunt ends with its context, before the next page.
func TestHuntEnds(t *testing.T) {
	t.Parallel()
	es := prey(rand.New(rand.NewPCG(17, 1)), 3000)
	readers := cuts(t, es, []int{0, 1000, 3000}, func(int) bool { return false })
	ctx, cancel := context.WithCancel(t.Context())
	s, err := search.New(search.Options{Snapshot: func(context.Context) ([]segment.Reader, func(), error) {
		cancel()
		return readers, func() {}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"*", "* | sort user", "* | stats count by user"} {
		h, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Hunt(ctx, h, query.HuntOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestHuntSeesEachField is the control of TestHuntLikeRun: events of which one field is
// lost answer its hunts otherwise, whatever the field. So a condition that is broken
// for one of them would be seen.
func TestHuntSeesEachField(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(18, 1))
	es := prey(r, 500)
	var hunts []*query.Hunt
	var found []int
	for len(hunts) < 300 {
		h, err := query.Parse(randomWhere(r, es, r.IntN(2)))
		if err != nil {
			t.Fatal(err)
		}
		hunts, found = append(hunts, h), append(found, matches(h, es))
	}
	lose := map[string]func(*event.Event){
		"id": func(e *event.Event) { e.ID[15]++ }, "time": func(e *event.Event) { e.Time++ }, "received": func(e *event.Event) { e.Received = 0 },
		"seq": func(e *event.Event) { e.Place.Seq = 1 }, "severity": func(e *event.Event) { e.Severity = event.Low }, "outcome": func(e *event.Event) { e.Outcome = 0 },
		"tags": func(e *event.Event) { e.Tags = nil }, "raw": func(e *event.Event) { e.Raw = "" }, "stream": func(e *event.Event) { e.Place.Stream = "" },
		"geo": func(e *event.Event) { e.Geo = event.Geo{} }, "compliance": func(e *event.Event) { e.Compliance = event.Compliance{} },
		"blank": func(e *event.Event) { e.Blank = 0 },
	}
	for _, f := range []event.Field{event.FieldUser, event.FieldIP, event.FieldCategory, event.FieldSource, event.FieldMessage, event.FieldAction, event.FieldSession} {
		lose[f.String()] = func(e *event.Event) { e.SetCore(f, "lost") }
	}
	for _, key := range []string{"port", "peer", "index", "pid", "http.status", "a", "rare7", "request"} {
		lose[key] = func(e *event.Event) {
			if _, has := e.Attr(key); has {
				e.SetAttr(key, event.Text("lost"))
			}
		}
	}
	for field, change := range lose {
		changed := make([]*event.Event, len(es))
		for i := range es {
			e := *es[i]
			e.Attrs = append([]event.Attr(nil), e.Attrs...)
			change(&e)
			changed[i] = &e
		}
		differ := 0
		for i, h := range hunts {
			if matches(h, changed) != found[i] {
				differ++
			}
		}
		if differ == 0 {
			t.Errorf("no hunt tells that %s is lost", field)
		}
	}
}

func matches(h *query.Hunt, es []*event.Event) (n int) {
	for _, e := range es {
		if h.Where.Match(e) {
			n++
		}
	}
	return n
}

// tired is a context that ends when it has been asked so often.
type tired struct {
	context.Context
	left atomic.Int64
}

func (c *tired) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// TestHuntEndsWithinPage: where a row may be dear the end of the context is seen before
// the page is over.
func TestHuntEndsWithinPage(t *testing.T) {
	t.Parallel()
	es := unique(rand.New(rand.NewPCG(22, 1)), 2*segment.PageRows)
	for i, e := range es {
		e.Raw = fmt.Sprint("raw ", i)
	}
	s := searcher(t, search.Options{Workers: 1}, block(t, es).Reader())
	for _, text := range []string{"/fail.*z/", "user=/x$/", "raw=/x$/", "* | stats median(user)", "* | stats list(ip)"} {
		h, err := query.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		ctx := &tired{Context: t.Context()}
		ctx.left.Store(20)
		if _, err := s.Hunt(ctx, h, query.HuntOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", text, err)
		}
		if asked := 20 - ctx.left.Load(); text != "* | stats list(ip)" && asked > 100 {
			t.Errorf("%s: it went on for %d rows", text, asked)
		}
	}
}
