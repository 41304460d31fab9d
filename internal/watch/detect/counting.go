// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

const (
	// maxConfidence is what confidence rises towards.
	maxConfidence = .99
	// confidenceStep is the rise of an event's own confidence that is worth
	// another finding.
	confidenceStep = .01
	// maxEntityBytes is the longest entity that is kept as it is.
	maxEntityBytes = 256
)

// counting is one rule with its windows.
type counting struct {
	rule       *rule.Rule
	bases      []*rule.Rule
	group      []rule.Field // after the first, which is the entity
	value      rule.Field
	threshold  int64
	span       int64
	categories []string
	techniques []string
	windows    *window.Counter
	key        []byte
	hits       uint64
	findings   uint64
}

func compile(r *rule.Rule, o Options) *counting {
	c := &counting{
		rule: r, bases: []*rule.Rule{r}, threshold: 1, span: int64(r.Native.Quiet),
		categories: r.Categories(), techniques: r.Techniques(),
	}
	w := window.Options{Span: r.Native.Quiet, Threshold: 1, Allowance: o.Allowance, MaxKeys: o.MaxKeys}
	if k := r.Correlation; k != nil {
		c.bases, c.group, c.value = k.Bases, k.GroupBy[1:], k.Field
		c.threshold, c.span = k.Threshold, int64(k.Timespan)
		w.Span, w.Threshold, w.Distinct = k.Timespan, k.Threshold, k.Type == rule.ValueCount
	}
	c.windows = window.New(w)
	return c
}

// observe counts one event and appends what it raised.
func (c *counting) observe(e *event.Event, mark *window.Mark, out []rule.Finding) []rule.Finding {
	if !c.matches(e) {
		return out
	}
	c.hits++
	if !c.groupOf(e) {
		return out
	}
	o := window.Observation{ID: e.ID, Time: window.EventTime(e), Received: e.Received, Weight: 1, Origin: mark}
	if !c.value.IsZero() {
		if o.Value = c.value.Text(e); o.Value == "" {
			return out
		}
	}
	if w := c.rule.Native.Weight; !w.IsZero() {
		if n, ok := w.Number(e); ok && n > 1 {
			o.Weight = int64(min(n, 1<<40))
		}
	}
	run, fresh := c.windows.Add(c.key, &o)
	if run == nil {
		return out
	}
	severity, confidence := c.judge(e, run)
	report := &run.Report
	due := fresh || run.Value >= report.Next || severity > report.Severity ||
		!c.rule.Native.ConfidenceField.IsZero() && confidence >= report.Confidence+confidenceStep
	if !due {
		return out
	}
	if fresh {
		out = c.grown(out, run)
	}
	kind, value := c.entity(run.Key)
	id := rule.FindingID(c.rule.ID, kind, value, e.ID)
	if fresh {
		report.Run = id
	}
	report.Finding, report.Severity, report.Confidence = id, severity, max(confidence, report.Confidence)
	report.Received, report.Ord, report.Events = e.Received, e.Place.Ord, run.Events
	report.Next = c.next(run.Value)
	c.findings++
	return append(out, c.finding(run, false))
}

func (c *counting) matches(e *event.Event) bool {
	for _, b := range c.bases {
		if b.Matches(e) {
			return true
		}
	}
	return false
}

// groupOf makes the key of the event's group in c.key: the index of the entity's
// field, its value, then the other group-by values with their lengths. It is
// false when the event names nobody.
func (c *counting) groupOf(e *event.Event) bool {
	for i := range c.rule.Native.Entity {
		value := c.rule.Native.Entity[i].Field.Text(e)
		if value == "" {
			continue
		}
		c.key = append(c.key[:0], byte(i))
		c.key = appendBounded(c.key, value)
		for _, f := range c.group {
			c.key = appendBounded(c.key, f.Text(e))
		}
		return true
	}
	return false
}

// appendBounded appends length and text; a long text is cut and its hash says
// which it was.
func appendBounded(dst []byte, s string) []byte {
	if len(s) > maxEntityBytes {
		cut := maxEntityBytes - 40
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		sum := sha256.Sum256([]byte(s))
		s = s[:cut] + "… #" + hex.EncodeToString(sum[:16])
	}
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// entity reads type and value back from a key.
func (c *counting) entity(key string) (kind, value string) {
	if len(key) < 2 || int(key[0]) >= len(c.rule.Native.Entity) {
		return "", ""
	}
	kind = c.rule.Native.Entity[key[0]].Type
	n, size := binary.Uvarint([]byte(key[1:min(len(key), 1+binary.MaxVarintLen64)]))
	rest := key[1+max(size, 0):]
	if size <= 0 || n > uint64(len(rest)) {
		return kind, ""
	}
	return kind, rest[:n]
}

// judge says how bad the run is, at least low, and how sure that is.
func (c *counting) judge(e *event.Event, run *window.Run) (severity event.Severity, confidence float64) {
	v := &c.rule.Native
	severity = c.rule.Level
	if !v.SeverityField.IsZero() {
		if n, ok := v.SeverityField.Number(e); ok && n >= 0 && n <= float64(event.Critical) {
			severity = event.Severity(n)
		}
	}
	for _, s := range v.Steps {
		if run.Value >= s.Times*c.threshold {
			severity = max(severity, s.Severity)
		}
	}
	confidence = c.confidence(run)
	if n, ok := v.ConfidenceField.Number(e); ok {
		confidence = min(max(n, 0), maxConfidence)
	}
	return max(severity, run.Report.Severity, event.Low), confidence
}

// confidence is the rule's own at the threshold and rises with the excess.
func (c *counting) confidence(run *window.Run) float64 {
	base := c.rule.Native.Confidence
	return base + (maxConfidence-base)*(1-float64(c.threshold)/float64(max(run.Value, c.threshold)))
}

// next is the figure above value at which another finding is due: a severity
// step or a doubling of the threshold.
func (c *counting) next(value int64) int64 {
	due := c.threshold
	for due <= value {
		due *= 2
	}
	for _, s := range c.rule.Native.Steps {
		if at := s.Times * c.threshold; at > value {
			due = min(due, at)
		}
	}
	return due
}

// grown appends the growth of every run but one.
func (c *counting) grown(out []rule.Finding, except *window.Run) []rule.Finding {
	if !c.windows.Pending() {
		return out
	}
	for _, run := range c.windows.Grown() {
		if run == except || run.Events == run.Report.Events {
			continue
		}
		run.Report.Events = run.Events
		out = append(out, c.finding(run, true))
	}
	return out
}

func (c *counting) finding(run *window.Run, grown bool) rule.Finding {
	kind, value := c.entity(run.Key)
	f := rule.Finding{
		ID: run.Report.Finding, Run: run.Report.Run, Grown: grown,
		RuleID: c.rule.ID, Type: c.rule.Native.Type, Message: c.rule.Native.Message,
		Severity: run.Report.Severity, Confidence: run.Report.Confidence,
		EntityType: kind, EntityValue: value,
		Value: run.Value, Threshold: c.threshold, Window: c.span, Events: run.Events,
		First: run.First, Last: run.Last, Received: run.Report.Received, Ord: run.Report.Ord,
		Evidence: run.Evidence(), Techniques: c.techniques,
	}
	if grown && c.rule.Native.ConfidenceField.IsZero() {
		f.Confidence = max(f.Confidence, c.confidence(run))
	}
	if !c.rule.Native.Own {
		f.Title = c.rule.Title
	}
	return f
}
