// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"context"
	"fmt"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// sample is an event of ordinary size: 632 bytes.
const sample = `{"id":"5f0c9a52-7b1e-4f7e-9c83-0d5b8a7e1c42","timestamp":"2026-11-22T09:30:39.206Z","source":"authentication",` +
	`"category":"login_failed","severity":"medium","outcome":"failure","message":"login of ana.popescu@example.com failed: wrong password",` +
	`"user":"ana.popescu@example.com","ip":"198.51.100.23","session":"s-81f3c2d9","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",` +
	`"host":"web-3.example.com","service":"shop","attrs":{"method":"password","attempt":3,"remaining":2,"tenant":"example","request_id":"req-7d1a90c3e2","latency_ms":41.7,"mfa":false,` +
	`"region":"eu-central-1","path":"/api/v1/login"}}`

// decoded are the events of a batch of n samples, with ids of their own.
func decoded(n int) []*event.Event {
	events := make([]*event.Event, n)
	for i := range events {
		e := &event.Event{
			Source: "authentication", Category: "login_failed", Severity: event.Medium, Outcome: event.Failure,
			Message: "login of ana.popescu@example.com failed: wrong password", User: "ana.popescu@example.com",
			IP: "198.51.100.23", Session: "s-81f3c2d9", Host: "web-3.example.com", Service: "shop", Time: 1795339839206000000,
			UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
		}
		for _, k := range []string{"attempt", "latency_ms", "method", "mfa", "path", "region", "remaining", "request_id", "tenant"} {
			e.Attrs = append(e.Attrs, event.Attr{Key: k, Value: event.Text("eu-central-1")})
		}
		events[i] = e
	}
	return events
}

// BenchmarkIngest is the pipeline's own cost: a format that does nothing but
// hand out prepared events, and a record that does nothing.
func BenchmarkIngest(b *testing.B) {
	for _, ids := range []bool{false, true} {
		b.Run(fmt.Sprintf("ids=%v", ids), func(b *testing.B) {
			const size = 100
			events := decoded(size)
			next := 0
			p := build(b, &journal{}, func(o *Options) {
				o.MaxIDs = 1_000_000
				o.Normalize = func(string, Hint) (Decode, bool) {
					return func(_ []byte, out []*event.Event) ([]*event.Event, error) {
						e := events[next%size]
						e.Marks, e.Place = nil, event.Place{}
						if ids {
							e.OriginID = fmt.Sprintf("5f0c9a52-7b1e-4f7e-9c83-%012x", next)
						}
						next++
						return append(out, e), nil
					}, true
				}
				o.Record = func(context.Context, []*event.Event) ([]event.Range, error) {
					return []event.Range{{Stream: "366d", First: 1, Last: size}}, nil
				}
			})
			one := batch()
			for range size {
				one.Items = append(one.Items, []byte(sample))
			}
			b.ReportAllocs()
			for b.Loop() {
				if got, err := p.Ingest(b.Context(), one); err != nil || got.Accepted != size {
					b.Fatal(got, err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/event")
		})
	}
}
