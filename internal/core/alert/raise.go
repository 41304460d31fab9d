// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// trigger is what makes a rule raise or extend an alert.
type trigger struct {
	id          string // of the finding or, for events, derived like one
	first, last int64  // event times that the alert must span
	at          int64  // event time that the cooldown is measured at
	received    int64
	severity    event.Severity
	anomaly     *Anomaly     // either this
	event       *event.Event // or this
	step        bool         // a finding or event of its own, not a growth
}

// raise extends the alert that is being worked on, or raises a new one unless
// the cooldown after the last one forbids it.
func (b *Book) raise(r *Rule, who entity.Entity, t trigger) error {
	key := about{r.ID, who}
	a, err := b.newestAlert(key)
	if err != nil {
		return err
	}
	if a != nil && !a.IsOpen() {
		if a.covers(&t) {
			return nil
		}
		cooldown := int64(r.Cooldown)
		if t.at <= a.LastSeen+cooldown && t.at >= a.FirstSeen-cooldown {
			if t.step {
				a.Suppressed++
				b.alerts.touch(a)
			}
			return nil
		}
		a = nil
	}
	if a == nil {
		a = &Alert{
			ID: t.id, RuleID: r.ID, Severity: r.Severity, Status: Active, Entity: who,
			FirstSeen: t.first, LastSeen: t.last, Created: t.received, Channels: r.Channels,
		}
		b.newest[key] = a
	}
	a.take(&t)
	b.alerts.touch(a)
	return nil
}

// covers tells whether the trigger is about an anomaly that was resolved with
// the alert or has brought nothing since.
func (a *Alert) covers(t *trigger) bool {
	if t.anomaly == nil {
		return false
	}
	for i := range a.Anomalies {
		if a.Anomalies[i].ID == t.anomaly.ID {
			return a.Anomalies[i].Count == t.anomaly.Count
		}
	}
	return false
}

// take brings the alert to what the trigger says.
func (a *Alert) take(t *trigger) {
	a.Severity = max(a.Severity, t.severity)
	a.FirstSeen, a.LastSeen = min(a.FirstSeen, t.first), max(a.LastSeen, t.last)
	if t.event != nil {
		if a.Cause == "" {
			a.Cause = strings.Clone(t.event.Category)
		}
		a.Count++
		a.Evidence = addEvidence(a.Evidence, t.event.ID)
		return
	}
	from := t.anomaly
	a.Anomalies, a.Base = join(a.Anomalies, a.Base, Member{ID: from.ID, Count: from.Count})
	a.Count = a.Base + sum(a.Anomalies)
	if a.Anomalies[len(a.Anomalies)-1].ID == from.ID {
		a.Cause, a.Value, a.Threshold, a.Window = from.Type, from.Value, from.Threshold, from.Window
		a.Techniques, a.Evidence = from.Techniques, from.Evidence
	}
}

// addEvidence keeps the first and the last maxEvidence/2 ids.
func addEvidence(ids []event.ID, id event.ID) []event.ID {
	if len(ids) < maxEvidence {
		return append(ids, id)
	}
	copy(ids[maxEvidence/2:], ids[maxEvidence/2+1:])
	ids[maxEvidence-1] = id
	return ids
}

func (b *Book) newestAlert(key about) (*Alert, error) {
	if a, ok := b.newest[key]; ok {
		return a, nil
	}
	a, err := b.shelf.NewestAlert(key.rule, key.entity)
	if err != nil {
		return nil, err
	}
	b.newest[key] = a
	return a, nil
}
