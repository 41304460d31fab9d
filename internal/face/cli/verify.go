// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

type verifyCommand struct {
	Data string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	JSON bool   `help:"Print the report as one JSON object."`

	Anchor []string `help:"A file of exported MAC roots (tocsin key anchor); may be given more than once." placeholder:"FILE" sep:"none"`

	Bundle     string   `arg:"" optional:"" help:"An evidence bundle to check instead of a data folder; - is the standard input."`
	Key        []string `help:"The journal's public key, or a file with such keys, to check a bundle with." sep:"none" placeholder:"PUB"`
	Show       bool     `help:"Print the entries of the bundle that are proven."`
	Receipt    []string `help:"A receipt that the bundle must keep." sep:"none" placeholder:"FILE"`
	Checkpoint string   `help:"An older checkpoint that the bundle's log must continue." placeholder:"FILE"`
	Witness    []string `help:"The public key of a witness, or a file with such keys." sep:"none" placeholder:"PUB"`
}

var errTampered = errors.New("the journal is not as it was recorded")

// Run checks the whole journal, or a bundle. Exit code 3 says that it was tampered with, 1
// that it could not be checked.
func (c *verifyCommand) Run(ctx context.Context, env *Env) error {
	switch {
	case c.Bundle != "":
		return c.bundle(env)
	case len(c.Key)+len(c.Receipt)+len(c.Witness) > 0 || c.Show || c.Checkpoint != "":
		return &exitError{ExitUsage, errors.New("verify: --key, --show, --receipt, --checkpoint and --witness are for a bundle")}
	}
	report, err := app.Verify(ctx, c.Data, env.offline(c.Anchor))
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if c.JSON {
		err = json.NewEncoder(env.Stdout).Encode(report)
	} else {
		err = printReport(env.Stdout, &report)
	}
	if err == nil && !report.OK() {
		err = &exitError{ExitInvalid, errTampered}
	}
	return err
}

// printReport writes the report for people, the verdict first.
func printReport(w io.Writer, r *app.Verification) error {
	ew := &errWriter{w: w}
	ew.printf("%s  %d of %d entries verified, %d tampered, macs: %s\n", r.Status, r.Verified, r.Total, r.Tampered, r.MACs)
	if r.Status == journal.Unanchored {
		ew.printf("  what is here holds together; nobody outside this machine has confirmed that it is the whole\n")
	}
	for _, s := range r.Streams {
		ew.printf("  stream %-8s up to %d, %d segments, %d not sealed yet\n", s.Stream, s.Last, s.Segments, s.Unsealed)
	}
	for _, e := range r.Entries {
		if e.LastSeq > e.Seq {
			ew.printf("%s  stream %s, entries %d to %d\n", e.Verdict, e.Stream, e.Seq, e.LastSeq)
		} else {
			ew.printf("%s  stream %s, entry %d\n", e.Verdict, e.Stream, e.Seq)
		}
	}
	if r.Omitted > 0 {
		ew.printf("and %d more\n", r.Omitted)
	}
	for _, f := range r.Files {
		ew.printf("damaged file %s: %s\n", f.File, f.Damage)
	}
	for _, k := range r.Keys {
		ew.printf("key file %s: %s\n", k.File, k.Damage)
	}
	return ew.err
}

// errWriter remembers the first error of a number of writes.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) printf(format string, args ...any) {
	if e.err == nil {
		_, e.err = fmt.Fprintf(e.w, format, args...)
	}
}
