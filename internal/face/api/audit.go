// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The service that events about Tocsin itself name.
const service = "tocsin"

// The categories of what is done over the API, besides those of auth.
const (
	permissionDenied  = "permission_denied"
	dataAccess        = "data_access"
	dataExport        = "data_export"
	alertAcknowledged = "alert_acknowledged"
	alertResolved     = "alert_resolved"
	anomalyResolved   = "anomaly_resolved"
	journalVerified   = "journal_verified"
)

// The categories of saved searches.
const (
	searchSaved   = "search_saved"
	searchChanged = "search_changed"
	searchRemoved = "search_removed"
)

// The categories of orders to erase somebody, of legal holds and of retention.
const (
	ErasureRequested = "erasure_requested"
	ErasureApproved  = "erasure_approved"
	ErasureCancelled = "erasure_cancelled"
	HoldPlaced       = "hold_placed"
	HoldLifted       = "hold_lifted"
	RetentionRan     = "retention_run"
)

func setAddress(e *event.Event, ip string) {
	if addr, err := netip.ParseAddr(ip); err == nil {
		e.IP = addr.Unmap().WithZone("").String()
	}
}

// record makes the event of something that the caller did and hands it on; a caller
// who hangs up cannot keep it from being recorded.
func (a *API) record(ctx context.Context, category string, outcome event.Outcome, message string, attrs ...event.Attr) {
	c := who(ctx)
	e := &event.Event{
		Time: time.Now().UnixNano(), Source: "security_audit", Category: category, Action: category, Outcome: outcome,
		Message: message, User: c.Name, Session: c.Session, UserAgent: c.peer.UserAgent, Service: service,
	}
	if outcome == event.Failure {
		e.Severity = event.Low
	}
	setAddress(e, c.peer.IP)
	for _, attr := range attrs {
		if attr.Value.Text != "" {
			e.SetAttr(attr.Key, attr.Value)
		}
	}
	a.opts.Audit(context.WithoutCancel(ctx), e)
}

// denied records that a caller was refused a route.
func (a *API) denied(ctx context.Context, c caller, target route) {
	ctx = context.WithValue(ctx, keyCaller, c)
	a.record(ctx, permissionDenied, event.Failure, c.Name+" was refused "+target.pattern,
		event.Attr{Key: "permission", Value: event.Text(target.needs)}, event.Attr{Key: "route", Value: event.Text(target.pattern)})
}

// searchAgain is how long the same search of the same caller counts as one.
const (
	searchAgain = 10 * time.Minute
	maxSearches = 4096
)

// Forget takes whoever is one of those out of what is remembered about searches.
func (a *API) Forget(is func(text string) bool) {
	s := a.searches
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.seen {
		if is(k) {
			delete(s.seen, k)
		}
	}
}

// searches remembers who asked what of late, so that a page that asks the same every
// few seconds is recorded once.
type searches struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

func newSearches() *searches { return &searches{seen: map[string]time.Time{}} }

// fresh tells whether a search was not seen within searchAgain.
func (s *searches) fresh(key string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.seen[key]; ok && now.Sub(last) < searchAgain {
		return false
	}
	if len(s.seen) >= maxSearches {
		for k, at := range s.seen {
			if now.Sub(at) >= searchAgain {
				delete(s.seen, k)
			}
		}
		if len(s.seen) >= maxSearches {
			clear(s.seen)
		}
	}
	s.seen[key] = now
	return true
}
