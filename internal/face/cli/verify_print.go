// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// printReport writes the report for people: the verdict, what it rests on, what is
// gone by order, what is known to be missing, and then what is wrong.
func printReport(w io.Writer, r *app.Verification, c *verifyCommand) error {
	ew := &errWriter{w: w}
	ew.printf("%s  %d of %d entries verified, %d tampered, macs: %s\n", r.Status, r.Verified, r.Total, r.Tampered, r.MACs)
	printAnchors(ew, r, c)
	if r.Erased > 0 || r.Pruned > 0 {
		ew.printf("  gone by order: %d entries erased in part, %d dropped by retention\n", r.Erased, r.Pruned)
	}
	printCompleteness(ew, &r.Completeness)
	for _, s := range r.Streams {
		ew.printf("  stream %-8s up to %d, %d segments, %d not sealed yet\n", s.Stream, s.Last, s.Segments, s.Unsealed)
	}
	printArchives(ew, r.Archives)
	for _, g := range r.Diverged {
		if g.Last == 0 {
			ew.printf("%s  stream %s, from entry %d on: somebody knows more than what is here, or something else\n", journal.Diverged, g.Stream, g.First)
			continue
		}
		ew.printf("%s  %s: these, or some of them, are not those that somebody knows\n", journal.Diverged, place(g.Stream, g.First, g.Last))
	}
	for _, e := range r.Entries {
		ew.printf("%s  %s\n", e.Verdict, place(e.Stream, e.Seq, max(e.Seq, e.LastSeq)))
	}
	for i := range r.Archives {
		for _, e := range r.Archives[i].Entries {
			ew.printf("%s  archive %d, %s\n", e.Verdict, r.Archives[i].Archive, place(e.Stream, e.Seq, max(e.Seq, e.LastSeq)))
		}
	}
	if r.Omitted > 0 {
		ew.printf("and %d more\n", r.Omitted)
	}
	for i, f := range r.Receipts {
		ew.printf("receipt %s: %s", c.Receipt[i], f.Status)
		if f.Why != "" {
			ew.printf("  %s", f.Why)
		}
		ew.printf("\n")
	}
	for _, f := range r.Files {
		ew.printf("damaged file %s: %s\n", f.File, f.Damage)
	}
	for _, k := range r.Keys {
		ew.printf("key file %s: %s\n", k.File, k.Damage)
	}
	return ew.err
}

// printArchives says what the journal stands on.
func printArchives(ew *errWriter, list []journal.ArchiveReport) {
	for i := range list {
		a := &list[i]
		ew.printf("  archive %d, %s: %d of %d entries verified, %d tampered, macs: %s\n", a.Archive, a.Origin, a.Verified, a.Total, a.Tampered, a.MACs)
		for _, c := range a.Anchors {
			ew.printf("    continues the checkpoint of %d headers that was given\n", c.Headers)
		}
		for _, w := range a.Witnesses {
			ew.printf("    witness %s has confirmed it up to %d headers at %s\n", w.Witness, w.Headers, w.Time.Format(time.RFC3339))
		}
	}
}

// printAnchors says who, outside this machine, has confirmed the journal.
func printAnchors(ew *errWriter, r *app.Verification, c *verifyCommand) {
	if r.Status == journal.Unanchored {
		ew.printf("  what is here holds together; nobody outside this machine has confirmed that it is the whole\n")
	}
	if r.Checkpoint != nil {
		ew.printf("  checkpoint of %d headers, root %s\n", r.Checkpoint.Headers, r.Checkpoint.Root)
	}
	for _, a := range r.Anchors {
		ew.printf("  continues the checkpoint of %d headers that was given\n", a.Headers)
	}
	for _, a := range r.Unsigned {
		ew.printf("  continues the checkpoint of %d headers that was given, whose signature no key here can check\n", a.Headers)
	}
	for _, a := range r.Witnesses {
		ew.printf("  witness %s has confirmed it up to %d headers at %s\n", a.Witness, a.Headers, a.Time.Format(time.RFC3339))
	}
	if len(c.Witness) > 0 && len(r.Witnesses) == 0 {
		ew.printf("  none of the witnesses given has confirmed it\n")
	}
}

// printCompleteness says what the journal itself knows to be missing.
func printCompleteness(ew *errWriter, c *journal.Completeness) {
	var known []string
	for _, g := range []struct {
		n    uint64
		what string
	}{
		{uint64(max(c.Gone, 0)), "entries gone"},
		{c.Ahead, "sealed ranges known that are not here"},
		{uint64(max(c.Lost, 0)), "entries lost before they were sealed"},
		{c.Dropped, "events refused"},
		{uint64(max(c.Late, 0)), "sealed ranges with events that came a day late or later"},
		{uint64(len(c.Silences) + c.Omitted), "times without a sign of life"}, //nolint:gosec // not negative
	} {
		if g.n > 0 {
			known = append(known, fmt.Sprintf("%d %s", g.n, g.what))
		}
	}
	ew.printf("  completeness: %s", c.Status)
	if len(known) > 0 {
		ew.printf(" (%s)", strings.Join(known, ", "))
	}
	ew.printf("\n")
	for _, s := range c.Silences {
		ew.printf("    silent from %s to %s\n", s.From.Format(time.RFC3339), s.To.Format(time.RFC3339))
	}
}
