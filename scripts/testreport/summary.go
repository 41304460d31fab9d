// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"
)

// tally counts outcomes.
type tally struct{ passed, failed, skipped int }

func count(outcomes []outcome) tally {
	var n tally
	for _, o := range outcomes {
		switch o.Status {
		case passed:
			n.passed++
		case skipped:
			n.skipped++
		default:
			n.failed++
		}
	}
	return n
}

// parseAllowed reads the list of tests that may be skipped: one a line, its name as
// the summary prints it, then " # " and the reason. Empty lines and lines that
// begin with # are comments.
func parseAllowed(text string) (map[string]string, error) {
	allowed := map[string]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, ok := strings.Cut(line, " # ")
		if !ok || strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("line %d: %q gives no reason after \" # \"", n, line)
		}
		allowed[strings.TrimSpace(name)] = strings.TrimSpace(reason)
	}
	return allowed, nil
}

// mustRun tells tests that no list can excuse: those against the real rsyslog,
// Python and browser, which every full run installs.
func mustRun(o outcome) bool {
	return regexp.MustCompile(`(?i)rsyslog|python|chromium`).MatchString(o.name() + " " + o.Reason)
}

// summarize prints failures, skips and the closing line, and reports whether the
// whole is well.
func summarize(out io.Writer, outcomes []outcome, allowed map[string]string, strict bool) bool {
	n := count(outcomes)
	refused := 0
	for _, o := range outcomes {
		if o.Status == failed {
			fmt.Fprintln(out, "failed:", o.name())
		}
	}
	for _, o := range outcomes {
		if o.Status != skipped {
			continue
		}
		_, listed := allowed[o.name()]
		note := ""
		if strict && (!listed || mustRun(o)) {
			refused++
			note = "   << may not be skipped"
		}
		fmt.Fprintf(out, "skipped: %s: %s%s\n", o.name(), o.Reason, note)
	}
	if refused > 0 {
		fmt.Fprintf(out, "%d skipped without permission (test/skips.allowed)\n", refused)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", n.passed, n.failed, n.skipped)
	return n.failed == 0 && refused == 0 && n.passed > 0
}
