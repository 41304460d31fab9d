// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// TestCanariesInEveryFormat plants secrets at every place of real records of every
// format: none may be in what would be recorded or in the reason of a refusal, and
// what stands around it is unchanged. A new format is covered by its goldens.
func TestCanariesInEveryFormat(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, format := range normalize.Catalog() {
		t.Run(format.Name, func(t *testing.T) {
			t.Parallel()
			whole, all := make([]bool, len(canaries())), canaries()
			for n, record := range carriers(t, format.Name) {
				for i, c := range all {
					for place, planted := range plant(record, c) {
						if n > 0 && (n+place)%len(all) != i { // all of them in the first record, in turn in the others
							continue
						}
						whole[i] = tried(t, r, format, planted, c) || whole[i]
						if t.Failed() {
							return
						}
					}
				}
			}
			for i, ok := range whole {
				if !ok && !all[i].words {
					t.Errorf("%q was nowhere found again: the test proves nothing about it", all[i].want)
				}
			}
		})
	}
}

// tried normalises and redacts one record. It tells whether the planted text came
// back with what stands around it.
func tried(t *testing.T, r *redact.Redactor, format normalize.Format, record string, c canary) (whole bool) {
	t.Helper()
	hint := &normalize.Hint{Received: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC).UnixNano()}
	events, err := format.Normalize([]byte(record), hint, nil)
	if err != nil {
		gone(t, "the reason of a refusal: "+record, []byte(r.Scrub(err.Error())))
		return false
	}
	r.Events(events)
	for _, e := range events {
		gone(t, "an event of "+record, e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1))
		whole = whole || around(t, e, c)
	}
	return whole
}

// around looks for the planted text in the texts of an event: between its marks
// stands what is to be left of it, and nothing else.
func around(t *testing.T, e *event.Event, c canary) (whole bool) {
	t.Helper()
	check := func(s string) {
		_, rest, ok := strings.Cut(s, beforeCanary)
		if !ok {
			return
		}
		if left, _, ok := strings.Cut(rest, afterCanary); ok {
			if left == strings.ToLower(c.text) { // a field in small letters; what it was is gone
				return
			}
			if !strings.EqualFold(left, c.want) {
				t.Errorf("of %q is left %q, want %q", c.text, left, c.want)
			}
			whole = true
		}
	}
	check(e.Message)
	for _, f := range []string{e.User, e.Host, e.Service, e.Session, e.UserAgent, e.Action, e.Raw} {
		check(f)
	}
	for i := range e.Attrs {
		check(e.Attrs[i].Value.Text)
		for _, v := range e.Attrs[i].Value.List {
			check(v.Text)
		}
	}
	return whole
}
