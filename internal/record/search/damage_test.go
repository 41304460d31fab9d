// SPDX-License-Identifier: Apache-2.0

package search_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/search"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// spot is a body of a segment file, and the pages whose events need it.
type spot struct {
	name  string
	at    int
	pages []int
	end   int // of a filter, which is damaged in each of its blocks; else 0
	part  int // of a raw page, which alone is damaged; else -1
}

// damage flips a bit of the body, or of each block of a filter.
func (s *spot) damage(raw []byte) {
	raw[s.at] ^= 0x10
	for at := s.at + 16<<10; at < s.end; at += 16 << 10 {
		raw[at] ^= 0x10
	}
}

// spots reads a file's footer by its description in docs/segment-format.md.
func spots(t *testing.T, raw []byte) []spot {
	t.Helper()
	const magic, trailer, formRaw, partRows = 8, 16, 6, 512
	end := len(raw) - trailer
	b := bytes.NewReader(raw[end-int(binary.LittleEndian.Uint32(raw[end:])) : end])
	number := func() int {
		v, err := binary.ReadUvarint(b)
		if err != nil {
			t.Fatal(err)
		}
		return int(v)
	}
	text := func() string {
		s := make([]byte, number())
		_, _ = b.Read(s)
		return string(s)
	}
	next := magic
	extent := func() (form byte, code, middle int) {
		form, _ = b.ReadByte()
		switch form {
		case 0:
			return form, 0, -1
		case 1:
			return form, number(), -1
		}
		stored := number()
		if form&0x80 != 0 {
			number()
		}
		_, _ = b.Seek(4, 1)
		next += stored
		return form &^ 0x80, 0, next - stored + stored/2
	}
	rows, size := number(), number()
	count := (rows + size - 1) / size
	part := -1 // the last one of a raw page
	pages := func(yield func(page int, form byte, code, at int)) {
		for page := 0; page < count; {
			form, code, at := extent()
			part = -1
			if form == formRaw {
				for part = 1; part*partRows < min(size, rows-page*size); part++ {
					_, _, at = extent() // the last one is harmed
				}
				part--
			}
			more := 0
			if at < 0 {
				more = number()
			}
			for range more + 1 {
				yield(page, form, code, at)
				page++
			}
		}
	}
	text()
	text()
	text()
	for range 5 * 2 * count {
		number()
	}
	var out []spot
	add := func(name string, at int, pages ...int) {
		if at >= 0 {
			out = append(out, spot{name: name, at: at, pages: pages, part: part})
		}
	}
	for range number() {
		name := text()
		_, _, dict := extent()
		number()
		var need []int
		pages(func(page int, form byte, code, at int) {
			if name == "rest" && form == formRaw || name != "rest" && form != formRaw && (form != 1 || code >= int(segment.CodeFirst)) {
				need = append(need, page)
			}
			if name == "leaf8" || name == "mac16" {
				add(fmt.Sprintf("%s page %d", name, page), at)
			} else {
				add(fmt.Sprintf("%s page %d", name, page), at, page)
			}
		})
		part = -1
		add(name+" dictionary", dict, need...)
	}
	_, _, at := extent()
	add("rollup", at)
	for _, name := range []string{"filter of the dictionaries", "filter"} {
		from := next
		if _, _, at := extent(); at >= 0 {
			out = append(out, spot{name: name, at: from, end: next})
		}
	}
	if b.Len() != 0 || next != end-int(binary.LittleEndian.Uint32(raw[end:])) {
		t.Fatalf("%d bytes of the footer are not understood", b.Len())
	}
	return out
}

// known is what a filter selects, by its definition.
type known struct {
	filter query.Filter
	events []*event.Event
}

// TestOneFlippedByte: a damaged body of a file hides the events that need it and
// no others; it is told once, and answers say that they lack something.
func TestOneFlippedByte(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	mixed := append(some(r, segment.PageRows), unique(r, segment.PageRows+600)...)
	alike := some(r, segment.PageRows+600)
	for i, e := range alike {
		e.User = []string{"root", "ana", "u99"}[i%3] // no column that is asked about has texts of its own
		e.IP = []string{"203.0.113.8", "192.0.2.7"}[i%2]
	}
	for name, inFile := range map[string][]*event.Event{"filter": mixed, "rollup": alike} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			flipEach(t, inFile, name)
		})
	}
}

