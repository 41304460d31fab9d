// SPDX-License-Identifier: Apache-2.0

// Package rule reads rules and tells whether an event meets one; it also defines
// the Finding, what a rule that fired reports.
//
//	YAML ─ Parse ─▶ []*Rule ─ Link ─▶ correlations know their base rules
//	                   │
//	                   └─ Rule.Matches(event)       counting is watch/detect's
//
// A rule is a Sigma 2.1 document. Supported are detections (field selections and
// keyword lists; the modifiers contains, startswith, endswith, all, cased, re with
// i, m and s, cidr, exists, gt, gte, lt, lte; null; conditions with and, or, not,
// parentheses, "1 of" and "all of") and correlations of the types event_count and
// value_count with group-by, timespan and a condition gte or gt. Field names are
// Tocsin's own and their aliases. What Sigma cannot say is in a block of its own:
//
//	tocsin:
//	  type: brute_force_attack      # the anomaly type; default sigma:<id>
//	  message: anomaly.brute_force_attack  # prefix of the text keys; default anomaly.<type>
//	  entity:                       # whom it is about: the first that the event has;
//	    - {field: ip, type: ip}     # the first entry is also the first group-by field
//	    - {field: attrs.remote_host, type: host}
//	  weight: attrs.repeat          # a number field: how often the event counts
//	  severity_steps:               # severity from this multiple of the threshold on
//	    - {times: 3, severity: critical}
//	  severity_field: severity      # or: severity as the event says
//	  confidence: 0.8               # at the threshold; rises with the excess to .99
//	  confidence_field: attrs.confidence   # or: as the event says
//	  quiet: 10m                    # detections: how long until it is a new anomaly
//
// Parsing is strict: an unknown key, modifier or type is an Error with file and
// line. Nothing here does I/O. A Rule is immutable after Link and may be used by
// any number of goroutines.
package rule

import (
	"fmt"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Rule is one parsed document: a detection or a correlation.
type Rule struct {
	ID, Name, Title, Status, Description string
	Tags                                 []string
	// Level is the severity that the document states; Medium when it is silent.
	Level event.Severity
	// Service is the event source that it is about, "" for any.
	Service string
	// Correlation is set on correlations only.
	Correlation *Correlation
	Native      Native

	// File and Line are where the document begins.
	File string
	Line int

	match      *expr
	categories []string // that it can match; nil = any
	base       bool     // only a part of a correlation
}

// Type is the type of a correlation.
type Type string

// The types of correlations.
const (
	EventCount Type = "event_count"
	ValueCount Type = "value_count"
)

// Correlation counts the events of its base rules in windows of event time.
type Correlation struct {
	Type     Type
	Rules    []string // names or ids, as written
	Bases    []*Rule  // after Link
	GroupBy  []Field
	Timespan time.Duration
	// Threshold is the figure that fires (gte).
	Threshold int64
	// Field is what value_count counts.
	Field Field
	// Generate keeps the base rules' own findings.
	Generate bool
}

// Native is the rule's tocsin block with its defaults filled in.
type Native struct {
	Type            string
	Message         string
	Entity          []EntityField
	Weight          Field
	Steps           []Step
	SeverityField   Field
	Confidence      float64
	ConfidenceField Field
	Quiet           time.Duration
	// Own tells that the texts under Message exist: the rule is one of ours.
	Own bool
}

// EntityField is one field that may name whom a finding is about.
type EntityField struct {
	Field Field
	Type  string
}

// Step is the severity from a multiple of the threshold on.
type Step struct {
	Times    int64
	Severity event.Severity
}

// The defaults of a rule without a tocsin block.
const (
	defaultConfidence = .7
	defaultQuiet      = 10 * time.Minute
)

// Matches tells whether the event meets the rule's detection; false for a
// correlation.
func (r *Rule) Matches(e *event.Event) bool {
	return r.match != nil && (r.Service == "" || r.Service == e.Source) && r.match.eval(e)
}

// Categories are the event categories that the rule, or its base rules, can
// match; nil means that it cannot be told.
func (r *Rule) Categories() []string {
	if r.Correlation == nil {
		return r.categories
	}
	var all []string
	for _, b := range r.Correlation.Bases {
		c := b.Categories()
		if c == nil {
			return nil
		}
		all = append(all, c...)
	}
	return all
}

// Fires tells whether the rule itself reports findings: it does unless it is only
// the base of a correlation.
func (r *Rule) Fires() bool { return !r.base }

// Techniques are the ATT&CK and ATLAS ids of its tags, for example T1110.001.
func (r *Rule) Techniques() []string {
	var ids []string
	for _, tag := range r.Tags {
		if id, ok := strings.CutPrefix(tag, "attack.t"); ok {
			ids = append(ids, "T"+id)
		} else if id, ok := strings.CutPrefix(tag, "atlas.aml."); ok {
			ids = append(ids, "AML."+strings.ToUpper(id))
		}
	}
	return ids
}

// Link joins correlations with the rules that they name, over all documents that
// were read. Ids and names must be unique.
func Link(rules []*Rule) error {
	byName := make(map[string]*Rule, 2*len(rules))
	for _, r := range rules {
		for _, name := range [...]string{r.ID, r.Name} {
			if name == "" {
				continue
			}
			if other, taken := byName[name]; taken && other != r {
				return &Error{File: r.File, Line: r.Line, Text: fmt.Sprintf("id or name %q is also that of %s:%d", name, other.File, other.Line)}
			}
			byName[name] = r
		}
	}
	for _, r := range rules {
		c := r.Correlation
		if c == nil {
			continue
		}
		c.Bases = c.Bases[:0]
		for _, name := range c.Rules {
			b, ok := byName[name]
			switch {
			case !ok:
				return &Error{File: r.File, Line: r.Line, Text: fmt.Sprintf("correlation: there is no rule %q", name)}
			case b.Correlation != nil:
				return &Error{File: r.File, Line: r.Line, Text: fmt.Sprintf("correlation: rule %q is a correlation itself, which is not supported", name)}
			}
			b.base = b.base || !c.Generate
			c.Bases = append(c.Bases, b)
		}
	}
	return nil
}

// Error is what is wrong with a rule file.
type Error struct {
	File string
	Line int
	Text string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }
