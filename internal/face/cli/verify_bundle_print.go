// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// showEntry writes one entry in a line.
func showEntry(w io.Writer, e *event.Event, slots [event.Slots]proof.SlotState, asJSON bool) error {
	if asJSON {
		_, err := fmt.Fprintf(w, `{"entry":%s,"slots":["%s","%s"]}`+"\n", e.AppendJSON(nil), slots[0], slots[1])
		return err
	}
	var hidden strings.Builder
	for i, s := range slots {
		if s != proof.SlotOpen {
			fmt.Fprintf(&hidden, ", slot %d %s", i, s)
		}
	}
	_, err := fmt.Fprintf(w, "stream %s, entry %d%s: %s\n", e.Place.Stream, e.Place.Seq, hidden.String(), e.AppendJSON(nil))
	return err
}

// printBundle writes the report for people, the verdict first.
func printBundle(w io.Writer, r *proof.BundleReport, receipts []string) error {
	ew := &errWriter{w: w}
	ew.printf("%s  %d entries of %s\n", r.Status, r.Entries, r.Origin)
	if r.Size > 0 || len(r.Signers) > 0 {
		ew.printf("  checkpoint of %d headers, root %s, signed by %s\n", r.Size, r.Root, strings.Join(r.Signers, ", "))
	}
	for _, x := range r.Witnesses {
		ew.printf("  seen by witness %s at %s\n", x.Name, x.Time.Format(time.RFC3339))
	}
	if r.Older != "" {
		ew.printf("  continues the older checkpoint: %s\n", r.Older)
	}
	ew.printf("  who made it says: %s%s\n", r.Created.Format(time.RFC3339), asked(r))
	if r.Why != "" {
		ew.printf("  complete: %s: %s\n", r.Complete, r.Why)
	} else {
		ew.printf("  complete: %s\n", r.Complete)
	}
	for _, c := range r.Claims {
		word := "every entry accounted for"
		if !c.Proven {
			word = "entries are missing"
		}
		ew.printf("    %s%s\n", prefix(place(c.Stream, c.First, c.Last)), word)
	}
	ew.printf("  %d open, %d withheld and %d erased in part, %d lost; %d ranges pruned\n", r.Open, r.Withheld, r.Erased, r.Lost, r.Pruned)
	for _, f := range slices.Concat(r.Failures, r.Notices) {
		ew.printf("%s  %s%s\n", f.Verdict, prefix(place(f.Stream, f.First, f.Last)), f.Why)
	}
	if r.Omitted > 0 {
		ew.printf("and %d more\n", r.Omitted)
	}
	for _, f := range r.Receipts {
		ew.printf("receipt %s: %s  %s%s\n", receipts[f.Receipt], f.Verdict, prefix(place(f.Stream, f.First, f.Last)), f.Why)
	}
	return ew.err
}

// asked is what a bundle's head says that was asked for.
func asked(r *proof.BundleReport) string {
	var s string
	if r.Query != "" {
		s += fmt.Sprintf(", query %q", r.Query)
	}
	if !r.From.IsZero() {
		s += ", from " + r.From.Format(time.RFC3339)
	}
	if !r.To.IsZero() {
		s += ", to " + r.To.Format(time.RFC3339)
	}
	return s
}

// place names entries, "" when there is no stream.
func place(stream string, first, last uint64) string {
	switch {
	case stream == "":
		return ""
	case first == last:
		return fmt.Sprintf("stream %s, entry %d", stream, first)
	default:
		return fmt.Sprintf("stream %s, entries %d to %d", stream, first, last)
	}
}

func prefix(s string) string {
	if s == "" {
		return ""
	}
	return s + ": "
}
