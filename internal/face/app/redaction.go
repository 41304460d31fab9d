// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// pseudonymSecret names the key of pseudonyms. It is a secret of its own and no part
// of the MAC roots: these change and may leave the host, and the same person must
// have the same pseudonym after that.
const pseudonymSecret = "pseudonyms"

// openRedactor makes the Redactor of a configuration and tries it. key gives the key
// of pseudonyms, which is made when a policy needs it.
func openRedactor(c *config.Config, key func() ([]byte, error)) (*redact.Redactor, error) {
	o, err := redactPolicies(c)
	if err != nil {
		return nil, err
	}
	if o.Needs(redact.Pseudonym) {
		if o.Key, err = key(); err != nil {
			return nil, fmt.Errorf("key of pseudonyms: %w", err)
		}
	}
	r, err := redact.Open(o)
	if err != nil {
		return nil, err
	}
	return r, r.SelfTest()
}

// redactPolicies reads the policies of a configuration.
func redactPolicies(c *config.Config) (o redact.Options, err error) {
	set := func(p *redact.Policy, path string, rules config.RedactRules) error {
		for _, rule := range rules {
			if err := p.Set(rule.Kind, rule.Action); err != nil {
				return fmt.Errorf("line %d: redact.%s: %w", rule.Line, path, err)
			}
		}
		return nil
	}
	o = redact.Options{Default: redact.DefaultPolicy(), Sources: map[string]redact.Policy{}}
	if err := set(&o.Default, "default", c.Redact.Default); err != nil {
		return o, err
	}
	for name, rules := range c.Redact.Sources {
		p := o.Default
		if err := set(&p, "sources."+name, rules); err != nil {
			return o, err
		}
		o.Sources[name] = p
	}
	return o, nil
}

// CheckRedaction tells what is wrong with the redaction of a configuration.
func CheckRedaction(c *config.Config) error {
	_, err := redactPolicies(c)
	return err
}

// RedactionTest is a dry run of the redaction over lines.
type RedactionTest struct {
	Config *config.Config
	// Source is the source of records that name none, Format the name of their format.
	Source, Format string
	In             io.Reader
	// Tell is told of every find. An error ends the run.
	Tell func(RedactionFind) error
	// Reject is told of every line that is no record, with the reason.
	Reject func(line int, reason string) error
}

// RedactionFind is one thing that was found. It does not hold what that was.
type RedactionFind struct {
	Line                        int
	Source, Field, Kind, Action string
	From, To                    int
}

// RedactionCount is how often a kind was found and met with an action.
type RedactionCount struct {
	Kind, Action string
	Count        int
}

// RedactionSummary is the outcome of a dry run.
type RedactionSummary struct {
	Lines, Changed, Rejected int
	Counts                   []RedactionCount
}

// maxTestLine bounds one line of a dry run.
const maxTestLine = 1 << 20

// TestRedaction tells what would be taken out of each line. Nothing is recorded, and
// no key of a data folder is needed.
func TestRedaction(t RedactionTest) (sum RedactionSummary, err error) {
	r, err := openRedactor(t.Config, func() ([]byte, error) { return make([]byte, redact.KeyBytes), nil })
	if err != nil {
		return sum, err
	}
	known, err := newFormats(t.Config)
	if err != nil {
		return sum, err
	}
	format, ok := known.lookup(t.Format)
	if !ok {
		return sum, fmt.Errorf("format: there is no %q", t.Format)
	}
	hint := &normalize.Hint{Source: t.Source, Received: time.Now().UnixNano()}
	counts := map[RedactionCount]int{}
	lines := bufio.NewScanner(t.In)
	lines.Buffer(make([]byte, 64<<10), maxTestLine)
	for lines.Scan() {
		sum.Lines++
		raw := bytes.Clone(lines.Bytes())
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		events, err := format.Normalize(raw, hint, nil)
		if err != nil {
			sum.Rejected++
			if err := t.Reject(sum.Lines, r.Scrub(err.Error())); err != nil {
				return sum, err
			}
			continue
		}
		changed, err := t.explain(r, sum.Lines, events, counts)
		if err != nil {
			return sum, err
		}
		if changed {
			sum.Changed++
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return sum, fmt.Errorf("line %d: longer than %d bytes", sum.Lines+1, maxTestLine)
	} else if err != nil {
		return sum, err
	}
	for c, n := range counts {
		c.Count = n
		sum.Counts = append(sum.Counts, c)
	}
	slices.SortFunc(sum.Counts, func(a, b RedactionCount) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Action, b.Action))
	})
	return sum, nil
}

// explain redacts the events of a line and tells of each find.
func (t *RedactionTest) explain(r *redact.Redactor, line int, events []*event.Event, counts map[RedactionCount]int) (changed bool, err error) {
	for _, e := range events {
		source := r.Scrub(e.Source)
		for _, f := range r.Explain(e) {
			counts[RedactionCount{Kind: f.Kind.String(), Action: f.Action.String()}]++
			changed = changed || f.Action != redact.Keep
			err := t.Tell(RedactionFind{
				Line: line, Source: source, Field: f.Field, Kind: f.Kind.String(), Action: f.Action.String(), From: f.From, To: f.To,
			})
			if err != nil {
				return changed, err
			}
		}
	}
	return changed, nil
}
