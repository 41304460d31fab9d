// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"math"

	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Anomaly is the findings of one rule about one entity, from the first until the
// entity has been quiet for the rule's window or somebody resolves it. Times are
// nanoseconds since 1970 UTC.
type Anomaly struct {
	ID     string `json:"id"`
	RuleID string `json:"rule_id"`
	Type   string `json:"type"`
	// Message is the prefix of its text keys, Rule the title of a rule that has
	// no texts of its own.
	Message string `json:"message"`
	Rule    string `json:"rule,omitempty"`

	Severity   event.Severity `json:"severity"`
	Confidence float64        `json:"confidence"`
	// Sure is the confidence at its newest step, which alert rules look at.
	Sure   float64       `json:"sure"`
	Status Status        `json:"status"`
	Entity entity.Entity `json:"entity"`

	// Value is the highest figure that a window reached, Threshold the figure
	// at which the rule fires, Window its timespan in nanoseconds.
	Value     int64 `json:"value"`
	Threshold int64 `json:"threshold"`
	Window    int64 `json:"window"`
	// Count is the number of events behind it, repeats counted. It is taken
	// from the findings, never counted up.
	Count int64 `json:"count"`
	// FirstSeen and LastSeen are event times, Created is when the event that
	// opened it was received.
	FirstSeen int64 `json:"first_seen"`
	LastSeen  int64 `json:"last_seen"`
	Created   int64 `json:"created_at"`

	// Evidence are the ids of its first and last events.
	Evidence   []event.ID `json:"-"`
	Techniques []string   `json:"techniques"`

	// Runs are the newest runs of findings that it follows, with the events that
	// each brought; Base is what older ones brought, less what the anomaly After
	// had of this run when it was resolved.
	Runs  []Member `json:"runs"`
	Base  int64    `json:"base"`
	After string   `json:"after,omitempty"`

	ResolvedBy string `json:"resolved_by"`
	ResolvedAt int64  `json:"resolved_at"`
	Reason     Reason `json:"reason"`
	Notes      []Note `json:"notes"`
}

// Title is the anomaly's headline: key <message>.title, for example
// anomaly.brute_force_attack.title.
func (a *Anomaly) Title() Text { return Text{Key: a.Message + ".title", Params: a.params()} }

// Description says what happened: key <message>.description.
func (a *Anomaly) Description() Text {
	return Text{Key: a.Message + ".description", Params: a.params()}
}

func (a *Anomaly) params() map[string]any {
	p := map[string]any{
		"entity": a.Entity.Value, "entity_type": a.Entity.Type, "count": a.Count, "value": a.Value,
		"threshold": a.Threshold, "window_min": minutes(a.Window), "confidence_pct": int64(math.Round(a.Confidence * 100)),
	}
	if a.Rule != "" {
		p["title"] = a.Rule
	}
	return p
}
