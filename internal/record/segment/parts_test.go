// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// TestParts: the parts of a page together are the page, in memory and in a file, whether
// the page was read before or not.
func TestParts(t *testing.T) {
	t.Parallel()
	for name, es := range shapes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache, err := segment.NewCache(32 << 20)
			if err != nil {
				t.Fatal(err)
			}
			b := fill(t, es)
			readers := map[string]segment.Reader{"memory": b.Reader(), "file": write(t, b, nil), "file and cache": write(t, b, cache)}
			for form, r := range readers {
				columns := []segment.Column{segment.ColRest}
				for f := event.FieldSource; f <= event.FieldSender; f++ {
					columns = append(columns, segment.TextColumn(f))
				}
				for _, a := range r.Attrs() {
					columns = append(columns, a.Column)
				}
				for _, c := range columns {
					for page := range segment.Pages(r) {
						samePage(t, form, r, c, page)
					}
				}
			}
		})
	}
}

func samePage(t *testing.T, form string, r segment.Reader, c segment.Column, page int) {
	t.Helper()
	row := func(texts *segment.Texts, i int) string {
		if texts.Raw() {
			text, state := texts.At(i)
			return fmt.Sprint(state, string(text))
		}
		return strconv.Itoa(int(texts.Code(i)))
	}
	for range 2 { // then the page is there
		var parts []string
		for part := 0; part*segment.PartRows < segment.PageLen(r, page); part++ {
			texts, err := r.Part(c, page, part)
			if err != nil {
				t.Fatal(err)
			}
			from := 0
			for i := range texts.Len() {
				parts = append(parts, row(&texts, i))
				if text, _ := texts.At(i); texts.Raw() && len(text) > 0 {
					if at, end := texts.RowAt(from); at != i || end != from+len(text) {
						t.Fatalf("%s: column %s, page %d, part %d: byte %d is in row %d to %d, want %d to %d", form, c, page, part, from, at, end, i, from+len(text))
					}
					from += len(text)
				}
			}
			if from != len(texts.Data()) {
				t.Fatalf("%s: column %s, page %d, part %d: %d bytes of text, want %d", form, c, page, part, len(texts.Data()), from)
			}
		}
		texts, err := r.Texts(c, page)
		if err != nil {
			t.Fatal(err)
		}
		var whole []string
		for i := range texts.Len() {
			whole = append(whole, row(&texts, i))
		}
		if diff := cmp.Diff(whole, parts); diff != "" {
			t.Fatalf("%s: column %s, page %d (-whole +parts):\n%s", form, c, page, diff)
		}
	}
	if _, err := r.Part(c, segment.Pages(r), 0); !errors.Is(err, segment.ErrRange) {
		t.Errorf("%s: a part of a page that is not there: %v", form, err)
	}
}

// TestFewRows: what a Rows reads of parts is what it reads of pages.
func TestFewRows(t *testing.T) {
	t.Parallel()
	for name, es := range shapes() {
		f := write(t, fill(t, es), nil)
		rows := segment.NewRows(f)
		r := random(8)
		var e event.Event
		for k := range 60 {
			i := r.IntN(len(es))
			rows.Few(k%7 != 0)
			if err := rows.Event(i, &e); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(es[i].AppendPublic(nil)), string(e.AppendPublic(nil))); diff != "" {
				t.Fatalf("%s: row %d (-want +got):\n%s", name, i, diff)
			}
		}
	}
}

// TestADamagedPart is damage of its page, and of no other part.
func TestADamagedPart(t *testing.T) {
	t.Parallel()
	es := make([]*event.Event, segment.PageRows)
	for i := range es {
		es[i] = &event.Event{Source: "app", Message: fmt.Sprintf("needle%07d%07d", i, i*i)}
	}
	f := write(t, fill(t, es), nil)
	raw, err := os.ReadFile(f.Path())
	if err != nil {
		t.Fatal(err)
	}
	harmed, parts := 0, segment.PageRows/segment.PartRows
	for at := 8; at < len(raw); at += len(raw) / 500 {
		raw[at] ^= 1
		bad, err := segment.OpenBytes(raw, nil)
		if err == nil {
			wrong := 0
			for part := range parts {
				switch _, err := bad.Part(segment.ColMessage, 0, part); {
				case errors.Is(err, segment.ErrCorrupt):
					wrong++
				case err != nil:
					t.Fatal(err)
				}
			}
			_, err = bad.Texts(segment.ColMessage, 0)
			if wrong > 1 || errors.Is(err, segment.ErrCorrupt) != (wrong == 1) {
				t.Fatalf("byte %d: %d of %d parts are damaged, the page: %v", at, wrong, parts, err)
			}
			harmed += wrong
		}
		raw[at] ^= 1
	}
	if harmed < parts {
		t.Errorf("%d times a part was hit", harmed)
	}
}
