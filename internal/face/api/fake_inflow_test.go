// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
)

// fakeInflow tells of one input, one source and two senders, one of them a token.
type fakeInflow struct{ token string }

func (f *fakeInflow) Inputs() []api.InputHealth {
	return []api.InputHealth{{
		Name: "http", Type: "http", Routes: []string{"POST /api/siem/events"}, Accepted: 7, Rejected: 1, Minutes: []int64{1, 2},
		Samples: []api.RejectedSample{{Sender: f.token, Reason: "invalid JSON", Excerpt: "{"}, {Sender: "syslog:192.0.2.1"}},
	}}
}

func (f *fakeInflow) Sources() []api.SourceHealth {
	return []api.SourceHealth{{Name: "shop", Accepted: 3, Minutes: []int64{}}}
}

func (f *fakeInflow) Senders() []api.SenderHealth {
	return []api.SenderHealth{{Id: f.token, Accepted: 7}, {Id: "syslog:192.0.2.1"}}
}

func (f *fakeInflow) Submit(_ context.Context, e *event.Event) (string, error) {
	return "id of " + e.Category, nil
}
