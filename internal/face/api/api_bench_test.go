// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// What the API adds to a request of an input.
func BenchmarkInput(b *testing.B) {
	h := newHouse(b, nil)
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/api/siem/events", http.NoBody)
	b.ReportAllocs()
	w := httptest.NewRecorder()
	for b.Loop() {
		clear(w.Header())
		w.Body.Reset()
		h.ServeHTTP(w, r)
	}
}