// flipEach damages a file at one place after the other, among them one of that
// name.
func flipEach(t *testing.T, inFile []*event.Event, among string) {
	t.Helper()
	r := rand.New(rand.NewPCG(9, 10))
	beside, after := some(r, 300), some(r, 200)
	for _, e := range after { // so that the newest are found without a look at the file
		e.Time += 48 * hour
	}
	es := slices.Concat(inFile, beside, after)
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, block(t, inFile), nil); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cache, err := segment.NewCache(8 << 20)
	if err != nil {
		t.Fatal(err)
	}
	others := []segment.Reader{sealed(t, block(t, beside), cache), block(t, after).Reader()}
	filters := []query.Filter{
		{},
		{Sources: []string{"authentication", "ll7*"}},
		{Sources: []string{"ll77"}},
		{Categories: []string{"login_failed"}, From: es[10].Time},
		{Users: []string{"root", "u99"}},
		{IPs: []string{"203.0.0.0/17", "192.0.2.7"}},
		{Levels: []event.Severity{event.High}},
		{Text: "failed root"},
		{Text: "login_4000"},
		{Text: "raw"},
	}
	var asked []known
	for _, f := range filters {
		f.Limit = query.MaxLimit
		all, _ := naive(t, f, es)
		asked = append(asked, known{f, all})
	}
	all := spots(t, good)
	if len(all) < 40 || !slices.ContainsFunc(all, func(at spot) bool { return strings.HasPrefix(at.name, among) }) {
		t.Fatalf("%d places in the file, want all columns and dictionaries, and the %s", len(all), among)
	}
	if os.Getenv("TOCSIN_LONG") == "" { // a page of each column, not each page
		column, n := "", 0
		all = slices.DeleteFunc(all, func(at spot) bool {
			var name string
			var page int
			if k, _ := fmt.Sscanf(at.name, "%s page %d", &name, &page); k < 2 {
				return false
			}
			if name != column {
				column, n = name, n+1
			}
			return page != n%(len(inFile)/segment.PageRows+1)
		})
	}
	for _, at := range all {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			bad := slices.Clone(good)
			at.damage(bad)
			path := filepath.Join(t.TempDir(), "bad.seg")
			if err := os.WriteFile(path, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			file, err := segment.OpenFile(path, cache)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			hidden, spared := map[event.ID]bool{}, map[event.ID]bool{}
			for i, e := range inFile {
				hidden[e.ID] = slices.Contains(at.pages, i/segment.PageRows)
				spared[e.ID] = at.part >= 0 && at.part != i%segment.PageRows/segment.PartRows
			}
			checkAround(t, append([]segment.Reader{file}, others...), path, hidden, spared, asked)
		})
	}
	t.Run("footer", func(t *testing.T) {
		t.Parallel()
		bad := slices.Clone(good)
		bad[len(bad)-40] ^= 0x10
		path := filepath.Join(t.TempDir(), "bad.seg")
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := segment.OpenFile(path, cache)
		if !errors.Is(err, segment.ErrCorrupt) {
			t.Fatalf("opened with a damaged footer: %v", err)
		}
		hidden := map[event.ID]bool{}
		for _, e := range inFile {
			hidden[e.ID] = true
		}
		bounds := block(t, inFile).Reader().Bounds()
		bounds.MinMillis, bounds.MaxMillis = math.MinInt64, math.MaxInt64
		lost := segment.NewLost(path, "366d", len(inFile), bounds, err)
		checkAround(t, append([]segment.Reader{lost}, others...), path, hidden, nil, asked)
	})
}

