// SPDX-License-Identifier: Apache-2.0

// Package entity names who or what an event, a finding or an alert is about: an
// address, a user, a host, a source.
//
// An Entity is a type and a value, both plain words, comparable and usable as a
// map key. The package does no I/O and keeps no state.
package entity

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The types of entities. A rule may name others in its entity list.
const (
	// IP is one network address in its canonical text.
	IP = "ip"
	// User is an account name as the source wrote it.
	User = "user"
	// Host is a host name: the reporting host, or a remote one that is known
	// only by its name.
	Host = "host"
	// Source is a source name, for events that name nothing narrower.
	Source = "source"
)

// Entity is who or what something is about. The zero value is nobody.
type Entity struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// IsZero tells whether it names nobody.
func (e Entity) IsZero() bool { return e == Entity{} }

// String returns type and value joined by a colon.
func (e Entity) String() string { return e.Type + ":" + e.Value }

// Of returns the narrowest entity that the event's core fields name: its
// address, else its user, else its host, else its source. The value is a copy
// that does not hold the event's memory.
func Of(e *event.Event) Entity {
	switch {
	case e.IP != "":
		return Entity{Type: IP, Value: strings.Clone(e.IP)}
	case e.User != "":
		return Entity{Type: User, Value: strings.Clone(e.User)}
	case e.Host != "":
		return Entity{Type: Host, Value: strings.Clone(e.Host)}
	default:
		return Entity{Type: Source, Value: strings.Clone(e.Source)}
	}
}
