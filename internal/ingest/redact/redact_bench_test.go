// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// cleanEvent is an event of the size that the figures of docs/performance.md are
// about, without a secret.
func cleanEvent() *event.Event {
	return &event.Event{
		Source: "authentication", Category: "auth.login", Action: "login", Host: "srv-17.eu-west-2.corp.example.com",
		Message: "User user0042@example.com failed to log in by password after 3 tries; policy=default trace=9f8e7d6c",
		User:    "user0042@example.com", IP: "203.0.113.77", Session: "d3b07384d113edec", OriginID: "01KB5Q0W3ZC6V8N2M4P6R8T0X2",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:104.0) Gecko/20100101 Firefox/104.3",
		Attrs: []event.Attr{
			{Key: "app_version", Value: event.Text("2.3.17")},
			{Key: "country", Value: event.Text("DE")},
			{Key: "endpoint", Value: event.Text("/api/v1/resource42/item")},
			{Key: "request_id", Value: event.Text("4c1f9d3b2a6e8807")},
			{Key: "risk_score", Value: event.Text("61")},
		},
	}
}

func BenchmarkEvent(b *testing.B) {
	b.ReportAllocs()
	r, e := redact.New(), cleanEvent()
	for b.Loop() {
		r.Event(e)
	}
	if len(e.Marks) != 0 {
		b.Fatal("the clean event was marked")
	}
}

func benchText(b *testing.B, text string, masked bool) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	r := redact.New()
	for b.Loop() {
		if _, found := r.Text(text); (found != 0) != masked {
			b.Fatalf("found %b", found)
		}
	}
}

func BenchmarkTextProse(b *testing.B) {
	benchText(b, strings.Repeat("the quick brown fox jumps over the lazy dog and runs away from it. ", 16)[:1024], false)
}

func BenchmarkTextLog(b *testing.B) {
	benchText(b, strings.Repeat("2026-11-22T10:00:00.123Z INFO [worker-7] GET /api/v1/items?id=42&sort=-price 200 17ms upstream=10.0.0.7:8080 trace_id=4bf92f3577b34da6a3ce929d0e0e4736 ", 8)[:1024], false)
}

func BenchmarkTextSecrets(b *testing.B) {
	benchText(b, strings.Repeat("2026-11-22 connect postgres://app:hunter2@db/shop with token=abcdef12345678 ", 14)[:1024], true)
}

// BenchmarkTextHostile are texts in which every few bytes a secret could begin, of
// 32 KiB and of twice that: the time of the second is twice that of the first.
func BenchmarkTextHostile(b *testing.B) {
	for _, piece := range []string{"-sk-", " -p", "a@", "a@a.", "1234 ", "+1", "111-11-1111 ", "DE12", "DE12 1111 ", "phone 1111111 ", "--a", "\\\"", ">a", "key: ", "<password>"} {
		for _, size := range []int{32 << 10, 64 << 10} {
			b.Run(fmt.Sprintf("%q/%dKiB", piece, size>>10), func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(size))
				r, text := redact.New(), strings.Repeat(piece, size/len(piece))
				for b.Loop() {
					_, _ = r.Text(text)
				}
			})
		}
	}
}
