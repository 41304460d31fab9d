// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Finding is one hit of a rule: who, how much, and the events that made it.
//
// A finding belongs to a run: the unbroken stretch of time in which its entity
// kept meeting the rule. A run has one finding at the crossing of the threshold
// and one at each further step (severity, doubling); between the steps the last
// of them grows: it comes again under the same ID with Grown set and with the
// figures of now. Applying a growth twice, or only its last, gives the same.
type Finding struct {
	// ID is derived from rule, entity and the event that made the step, so that
	// a replay gives the same one.
	ID string `json:"id"`
	// Run is the ID of the run's first finding.
	Run string `json:"run"`
	// Grown marks an update of a finding that was reported before.
	Grown bool `json:"grown,omitempty"`

	RuleID string `json:"rule_id"`
	// Type is the anomaly type, for example brute_force_attack.
	Type string `json:"type"`
	// Message is the prefix of the text keys; Title is set by rules that have
	// no texts of their own.
	Message string `json:"message"`
	Title   string `json:"title,omitempty"`

	Severity event.Severity `json:"severity"`
	// Confidence lies between 0 and .99; it is the highest of the run so far.
	Confidence float64 `json:"confidence"`

	EntityType  string `json:"entity_type"`
	EntityValue string `json:"entity_value"`

	// Value is the highest figure that a window of the run reached: the weight
	// of its events, or the number of distinct values.
	Value int64 `json:"value"`
	// Threshold is the figure at which the rule fires.
	Threshold int64 `json:"threshold"`
	// Window is the rule's timespan in nanoseconds.
	Window int64 `json:"window"`
	// Events is the weight of all events of the run: those that lie in at least
	// one window that met the threshold.
	Events int64 `json:"events"`
	// First and Last are the event times of the run's first and last event.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Received is when the event that made the step was received, and Ord where
	// it lies in the journal.
	Received int64  `json:"received"`
	Ord      uint64 `json:"ord"`

	// Evidence are the ids of the run's first and last events, in time order.
	Evidence []event.ID `json:"-"`
	// Techniques are ATT&CK or ATLAS ids of the rule's tags.
	Techniques []string `json:"techniques,omitempty"`
}

// FindingID derives a finding's id from the rule, the entity and the event that
// made the step: 32 hex digits of a SHA-256 over the length-prefixed parts.
func FindingID(ruleID, entityType, entityValue string, crossing event.ID) string {
	h := sha256.New()
	var n [4]byte
	for _, part := range [...]string{ruleID, entityType, entityValue} {
		binary.BigEndian.PutUint32(n[:], uint32(len(part))) //nolint:gosec // names are short
		h.Write(n[:])
		h.Write([]byte(part))
	}
	h.Write(crossing[:])
	return hex.EncodeToString(h.Sum(nil)[:16])
}
