// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestOfLine reads lines in a made-up format: bare, behind a header, and of another
// kind.
func TestOfLine(t *testing.T) {
	t.Parallel()
	read := ofLine("knock", func(l *line, body string) bool {
		who, ok := strings.CutPrefix(body, "knock ")
		if ok {
			l.e.SetCore(event.FieldUser, who)
			l.is("login_failed", event.Failure, event.Low)
		}
		return ok
	})
	for in, want := range map[string]struct{ user, message, host, service, category, mark string }{
		"knock ana":                              {"ana", "knock ana", "peer", "", "login_failed", ""},
		"Nov 22 10:00:00 h1 doord[7]: knock ana": {"ana", "knock ana", "h1", "doord", "login_failed", ""},
		"Nov 22 10:00:00 h1 doord[7]: open":      {"", "open", "h1", "doord", "log_line", "not knock"},
		"ring":                                   {"", "ring", "peer", "", "log_line", "not knock"},
	} {
		events, err := read([]byte(in), &Hint{Received: benchReceived, Host: "peer"}, nil)
		if err != nil || len(events) != 1 {
			t.Fatalf("%s: %d events, %v", in, len(events), err)
		}
		e, mark := events[0], ""
		if len(e.Marks) > 0 {
			mark = e.Marks[0].Detail
		}
		if e.User != want.user || e.Message != want.message || e.Host != want.host || e.Service != want.service || e.Category != want.category || mark != want.mark {
			t.Errorf("%s: user %q, message %q, host %q, service %q, category %q, mark %q", in, e.User, e.Message, e.Host, e.Service, e.Category, mark)
		}
	}
}
