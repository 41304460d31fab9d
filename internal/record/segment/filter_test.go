// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestFilter: it has every word of the raw texts, and hardly any other.
func TestFilter(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, 2*segment.PageRows)
	for i := range es {
		es[i] = &event.Event{
			Source: "app", Category: fmt.Sprint("Category_", i), User: fmt.Sprint("User-", i), IP: fmt.Sprintf("2001:DB8::%x", i),
			Message: fmt.Sprintf("șFlow_%d—end%dș", i, i), Tags: []string{"tagged"}, Raw: "\xffraw",
			Attrs: []event.Attr{{Key: "hidden", Value: event.List(event.Int(int64(700_000+i)), event.Text("Deep"))}, {Key: "mail", Value: event.Text(fmt.Sprintf("ana%d@example.com", i))}},
		}
	}
	b := fill(t, es)
	if !pagesWith(t, b.Reader().Filter(), segment.ColMessage, segment.WordHash("anything")).Has(1) {
		t.Error("a block in memory shuts something out")
	}
	r := write(t, b, nil)
	f := r.Filter()
	column := func(name string) segment.Column { return columnOf(t, r, name) }
	elsewhere := 0
	for i := segment.PageRows; i < len(es); i++ {
		for w, name := range map[string]string{
			fmt.Sprint("category_", i): "category", fmt.Sprint("flow_", i): "message", fmt.Sprint("end", i): "message", strconv.Itoa(i): "user",
			strconv.Itoa(700_000 + i): "attrs.hidden", "deep": "attrs.hidden", "tagged": "rest", "raw": "rest", "user": "user", "FLOW_3000": "message",
		} {
			if has := pagesWith(t, f, column(name), segment.WordHash(w)); !has.Has(1) {
				t.Fatalf("row %d: the word %s of %s is in %b", i, w, name, has)
			} else if has.Has(0) && name != "rest" && w != "deep" && w != "user" {
				elsewhere++
			}
		}
		for name, text := range map[string]string{
			"user": strings.ToLower(es[i].User), "category": es[i].Category, "message": es[i].Message, "ip": es[i].IP,
			"attrs.hidden": strconv.Itoa(700_000 + i), "attrs.mail": "ANA" + strconv.Itoa(i) + "@example.com",
		} {
			if h := segment.ValueHashes(name, text); len(h) == 0 || !pagesWith(t, f, column(name), h...).Has(1) {
				t.Fatalf("row %d: %s %q is missing", i, name, text)
			}
		}
		if !pagesWith(t, f, segment.ColIP, segment.AddressHash(netip.MustParseAddr(es[i].IP))).Has(1) {
			t.Fatalf("row %d: the address is missing", i)
		}
	}
	for w, name := range map[string]string{"hidden": "attrs.hidden", "flow": "message", "app": "source", "deep": "message", "tagged": "attrs.hidden"} {
		if has := pagesWith(t, f, column(name), segment.WordHash(w)); has.Has(1) {
			t.Errorf("%s is no word of a raw text of %s", w, name)
		}
	}
	if elsewhere > segment.PageRows*6*3/100 {
		t.Errorf("%d of %d words may be in a page that does not have them", elsewhere, segment.PageRows*6)
	}
	wrong := 0
	for i := range 10_000 {
		if pagesWith(t, f, segment.ColMessage, segment.WordHash(fmt.Sprint("absent", i))).Has(1) {
			wrong++
		}
	}
	if wrong > 600 { // each of four parts
		t.Errorf("%d of 10,000 absent words pass", wrong)
	}
	wrong = 0
	for i := range 10_000 { // of words that are there, but not together, or in another column
		if pagesWith(t, f, segment.ColUser, segment.ValueHashes("user", fmt.Sprint("User-", i%2000, "-", 2048+i/5))...).Has(1) ||
			pagesWith(t, f, segment.ColHost, segment.ValueHashes("host", fmt.Sprint("User-", 2048+i%2000))...).Has(1) {
			wrong++
		}
	}
	if wrong > 1000 { // each of two times four parts
		t.Errorf("%d of 10,000 absent values pass", wrong)
	}
}

