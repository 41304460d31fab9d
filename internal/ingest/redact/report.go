// SPDX-License-Identifier: Apache-2.0

package redact

import "github.com/tocsin-siem/tocsin/internal/core/event"

// Find is one thing that was found in an event. It does not hold what that was.
type Find struct {
	// Field is the name of the field, free of secrets itself.
	Field  string
	Kind   Kind
	Action Action
	// From and To are its place in the field's text in bytes, before anything was
	// changed in it. In a list they are those in the member.
	From, To int
}

// Explain is Event, and tells what it found, also what it kept.
func (r *Redactor) Explain(e *event.Event) []Find {
	var all []Find
	r.event(e, func(field string, finds []find) {
		for _, f := range finds {
			all = append(all, Find{Field: field, Kind: f.kind, Action: f.action, From: f.from, To: f.to})
		}
	}, true)
	return all
}
