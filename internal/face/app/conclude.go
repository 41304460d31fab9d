// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// lastCheck is what a check of the whole journal found, as it is kept for the next
// start. It is derived: without it the next check says everything again.
type lastCheck struct {
	Integrity api.Integrity `json:"integrity"`
	// Known is the damage that an event was recorded for.
	Known knownDamage `json:"known"`
}

// conclusions are drawn one at a time.
type conclusions struct {
	mu   sync.Mutex
	last lastCheck
}

// concluded takes in what a check of the whole journal found: it shows, is kept, and
// damage that is new is recorded as a critical event, which raises an alert.
func (s *server) concluded(ctx context.Context, r *journal.Report) {
	c := &s.face.vitals.conclusions
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range r.Files {
		if f := &r.Files[i]; i < maxDamages {
			s.logger.ErrorContext(ctx, "a file of the journal is damaged", "file", f.File, "damage", f.Damage, "evidence", f.Evidence)
		}
	}
	c.last.Integrity = integrityOf(r, time.Now().UTC())
	s.face.vitals.show(c.last.Integrity)
	known, fresh := c.last.Known.with(r)
	if fresh {
		s.logger.ErrorContext(ctx, "the journal is not as it was recorded", "status", r.Status, "tampered", r.Tampered)
		if err := s.face.auditor.record(ctx, s.damageEvent(r)); err != nil {
			s.logger.ErrorContext(ctx, "the damage could not be recorded; the next check tries again", "error", err)
			known = c.last.Known
		}
	}
	c.last.Known = known
	if err := s.keepCheck(&c.last); err != nil { // the next start says it again
		s.logger.WarnContext(ctx, "the outcome of the check is not kept", "error", err)
	}
}

func integrityOf(r *journal.Report, at time.Time) api.Integrity {
	return api.Integrity{
		Status: api.IntegrityStatus(r.Status), Total: r.Total, Verified: r.Verified, CheckedAt: &at, Completeness: completenessOf(&r.Completeness),
	}
}

func completenessOf(c *journal.Completeness) *api.Completeness {
	return &api.Completeness{
		Status: api.CompletenessStatus(c.Status), Lost: c.Lost, Gone: c.Gone, Dropped: int64(c.Dropped), LateRanges: c.Late, //nolint:gosec // counts stay far below 2^63
		Silences: int64(len(c.Silences) + c.Omitted),
	}
}

// show makes an outcome the one that the dashboard has.
func (v *vitals) show(i api.Integrity) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.integrity = i
}

// damageEvent tells what a check found, in numbers and places only: the names of
// files may be somebody's who wants to be read.
func (s *server) damageEvent(r *journal.Report) *event.Event {
	e := ownEvent("journal_damaged", event.Failure, "")
	e.Severity = event.Critical
	e.Host = s.record.journal.Origin() // an entity of its own: another critical event must not hide it
	evidence := int64(0)
	for i := range r.Files {
		if r.Files[i].Evidence {
			evidence++
		}
	}
	e.Message = fmt.Sprintf("Tocsin: the journal is %s: %d entries are not as they were recorded, %d files are damaged", r.Status, r.Tampered, evidence)
	if first, ok := firstDamaged(r); ok {
		e.Message += fmt.Sprintf("; the first is stream %s, entry %d", first.Stream, first.Seq)
		e.SetAttr("stream", event.Text(first.Stream))
		e.SetAttr("first_seq", event.Int(int64(first.Seq))) //nolint:gosec // counts stay far below 2^63
		if first.Origin != "" {
			e.Message += " of the archive of " + first.Origin
			e.SetAttr("origin", event.Text(first.Origin))
		}
	}
	e.SetAttr("status", event.Text(string(r.Status)))
	e.SetAttr("tampered", event.Int(r.Tampered))
	e.SetAttr("files", event.Int(evidence))
	return e
}

// firstDamaged is the first entry that is not right; its origin is "" for the journal
// itself.
func firstDamaged(r *journal.Report) (first event.Place, ok bool) {
	switch {
	case len(r.Entries) > 0:
		return event.Place{Stream: r.Entries[0].Stream, Seq: r.Entries[0].Seq}, true
	case len(r.Diverged) > 0:
		return event.Place{Stream: r.Diverged[0].Stream, Seq: r.Diverged[0].First}, true
	}
	for i := range r.Archives {
		if a := &r.Archives[i]; len(a.Entries) > 0 {
			return event.Place{Origin: a.Origin, Stream: a.Entries[0].Stream, Seq: a.Entries[0].Seq}, true
		}
	}
	return event.Place{}, false
}

// recallCheck shows what the last check before the start found.
func (s *server) recallCheck(ctx context.Context) {
	raw, err := os.ReadFile(s.folder.lastCheck())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var last lastCheck
	if err == nil {
		err = json.Unmarshal(raw, &last)
	}
	if err != nil {
		s.logger.WarnContext(ctx, "the outcome of the last check cannot be read", "error", err)
		return
	}
	c := &s.face.vitals.conclusions
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = last
	v := &s.face.vitals
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.integrity.Status == "" { // else damage was met since the start
		v.integrity = last.Integrity
	}
}

func (s *server) keepCheck(last *lastCheck) error {
	raw, err := json.Marshal(last)
	if err != nil {
		return err
	}
	path := s.folder.lastCheck()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(path+".tmp", raw, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".tmp", path)
}
