// SPDX-License-Identifier: Apache-2.0

package entity_test

import (
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func TestOfTakesTheNarrowest(t *testing.T) {
	t.Parallel()
	full := event.Event{IP: "192.0.2.1", User: "ana", Host: "web1", Source: "application"}
	f := func(name string, strip func(e *event.Event), want entity.Entity) {
		t.Helper()
		e := full
		strip(&e)
		if got := entity.Of(&e); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	f("all there", func(*event.Event) {}, entity.Entity{Type: entity.IP, Value: "192.0.2.1"})
	f("no address", func(e *event.Event) { e.IP = "" }, entity.Entity{Type: entity.User, Value: "ana"})
	f("no user", func(e *event.Event) { e.IP, e.User = "", "" }, entity.Entity{Type: entity.Host, Value: "web1"})
	f("source only", func(e *event.Event) { e.IP, e.User, e.Host = "", "", "" }, entity.Entity{Type: entity.Source, Value: "application"})
}

func TestZero(t *testing.T) {
	t.Parallel()
	if !(entity.Entity{}).IsZero() || (entity.Entity{Type: "ip"}).IsZero() {
		t.Error("IsZero is wrong")
	}
	if got := (entity.Entity{Type: "ip", Value: "192.0.2.9"}).String(); got != "ip:192.0.2.9" {
		t.Errorf("String = %q", got)
	}
}
