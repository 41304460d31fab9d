// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// selfInput is the input, and selfSender the sender, of Tocsin's own events.
const (
	selfInput    = "tocsin"
	selfSender   = "tocsin"
	auditTimeout = 10 * time.Second
	drainEvery   = time.Second
)

// auditor turns what is done to Tocsin itself into events of its own journal.
type auditor struct {
	submit func(ctx context.Context, input, sender string, events []*event.Event) (pipeline.Result, error)
	host   string
	logger *slog.Logger
}

// event records an event of Tocsin's own. It waits until the event is durable,
// but at most auditTimeout; what could not be recorded is logged by its category.
func (a *auditor) event(ctx context.Context, e *event.Event) {
	if err := a.record(ctx, e); err != nil {
		a.logger.ErrorContext(ctx, "an audit event could not be recorded", "category", e.Category, "error", err)
	}
}

// record is event for who can do something about the error.
func (a *auditor) record(ctx context.Context, e *event.Event) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	if e.Host == "" {
		e.Host = a.host
	}
	_, err := a.submit(ctx, selfInput, selfSender, []*event.Event{e})
	return err
}

// ownEvent is an event about Tocsin itself that nobody's request led to.
func ownEvent(category string, outcome event.Outcome, message string) *event.Event {
	e := &event.Event{
		Time: time.Now().UnixNano(), Source: "security_audit", Category: category, Action: category, Outcome: outcome,
		Service: "tocsin", Message: message,
	}
	if outcome == event.Failure {
		e.Severity = event.Low
	}
	return e
}

// activity records what happened to an account, a session or a token.
func (a *auditor) activity(ctx context.Context, did auth.Activity) { a.event(ctx, activityEvent(did)) }

// activities records what a command left behind; nil means that all of it is
// durable. What is given again, because a crash came in between, is known by its
// id and not recorded twice.
func (a *auditor) activities(ctx context.Context, batch []auth.Activity) error {
	events := make([]*event.Event, len(batch))
	for i, did := range batch {
		events[i] = activityEvent(did)
		events[i].Host = a.host
		events[i].OriginID = activityID(did)
	}
	_, err := a.submit(ctx, selfInput, selfSender, events)
	return err
}

// activityID is an id by which an activity is known again: what was done to what
// and when, to the nanosecond.
func activityID(did auth.Activity) string {
	return strings.Join([]string{did.Category, did.Token + did.Session, strconv.FormatInt(did.Time.UnixNano(), 36)}, ":")
}

// activityEvent is the event of an activity. Its message is in English, as every
// source's own text is in its source's language.
func activityEvent(did auth.Activity) *event.Event {
	e := &event.Event{
		Time: did.Time.UnixNano(), Source: "authentication", Category: did.Category, Action: did.Category,
		Outcome: event.Success, Service: "tocsin", User: did.User, UserAgent: did.UserAgent, Session: did.Session,
	}
	if addr, err := netip.ParseAddr(did.IP); err == nil {
		e.IP = addr.Unmap().WithZone("").String()
	}
	switch did.Category {
	case auth.RateLimitBlocked:
		e.Source, e.Severity = "access", event.Low
	case auth.DataAccess:
		e.Source = "security_audit"
	case auth.AccountCreated, auth.BackupMade, auth.DataExport:
		e.Source, e.Severity = "security_audit", event.Low
	case auth.BackupRestored:
		e.Source, e.Severity = "security_audit", event.High
	case auth.LoginFailed, auth.TokenIssued, auth.TokenRevoked:
		e.Severity = event.Low
	}
	if did.Failed {
		e.Outcome = event.Failure
	}
	name, scope := "token", "scope"
	switch did.Category {
	case auth.AccountCreated:
		name, scope = "account", "role"
	case auth.BackupMade, auth.BackupRestored:
		name, scope = "backup", "size"
	case auth.DataAccess, auth.DataExport:
		name, scope = "filter", "entries"
	}
	words := []string{"Tocsin:", strings.ReplaceAll(did.Category, "_", " ")}
	for _, f := range [...]struct{ attr, before, value string }{
		{"", "by", did.User},
		{"", "from", e.IP},
		{name + "_name", name, did.Name},
		{"token_id", "", did.Token},
		{name + "_" + scope, scope, did.Scope},
		{"reason", "because", strings.ReplaceAll(did.Reason, "_", " ")},
	} {
		if f.value != "" && f.attr != "" {
			e.SetAttr(f.attr, event.Text(f.value))
		}
		if f.value != "" && f.before != "" {
			words = append(words, f.before, f.value)
		}
	}
	e.Message = strings.Join(words, " ")
	return e
}

// drain journals what commands beside this server have left in the state
// database, until the context ends.
func drain(ctx context.Context, take func(context.Context, func(context.Context, []auth.Activity) error) (int, error), a *auditor) error {
	tick := time.NewTicker(drainEvery)
	defer tick.Stop()
	for {
		if _, err := take(ctx, a.activities); err != nil && ctx.Err() == nil {
			a.logger.ErrorContext(ctx, "audit events of commands are not recorded yet", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
