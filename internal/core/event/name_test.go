// SPDX-License-Identifier: Apache-2.0

package event_test

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestNamesAndAliases: every name of the table in docs/fields.md.
func TestNamesAndAliases(t *testing.T) {
	t.Parallel()
	f := func(names, want string) {
		t.Helper()
		for name := range strings.FieldsSeq(names) {
			if got, ok := event.Canonical(name); got != want || ok != (want != "") {
				t.Errorf("%q: %q %v, want %q", name, got, ok, want)
			}
		}
	}
	for name := range strings.FieldsSeq(`id source category action outcome message host service tags raw time received origin_id severity
		user ip session user_agent input sender stream seq ord geo.country geo.lat geo.lon as.number compliance.gdpr_relevant
		compliance.pci_scope compliance.hipaa_protected compliance.retention_days attrs.x`) {
		f(name, name)
	}
	f("timestamp @timestamp ts", "time")
	f("created_at ingested", "received")
	f("eventId event_id log_id", "origin_id")
	f("eventType event_type", "category")
	f("level", "severity")
	f("userId user_id user.name username", "user")
	f("ipAddress ip_address source.ip src_ip client_ip remote_addr", "ip")
	f("sessionId session_id", "session")
	f("userAgent user_agent.original", "user_agent")
	f("compliance.gdprRelevant", "compliance.gdpr_relevant")
	f("compliance.pciScope", "compliance.pci_scope")
	f("compliance.hipaaProtected", "compliance.hipaa_protected")
	f("compliance.retentionDays", "compliance.retention_days")
	f("details.a.b metadata.a.b", "attrs.a.b")
	f("attrs. details. metadata. attrs nonsense Source USER geo compliance", "")
	if got, ok := event.Canonical(""); got != "" || ok {
		t.Errorf("no name: %q %v", got, ok)
	}
}

// TestLookup: each field that is there is found, each that is absent is not.
func TestLookup(t *testing.T) {
	t.Parallel()
	e, none := full(), &event.Event{}
	e.Raw = "<34>raw"
	e.Compliance.HIPAA = event.FlagFalse
	f := func(name, want string) {
		t.Helper()
		if got, ok := e.Lookup(name); got.String() != want || !ok {
			t.Errorf("%s: %q %v, want %q", name, got.String(), ok, want)
		}
		if got, ok := none.Lookup(name); ok {
			t.Errorf("%s of an empty event: %q", name, got.String())
		}
	}
	f("id", "01KAQ3R5T2M8X4Z6C9V1B3N5J7")
	f("time", "2026-11-22T09:30:39.206Z")
	f("received", "2026-11-22T09:30:39.563Z")
	f("source", "authentication")
	f("outcome", "failure")
	f("userId", "ana")
	f("raw", "<34>raw")
	f("tags", "gdpr,prod")
	f("stream", "366d")
	f("seq", "42")
	f("ord", "99")
	f("geo.country", "RO")
	f("geo.lat", "44.42")
	f("geo.lon", "26.10")
	f("as.number", "64496")
	f("compliance.gdpr_relevant", "true")
	f("compliance.pci_scope", "false")
	f("compliance.hipaa_protected", "false")
	f("compliance.retention_days", "365")
	f("details.port", "38926")
	f("port", "38926")
	f("list", "a,1.50,")
	if _, ok := e.Lookup("absent"); ok {
		t.Error("found what is absent")
	}
	if v, ok := none.Lookup("severity"); v.Text != "info" || !ok {
		t.Errorf("severity %v %v: every event has one", v, ok)
	}
	if v, ok := e.Lookup("geo.lat"); v.Kind != event.KindNumber {
		t.Errorf("latitude %+v %v, want a number", v, ok)
	}
}