// checkAround asks for everything in all ways and wants all but what is hidden. Of that,
// what is spared is in parts that are whole: who asks for it alone gets it.
func checkAround(t *testing.T, readers []segment.Reader, path string, hidden, spared map[event.ID]bool, asked []known) {
	t.Helper()
	var mu sync.Mutex
	told := map[string]int{}
	s := searcher(t, search.Options{Damaged: func(file string, err error) {
		mu.Lock()
		defer mu.Unlock()
		if file != path || !errors.Is(err, segment.ErrCorrupt) {
			t.Errorf("told of %s: %v", file, err)
		}
		told[err.Error()]++
	}}, readers...)
	isHidden := func(e *event.Event) bool { return hidden[e.ID] }
	hides := false
	for _, h := range hidden {
		hides = hides || h
	}
	for i, k := range asked {
		what := fmt.Sprintf("%+v", k.filter)
		want := slices.DeleteFunc(slices.Clone(k.events), isHidden)
		var got []event.Event
		missing := int64(0)
		newest := k.filter
		newest.Limit = 1
		page, err := searcher(t, search.Options{}, readers...).Query(t.Context(), newest)
		if err != nil || page.Total != nil && *page.Total != int64(len(k.events)) {
			t.Errorf("%s: the newest: total %v, want none or %d, %v", what, page.Total, len(k.events), err)
		}
		for f := k.filter; ; {
			page, err := s.Query(t.Context(), f)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if page.Incomplete > 0 && (page.Total != nil || !hides) {
				t.Errorf("%s: total %v with %d events that cannot be read", what, page.Total, page.Incomplete)
			}
			if page.Total != nil && *page.Total != int64(len(k.events)) {
				t.Errorf("%s: total %d, want %d", what, *page.Total, len(k.events))
			}
			missing = max(missing, page.Incomplete)
			got = append(got, page.Items...)
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if missing == 0 { // then all is there, which is so when no other part of its page was read
			want = k.events
		} else {
			got = slices.DeleteFunc(got, func(e event.Event) bool { return hidden[e.ID] && spared[e.ID] })
		}
		if i == 0 {
			expect(t, what, got, want)
		} else if !slices.EqualFunc(got, want, func(a event.Event, b *event.Event) bool { return a.ID == b.ID }) {
			t.Errorf("%s: %d other events than the %d wanted", what, len(got), len(want))
		}
		if gone := len(k.events) - len(want); int64(gone) > missing {
			t.Errorf("%s: %d events are missing, and the answer says %d", what, gone, missing)
		}
		if i == len(t.Name())%len(asked) {
			checkHunts(t, searcher(t, search.Options{}, readers...), k, isHidden)
		}
		stats, err := s.Statistics(t.Context(), k.filter)
		if err != nil {
			t.Fatalf("%s: statistics: %v", what, err)
		}
		counted := k.events
		if stats.Incomplete > 0 {
			counted = slices.DeleteFunc(slices.Clone(k.events), isHidden)
		}
		tally := query.NewTally()
		for _, e := range counted {
			tally.Event(e)
		}
		expected := tally.Statistics()
		expected.Incomplete = stats.Incomplete
		if diff := cmp.Diff(expected, stats); diff != "" {
			t.Errorf("%s: statistics (-want +got):\n%s", what, diff)
		}
	}
	for i := 0; i < len(asked[0].events); i += 89 {
		e := asked[0].events[i]
		got, err := s.ByID(t.Context(), e.ID)
		var gap *query.MissingError
		switch {
		case hidden[e.ID] && !spared[e.ID] && (!errors.As(err, &gap) || !errors.Is(err, query.ErrNotFound) || gap.Incomplete == 0):
			t.Errorf("event %s is hidden: %v", e.ID, err)
		case (!hidden[e.ID] || spared[e.ID]) && (err != nil || canonical(&got) != canonical(e)):
			t.Errorf("event %s: %v", e.ID, err)
		}
	}
	if hides && len(told) == 0 {
		t.Error("nobody was told")
	}
	for reason, n := range told {
		if n != 1 {
			t.Errorf("told %d times: %s", n, reason)
		}
	}
}
