// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// meetRollback compares the journal with what detection has already seen of it. A
// journal that ends earlier was cut off, or replaced by an older copy: that is
// recorded as a critical event, which raises an alert, and detection reads what
// is there from the beginning, so that it misses nothing that comes.
func (s *server) meetRollback(ctx context.Context) error {
	seen, err := s.record.cases.Resume(ctx)
	if err != nil {
		return err
	}
	head := s.record.journal.Head()
	if seen.Ord <= head {
		return nil
	}
	s.logger.ErrorContext(ctx, "the journal ends before what detection has seen: it was cut off or replaced by an older one",
		"journal_head", head, "seen", seen.Ord)
	if err := s.record.cases.Rewind(ctx); err != nil {
		return err
	}
	e := &event.Event{
		Time: time.Now().UnixNano(), Source: "security_audit", Category: "journal_rolled_back", Action: "journal_rolled_back",
		Outcome: event.Failure, Severity: event.Critical, Service: "tocsin",
		Host: s.record.journal.Origin(), // as in what the signing keys notice of the same: one cause, one alert
		Message: "Tocsin: the journal ends at " + strconv.FormatUint(head, 10) + ", but detection had seen it up to " +
			strconv.FormatUint(seen.Ord, 10) + ": it was cut off or replaced by an older one",
	}
	e.SetAttr("journal_head", event.Number(strconv.FormatUint(head, 10)))
	e.SetAttr("seen", event.Number(strconv.FormatUint(seen.Ord, 10)))
	s.face.auditor.event(ctx, e)
	return nil
}
