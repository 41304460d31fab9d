// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// begun calls a func once the header was written.
type begun struct {
	http.ResponseWriter
	then func()
}

func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

func (b *begun) WriteHeader(status int) {
	b.ResponseWriter.WriteHeader(status)
	b.then()
}

// Who has the headers of a live tail sees every event that is recorded from then on.
func TestLiveTailBeginsWithItsHeaders(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(&begun{w, func() {
			h.tail.append(event.Event{ID: idOf(50), Source: "authentication", Message: "at once"})
		}}, r)
	}))
	t.Cleanup(srv.Close)
	w := h.open(t, srv, "/api/siem/search/stream", h.tokens["read"])
	h.tail.append(event.Event{ID: idOf(51), Source: "authentication", Message: "later"})
	w.expect("log {", "at once")
	w.expect("log {", "later")
}
