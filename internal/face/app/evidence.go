// SPDX-License-Identifier: Apache-2.0

package app

import (
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// evidence is the journal as the API gives it away.
type evidence struct {
	*journal.Journal
	keys      *keyring.Ring
	witnesses *witnessing
}

var _ api.Evidence = evidence{}

// Checkpoint implements api.Evidence.
func (e evidence) Checkpoint() (note []byte, size uint64, at time.Time) {
	if note, size, at, _ = e.Journal.Checkpoint(); note != nil {
		note = withCosignatures(note, e.witnesses.cosigned())
	}
	return note, size, at
}

// Keys implements api.Evidence.
func (e evidence) Keys() api.JournalKeys {
	out := api.JournalKeys{Origin: e.keys.Origin(), Keys: []api.JournalKey{}, Statements: []string{}}
	now := time.Now()
	for _, k := range e.keys.Public() {
		key := api.JournalKey{
			Key: k.VKey, Purpose: api.JournalKeyPurpose(k.Purpose), State: api.JournalKeyState(k.State(now)), From: k.From,
		}
		if !k.Until.IsZero() {
			key.Until = &k.Until
		}
		out.Keys = append(out.Keys, key)
	}
	for _, s := range e.keys.Statements() {
		out.Statements = append(out.Statements, string(s))
	}
	return out
}
