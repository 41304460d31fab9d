// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of a live tail: a browser can neither show nor use more, and a client
// that falls further behind goes on with the newest events.
const (
	tailBatch     = 512
	tailPerSecond = 200
	tailBehind    = 10_000
)

// streamLogs implements GET /api/siem/search/stream.
func (a *API) streamLogs(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	text := func(name string) *string { return optional(q.Get(name)) }
	level := (*Level)(text("level"))
	f, err := filterOf(text("source"), level, text("category"), text("user_id"), text("ip_address"), text("q"))
	if err != nil {
		a.fail(w, r, err)
		return
	}
	a.recordSearch(r.Context(), &f)
	m := newMatcher(&f)
	a.watch(w, r, false, func(ctx context.Context, _ *stream, out *sse) error {
		return a.tail(ctx, m, out)
	})
}

// tail sends what matches from now on. It reads the journal by itself, so that it
// needs no buffer: a slow client falls behind, and is then moved to the newest events
// and told how many it missed.
func (a *API) tail(ctx context.Context, m *matcher, out *sse) error {
	last := a.opts.Head()
	reader := a.opts.Tail(last)
	var missed int64
	var buf []byte
	budget := newBudget()
	for {
		events, err := reader.Next(ctx, tailBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			last = e.Place.Ord
			if !m.match(e) {
				continue
			}
			if !budget.take(time.Now()) {
				missed++
				continue
			}
			if err := out.dropped(missed); err != nil {
				return err
			}
			missed = 0
			buf = e.AppendJSON(buf[:0])
			if err := out.send("log", strconv.FormatUint(last, 10), buf); err != nil {
				return err
			}
		}
		if head := a.opts.Head(); head > last+tailBehind {
			missed += int64(head - last) //nolint:gosec // counts of events stay far below 2^63
			last = head
			reader = a.opts.Tail(last)
		}
	}
}

// budget lets tailPerSecond events through in each second.
type budget struct {
	second int64
	left   int
}

func newBudget() *budget { return &budget{} }

func (b *budget) take(now time.Time) bool {
	if s := now.Unix(); s != b.second {
		b.second, b.left = s, tailPerSecond
	}
	if b.left == 0 {
		return false
	}
	b.left--
	return true
}

// matcher decides whether an event is one that a filter selects, as a search would.
type matcher struct {
	filter  LogFilter
	address netip.Prefix
	words   []string
}

func newMatcher(f *LogFilter) *matcher {
	return &matcher{filter: *f, address: f.Address, words: wordsOf(f.Text)}
}

func wordsOf(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}

func (m *matcher) match(e *event.Event) bool {
	f := &m.filter
	switch {
	case f.Source != "" && !strings.EqualFold(f.Source, e.Source),
		f.Category != "" && !strings.EqualFold(f.Category, e.Category),
		f.User != "" && !strings.EqualFold(f.User, e.User),
		f.Severity != nil && *f.Severity != e.Severity:
		return false
	}
	if m.address.IsValid() {
		addr, err := netip.ParseAddr(e.IP)
		if err != nil || !m.address.Contains(addr) {
			return false
		}
	}
	for _, word := range m.words {
		if !hasWord(e, word) {
			return false
		}
	}
	return true
}

// hasWord tells whether a lower-case word is a word of the message or of a text
// attribute.
func hasWord(e *event.Event, word string) bool {
	if contains(e.Message, word) {
		return true
	}
	for i := range e.Attrs {
		if v := &e.Attrs[i].Value; v.Kind == event.KindText && contains(v.Text, word) {
			return true
		}
	}
	return false
}

func contains(text, word string) bool {
	for _, w := range wordsOf(text) {
		if w == word {
			return true
		}
	}
	return false
}
