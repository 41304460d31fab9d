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
	archives  []api.ArchiveKeys
	witnesses *witnessing
}

var _ api.Evidence = evidence{}

func (s *server) evidence() evidence {
	return evidence{s.record.journal, s.record.keys, archiveKeys(s.record.journal, s.opt.archived), &s.record.witnesses}
}

// Checkpoint implements api.Evidence.
func (e evidence) Checkpoint() (note []byte, size uint64, at time.Time) {
	if note, size, at, _ = e.Journal.Checkpoint(); note != nil {
		note = withCosignatures(note, e.witnesses.cosigned())
	}
	return note, size, at
}

// Keys implements api.Evidence.
func (e evidence) Keys() api.JournalKeys {
	out := api.JournalKeys{Origin: e.keys.Origin()}
	out.Keys, out.Statements = publicKeys(e.keys)
	if len(e.archives) > 0 {
		out.Archives = &e.archives
	}
	return out
}

// archiveKeys are the public keys of the archives of a journal; one whose keys cannot
// be read is there without any.
func archiveKeys(j *journal.Journal, read func(dir string) journal.Archived) (all []api.ArchiveKeys) {
	for _, a := range j.Archives() {
		old := api.ArchiveKeys{Origin: a.Origin, Keys: []api.JournalKey{}, Statements: []string{}}
		if keys := read(a.Dir).Keys; keys != nil {
			old.Keys, old.Statements = publicKeys(keys)
		}
		all = append(all, old)
	}
	return all
}

// publicKeys are the public keys of a ring, and its signed statements.
func publicKeys(ring *keyring.Ring) (keys []api.JournalKey, statements []string) {
	keys, statements = []api.JournalKey{}, []string{}
	now := time.Now()
	for _, k := range ring.Public() {
		key := api.JournalKey{
			Key: k.VKey, Purpose: api.JournalKeyPurpose(k.Purpose), State: api.JournalKeyState(k.State(now)), From: k.From,
		}
		if !k.Until.IsZero() {
			key.Until = &k.Until
		}
		keys = append(keys, key)
	}
	for _, s := range ring.Statements() {
		statements = append(statements, string(s))
	}
	return keys, statements
}
