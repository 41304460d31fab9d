// SPDX-License-Identifier: Apache-2.0

// Package alert turns findings into what a person works on: anomalies and
// alerts, with their states, grouping, deduplication and cooldown.
//
//	finding ─▶ Anomaly (one per rule, entity and run)  open → resolved
//	                │
//	event ──────────┴─▶ Rule ─▶ Alert (one per rule and entity)
//	                            active → acknowledged → resolved
//
// Book is the fold: the same findings and events in the same order give the same
// anomalies and alerts, byte for byte, however they are cut into batches and
// whatever was applied before a restart. It has no clock: all times that decide
// something are event times, so that a file of last winter and live traffic are
// judged alike. What people do (acknowledge, resolve, write notes) carries its
// own time and name and goes through the Store.
//
// The package does no I/O; record/state implements Store. Its types are plain
// values without locks.
package alert

import (
	"github.com/tocsin-siem/tocsin/internal/core/entity"
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Status is the state of an anomaly or an alert.
type Status string

// The states. An anomaly is open or resolved, an alert active, acknowledged or
// resolved; neither goes back.
const (
	Open         Status = "open"
	Active       Status = "active"
	Acknowledged Status = "acknowledged"
	Resolved     Status = "resolved"
)

// Reason says why something was resolved.
type Reason string

// The reasons.
const (
	TruePositive  Reason = "true_positive"
	Benign        Reason = "benign"
	FalsePositive Reason = "false_positive"
	Duplicate     Reason = "duplicate"
)

// Valid tells whether it is one of the four reasons.
func (r Reason) Valid() bool {
	switch r {
	case TruePositive, Benign, FalsePositive, Duplicate:
		return true
	default:
		return false
	}
}

// Text is a text for people: a key of the message catalogue and its parameters,
// strings and int64s. The reader's side renders it in the reader's language.
type Text struct {
	Key    string         `json:"key"`
	Params map[string]any `json:"params"`
}

// Note is what somebody wrote. Time is in nanoseconds since 1970 UTC.
type Note struct {
	Time int64  `json:"time"`
	By   string `json:"by"`
	Text string `json:"text"`
}

// Member is one anomaly of an alert, or one run of an anomaly, with the events
// that it brought.
type Member struct {
	ID    string `json:"id"`
	Count int64  `json:"count"`
}

// Alert is one matter for a person: everything that one alert rule raised about
// one entity until it is resolved. Times are nanoseconds since 1970 UTC.
type Alert struct {
	ID       string         `json:"id"`
	RuleID   string         `json:"rule_id"`
	Severity event.Severity `json:"severity"`
	Status   Status         `json:"status"`
	Entity   entity.Entity  `json:"entity"`

	// Cause is the anomaly's type, or the category of the first event.
	Cause string `json:"cause"`
	// Value, Threshold and Window describe the newest anomaly, for the texts.
	Value     int64 `json:"value"`
	Threshold int64 `json:"threshold"`
	Window    int64 `json:"window"`

	// Count is the number of events behind it: the sum over its anomalies, or
	// the events that triggered an event rule.
	Count int64 `json:"count"`
	// FirstSeen and LastSeen are event times, Created is when the event that
	// raised it was received.
	FirstSeen int64 `json:"first_seen"`
	LastSeen  int64 `json:"last_seen"`
	Created   int64 `json:"created_at"`
	// Suppressed counts findings and events that the cooldown after its
	// resolution kept from raising another alert.
	Suppressed int64 `json:"suppressed"`

	// Anomalies are the newest maxMembers anomalies of it; Base counts the
	// events of older ones.
	Anomalies  []Member   `json:"anomalies"`
	Base       int64      `json:"base"`
	Evidence   []event.ID `json:"-"`
	Techniques []string   `json:"techniques"`
	Channels   []string   `json:"channels"`

	Assignee       string `json:"assignee"`
	AcknowledgedBy string `json:"acknowledged_by"`
	AcknowledgedAt int64  `json:"acknowledged_at"`
	ResolvedBy     string `json:"resolved_by"`
	ResolvedAt     int64  `json:"resolved_at"`
	Reason         Reason `json:"reason"`
	Notes          []Note `json:"notes"`
}

// Title is the alert's headline: key alert.<rule id>.title.
func (a *Alert) Title() Text { return Text{Key: "alert." + a.RuleID + ".title", Params: a.params()} }

// Description says what happened: key alert.<rule id>.description.
func (a *Alert) Description() Text {
	return Text{Key: "alert." + a.RuleID + ".description", Params: a.params()}
}

func (a *Alert) params() map[string]any {
	return map[string]any{
		"entity": a.Entity.Value, "entity_type": a.Entity.Type, "cause": a.Cause,
		"count": a.Count, "value": a.Value, "threshold": a.Threshold, "window_min": minutes(a.Window),
	}
}

// IsOpen tells whether somebody still has to work on it.
func (a *Alert) IsOpen() bool { return a.Status == Active || a.Status == Acknowledged }

func minutes(ns int64) int64 { return ns / 60_000_000_000 }
