// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// TestEventOfEachActivity: what each becomes, to the word; the names of people
// and tokens are texts, never parts of another field.
func TestEventOfEachActivity(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 10, 0, 0, 7, time.UTC)
	f := func(did auth.Activity, source string, severity event.Severity, outcome event.Outcome, message string, attrs ...string) {
		t.Helper()
		did.Time = at
		e := activityEvent(did)
		if e.Source != source || e.Severity != severity || e.Outcome != outcome || e.Message != message {
			t.Errorf("%s: %s %v %v %q\nwant %s %v %v %q", did.Category, e.Source, e.Severity, e.Outcome, e.Message, source, severity, outcome, message)
		}
		if e.Time != at.UnixNano() || e.Category != did.Category || e.Action != did.Category || e.Service != "tocsin" ||
			e.User != did.User || e.UserAgent != did.UserAgent || e.Session != did.Session {
			t.Errorf("%s: %+v", did.Category, e)
		}
		var got []string
		for _, a := range e.Attrs {
			got = append(got, a.Key+"="+a.Value.String())
		}
		if strings.Join(got, " ") != strings.Join(attrs, " ") {
			t.Errorf("%s: attributes %q, want %q", did.Category, got, attrs)
		}
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", did.Category, err)
		}
	}
	f(auth.Activity{Category: auth.LoginSuccess, User: "ana", IP: "::ffff:203.0.113.7", UserAgent: "curl/8", Session: "s1"},
		"authentication", event.Info, event.Success, "Tocsin: login success by ana from 203.0.113.7")
	f(auth.Activity{Category: auth.LoginFailed, User: "ana", IP: "fe80::1%eth0", Failed: true, Reason: "throttled_ip"},
		"authentication", event.Low, event.Failure, "Tocsin: login failed by ana from fe80::1 because throttled ip", "reason=throttled ip")
	f(auth.Activity{Category: auth.LoginFailed, IP: "host.example", Failed: true, Reason: "credentials"},
		"authentication", event.Low, event.Failure, "Tocsin: login failed because credentials", "reason=credentials")
	f(auth.Activity{Category: auth.Logout, User: "ana"},
		"authentication", event.Info, event.Success, "Tocsin: logout by ana")
	f(auth.Activity{Category: auth.TokenIssued, User: "root", Token: "T1", Name: "from web-1", Scope: "ingest"},
		"authentication", event.Low, event.Success, "Tocsin: token issued by root token from web-1 scope ingest",
		"token_id=T1", "token_name=from web-1", "token_scope=ingest")
	f(auth.Activity{Category: auth.TokenRevoked, User: "root", Token: "T1", Name: "n"},
		"authentication", event.Low, event.Success, "Tocsin: token revoked by root token n", "token_id=T1", "token_name=n")
	f(auth.Activity{Category: auth.AccountCreated, Name: "admin", Scope: "admin"},
		"security_audit", event.Low, event.Success, "Tocsin: account created account admin role admin", "account_name=admin", "account_role=admin")
	f(auth.Activity{Category: auth.BackupMade, User: "cli:ana", Name: "tocsin-1.backup", Scope: "12 events"},
		"security_audit", event.Low, event.Success, "Tocsin: backup made by cli:ana backup tocsin-1.backup size 12 events",
		"backup_name=tocsin-1.backup", "backup_size=12 events")
	f(auth.Activity{Category: auth.BackupRestored, User: "cli:ana", Name: "of 2026-11-20T10:00:00Z", Scope: "12 events of siem/abc"},
		"security_audit", event.High, event.Success, "Tocsin: backup restored by cli:ana backup of 2026-11-20T10:00:00Z size 12 events of siem/abc",
		"backup_name=of 2026-11-20T10:00:00Z", "backup_size=12 events of siem/abc")
	f(auth.Activity{Category: auth.DataAccess, User: "cli:ana", Name: "user:root", Scope: "7"},
		"security_audit", event.Info, event.Success, "Tocsin: data access by cli:ana filter user:root entries 7",
		"filter_entries=7", "filter_name=user:root")
	f(auth.Activity{Category: auth.DataExport, User: "cli:ana", Name: "user:root", Scope: "7"},
		"security_audit", event.Low, event.Success, "Tocsin: data export by cli:ana filter user:root entries 7",
		"filter_entries=7", "filter_name=user:root")
	f(auth.Activity{Category: auth.RateLimitBlocked, IP: "203.0.113.7", Failed: true},
		"access", event.Low, event.Failure, "Tocsin: rate limit blocked from 203.0.113.7")
}

// TestAuditWaitsButNotForEver: an event is recorded although the request that
// made it is over; one that cannot be is told in the log, without its texts.
func TestAuditWaitsButNotForEver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var got *event.Event
		stuck := false
		a := &auditor{
			host: "here", logger: slog.New(slog.NewTextHandler(&log, nil)),
			submit: func(ctx context.Context, input, sender string, events []*event.Event) (pipeline.Result, error) {
				if stuck {
					<-ctx.Done()
				}
				if err := ctx.Err(); err != nil {
					return pipeline.Result{}, err
				}
				got = events[0]
				if input != "tocsin" || sender != "tocsin" || len(events) != 1 {
					t.Errorf("%s %s %d", input, sender, len(events))
				}
				return pipeline.Result{}, nil
			},
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		a.activity(over, auth.Activity{Category: auth.Logout, User: "ana"})
		if got == nil || got.Host != "here" || got.User != "ana" || log.Len() != 0 {
			t.Fatalf("after the request: %+v, log %s", got, &log)
		}
		stuck = true
		began := time.Now()
		a.activity(t.Context(), auth.Activity{Category: auth.LoginFailed, User: "p4ssw0rd typed as a name"})
		if d := time.Since(began); d != auditTimeout {
			t.Errorf("waited %v, want %v", d, auditTimeout)
		}
		if !strings.Contains(log.String(), "category=login_failed") || strings.Contains(log.String(), "p4ssw0rd") {
			t.Errorf("log %q, want the category and none of the texts", &log)
		}
	})
}

// TestDrainGoesOn: what commands left is taken at once and then every second,
// also after a failure, until the context ends.
func TestDrainGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		a := &auditor{logger: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, cancel := context.WithCancel(t.Context())
		began := time.Now()
		var at []time.Duration
		done := make(chan error, 1)
		go func() {
			done <- drain(ctx, func(context.Context, func(context.Context, []auth.Activity) error) (int, error) {
				at = append(at, time.Since(began))
				if len(at) == 2 {
					return 0, errors.New("state is busy")
				}
				return 1, nil
			}, a)
		}()
		time.Sleep(3*drainEvery + drainEvery/2)
		cancel()
		if err := <-done; err != nil {
			t.Errorf("ended with %v", err)
		}
		if len(at) != 4 || at[0] != 0 || at[1] != drainEvery || at[3] != 3*drainEvery {
			t.Errorf("taken at %v", at)
		}
		if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "state is busy") {
			t.Errorf("log %q, want the failure once", &log)
		}
	})
}
