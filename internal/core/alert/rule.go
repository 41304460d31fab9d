// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Kind says what an alert rule looks at.
type Kind string

// The kinds of alert rules.
const (
	OnAnomaly Kind = "anomaly"
	OnEvent   Kind = "event"
)

// The ids of the rules that Tocsin brings.
const (
	RuleBruteForce    = "RULE-BRUTE-FORCE"
	RuleCriticalEvent = "RULE-CRITICAL-EVENT"
	RuleLLMInjection  = "RULE-LLM-INJECTION"
	RuleLLMRepeated   = "RULE-LLM-REPEATED"
)

// InApp is the channel that shows alerts on the page.
const InApp = "in_app"

// Condition is what an anomaly or event must be for a rule to raise an alert;
// everything that is set must hold.
type Condition struct {
	// Types are anomaly types; empty means any. Only for rules on anomalies.
	Types []string `json:"types,omitempty"`
	// MinSeverity is the lowest severity.
	MinSeverity event.Severity `json:"min_severity"`
	// ConfidenceAbove must be exceeded; 0 means any. Only for rules on anomalies.
	ConfidenceAbove float64 `json:"confidence_above,omitempty"`
}

// Rule says which anomalies or events become an alert. Name is the key of a
// text, alert.<id>.name.
type Rule struct {
	ID        string    `json:"id"`
	Type      Kind      `json:"type"`
	Condition Condition `json:"condition"`
	// Severity of its alerts; they take the anomaly's or event's when that is
	// higher.
	Severity event.Severity `json:"severity"`
	// Cooldown is how long, in event time, nothing is raised about an entity
	// after the last event of a resolved alert.
	Cooldown time.Duration `json:"cooldown"`
	Channels []string      `json:"channels"`
	Enabled  bool          `json:"enabled"`
}

// Name is the rule's name for people: key alert.<id>.name.
func (r *Rule) Name() Text { return Text{Key: "alert." + r.ID + ".name", Params: map[string]any{}} }

// DefaultRules are the alert rules of a new installation, in the order in which
// they are applied: each can fire with the detections that are shipped.
func DefaultRules() []Rule {
	inApp := []string{InApp}
	return []Rule{
		{
			ID: RuleBruteForce, Type: OnAnomaly, Severity: event.Critical, Cooldown: 10 * time.Minute, Channels: inApp, Enabled: true,
			Condition: Condition{Types: []string{"brute_force_attack"}},
		},
		{
			ID: RuleCriticalEvent, Type: OnEvent, Severity: event.Critical, Cooldown: 5 * time.Minute, Channels: inApp, Enabled: true,
			Condition: Condition{MinSeverity: event.Critical},
		},
		{
			ID: RuleLLMInjection, Type: OnAnomaly, Severity: event.High, Cooldown: 10 * time.Minute, Channels: inApp, Enabled: true,
			Condition: Condition{Types: []string{"llm_injection"}, ConfidenceAbove: .8},
		},
		{
			ID: RuleLLMRepeated, Type: OnAnomaly, Severity: event.High, Cooldown: 10 * time.Minute, Channels: inApp, Enabled: true,
			Condition: Condition{Types: []string{"llm_repeated_violation"}},
		},
	}
}

// maxCooldown keeps a typing error from silencing a rule for ever.
const maxCooldown = 30 * 24 * time.Hour

// Validate checks what a person may change of a rule; the error names each field
// that is wrong.
func (r *Rule) Validate() error {
	var errs []error
	bad := func(field, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", field, fmt.Sprintf(format, args...)))
	}
	if r.ID == "" {
		bad("id", "is missing")
	}
	if r.Type != OnAnomaly && r.Type != OnEvent {
		bad("type", "%q is neither anomaly nor event", r.Type)
	}
	if r.Severity > event.Critical {
		bad("severity", "is none of the five")
	}
	if r.Condition.MinSeverity > event.Critical {
		bad("condition.min_severity", "is none of the five")
	}
	if c := r.Condition.ConfidenceAbove; c < 0 || c >= 1 || c != c {
		bad("condition.confidence_above", "%v is not in [0, 1)", c)
	}
	if r.Type == OnEvent && (len(r.Condition.Types) > 0 || r.Condition.ConfidenceAbove != 0) {
		bad("condition", "a rule on events knows no types and no confidence")
	}
	if r.Cooldown < 0 || r.Cooldown > maxCooldown {
		bad("cooldown", "%v is not between 0 and %v", r.Cooldown, maxCooldown)
	}
	if slices.Contains(r.Channels, "") {
		bad("channels", "a name is empty")
	}
	return errors.Join(errs...)
}

// matchesAnomaly tells whether the rule raises alerts about it.
func (r *Rule) matchesAnomaly(a *Anomaly) bool {
	c := &r.Condition
	return r.Enabled && r.Type == OnAnomaly && a.Severity >= c.MinSeverity &&
		(c.ConfidenceAbove == 0 || a.Sure > c.ConfidenceAbove) &&
		(len(c.Types) == 0 || slices.Contains(c.Types, a.Type))
}

// MatchesEvent tells whether the rule raises alerts about it.
func (r *Rule) MatchesEvent(e *event.Event) bool {
	return r.Enabled && r.Type == OnEvent && e.Severity >= r.Condition.MinSeverity
}