func pagesWith(t *testing.T, f segment.Filter, c segment.Column, hashes ...uint64) segment.Parts {
	t.Helper()
	pages, err := f.Any(c, [][]uint64{hashes})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// columnOf returns a column of text by its name.
func columnOf(t *testing.T, r segment.Reader, name string) segment.Column {
	t.Helper()
	if key, ok := strings.CutPrefix(name, "attrs."); ok {
		c, ok := segment.FindAttr(r.Attrs(), key)
		if !ok {
			t.Fatalf("no column %s", name)
		}
		return c
	}
	if name == "rest" {
		return segment.ColRest
	}
	return segment.TextColumn(event.CoreField(name))
}

// TestFilterGivesUp: a page of too many words lets all pass, another does not.
func TestFilterGivesUp(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, segment.PageRows+1)
	for i := range es {
		es[i] = &event.Event{Source: "app", Message: "one unique text"}
	}
	for i := range 300 {
		var words strings.Builder
		for k := range 2000 {
			fmt.Fprintf(&words, "w%d ", i*2000+k)
		}
		es[i].Raw = words.String()
	}
	es[segment.PageRows].Raw = "few"
	f := write(t, fill(t, es), nil).Filter()
	if has := pagesWith(t, f, segment.ColRest, segment.WordHash("absent")); has != (segment.Parts{1}) {
		t.Errorf("a word that is nowhere may be in %b, of which only part 0 has 600,000 words", has)
	}
	if has := pagesWith(t, f, segment.ColRest, segment.WordHash("few")); has != (segment.Parts{0b1_0001}) {
		t.Errorf("a word of the other page may be in %b", has)
	}
}

// TestCheckNamesAllDamage: every damaged body is told, by column and page.
func TestCheckNamesAllDamage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.seg")
	if err := segment.WriteFile(path, fill(t, events(41, 2*segment.PageRows)), nil); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := segment.OpenFile(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := f.Check(t.Context()); err != nil {
		t.Fatalf("nothing is damaged: %v", err)
	}
	for i := 16; i < len(b)/2; i += 50 {
		b[i] ^= 1
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	err = f.Check(t.Context())
	if !errors.Is(err, segment.ErrCorrupt) {
		t.Fatalf("half of the file is damaged: %v", err)
	}
	for _, want := range []string{"column time, page 0", "column time, page 1", "column mac16, page 1", path} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// TestHashesAreFrozen: files hold bits at these places.
func TestHashesAreFrozen(t *testing.T) {
	t.Parallel()
	one := func(h []uint64) uint64 {
		if len(h) != 1 {
			t.Fatalf("%d hashes of a value", len(h))
		}
		return h[0]
	}
	for i, h := range []uint64{
		segment.WordHash("failed"), segment.WordHash("login_failed_1"), one(segment.ValueHashes("source", "access")),
		one(segment.ValueHashes("user", "ana@example.com")), one(segment.ValueHashes("attrs.user", "ana@example.com")),
		one(segment.ValueHashes("ip", "192.0.2.7")), segment.AddressHash(netip.MustParseAddr("192.0.2.7")), segment.KeyHash("http.status"),
	} {
		if want := []uint64{
			0x2a845ff9476e8419, 0x340a383b163b2bdd, 0xd5375d8e55f1b7ea, 0x2ebc3292d2cc0301, 0x61f573048a677f27, 0x63dd0f40cc015108, 0x63dd0f40cc015108, 0xc96c0b98eae13477,
		}[i]; h != want {
			t.Errorf("hash %d is %#x, was %#x", i, h, want)
		}
	}
}

// TestHashesFold: a hash depends on the text alone, not on what lies around it.
func TestHashesFold(t *testing.T) {
	t.Parallel()
	text := "AbcDefghIjklmnoPq"
	for n := range len(text) + 1 {
		if segment.WordHash(text[:n]) != segment.WordHash(strings.ToLower(text[:n])) {
			t.Errorf("%d letters: the hash minds the case", n)
		}
	}
}
