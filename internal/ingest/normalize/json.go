// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// normalizeJSON reads one JSON object: our own names and their aliases fill the
// fields, the members of attrs, details and metadata and every other member
// become attributes, objects by dotted names. An object in the dialect of a product
// that is known (dialectOf) is read as that.
func normalizeJSON(raw []byte, h *Hint, out []*event.Event) ([]*event.Event, error) {
	mem := h.arena()
	r := &mem.reader
	e := mem.event()
	r.reset(raw, h, e)
	err := r.read("")
	if err == nil && r.bundle {
		if many, ok := bundle(raw, h, out); ok {
			return many, nil
		}
		r.reset(raw, h, e)
		*e = event.Event{}
		err = r.read("")
	}
	if (err != nil || len(r.told) > 0) && r.inDialect(raw, h, e, err) {
		return append(out, e), nil
	}
	if err != nil {
		*e = event.Event{}
		return out, err
	}
	return append(out, e), nil
}

// read reads the record and settles what depends on more than one member.
// fallback is the source where neither record, hint nor category names one.
func (r *reader) read(fallback string) error {
	if err := r.record(); err != nil {
		return err
	}
	r.settleSeverity()
	r.settleSource(fallback)
	for _, t := range r.e.Tags {
		tagCompliance(&r.e.Compliance, t)
	}
	if r.lone {
		r.e.Marks = append(r.e.Marks, event.Mark{Kind: event.MarkInvalid, Detail: "half of a surrogate pair"})
	}
	return r.sorted()
}

// settleSeverity: severity wins over level; a word that is none of the five is
// kept in attrs.level.
func (r *reader) settleSeverity() {
	stated, level := r.severity, r.level
	word := stated
	if stated.Text == "" {
		word, level = level, event.Value{}
	}
	if word.Text != "" {
		sev, ok := event.ParseSeverity(word.Text)
		if !ok {
			name := "level"
			if level.Text != "" {
				name = "severity_text"
			}
			r.own(name, word)
			if sev, ok = severityOf(word); !ok {
				r.e.Marks = append(r.e.Marks, event.Mark{Kind: event.MarkInvalid, Field: "severity", Detail: clip(word.Text)})
			}
		}
		r.e.Severity = sev
	}
	if level.Text != "" {
		r.own("level", level)
	}
}

// severityOf maps a level: a word, a number of syslog (0 to 7) or one of the
// tens that Node's loggers write (10 trace to 60 fatal).
func severityOf(level event.Value) (sev event.Severity, ok bool) {
	if level.Kind != event.KindNumber {
		return event.SeverityOfLevel(level.Text)
	}
	switch level.Text {
	case "10", "20", "30":
		return event.Info, true
	case "40":
		return event.Low, true
	case "50":
		return event.Medium, true
	case "60":
		return event.High, true
	}
	if len(level.Text) == 1 && level.Text[0] >= '0' && level.Text[0] <= '7' {
		return event.SeverityOfLevel(syslogLevel(level.Text[0] - '0'))
	}
	return event.Info, false
}

// settleSource: the record's own, the hint's, the category's.
func (r *reader) settleSource(fallback string) {
	e := r.e
	switch e.Source {
	case "frontend", "security_filter":
		r.own("origin_source", event.Text(e.Source))
		e.Source = "llm"
		return
	case "":
	default:
		return
	}
	source := r.h.Source
	if source == "" {
		source = fallback
	}
	if source == "" {
		source = sourceOf(e.Category)
	}
	if source == "" {
		source = "application"
	}
	e.SetCore(event.FieldSource, source)
}

// tagCompliance sets the flag that a tag means, unless the sender stated it.
func tagCompliance(c *event.Compliance, tag string) {
	flag := (*event.Flag)(nil)
	switch tag {
	case "gdpr":
		flag = &c.GDPR
	case "pci":
		flag = &c.PCI
	case "phi":
		flag = &c.HIPAA
	default:
		return
	}
	if *flag == event.FlagAbsent {
		*flag = event.FlagTrue
	}
}
