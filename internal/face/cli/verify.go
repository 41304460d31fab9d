// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"time"
)

type verifyCommand struct {
	Data string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	JSON bool   `help:"Print the report as one JSON object."`

	Checkpoint []string  `help:"A checkpoint that was kept elsewhere, which the journal must continue; of a bundle, its log." sep:"none" placeholder:"FILE"`
	Since      string    `help:"A checkpoint that was kept when everything under it was verified: that is not checked again." placeholder:"FILE"`
	Receipt    []string  `help:"A receipt that must have been kept, or the answer that it came in." sep:"none" placeholder:"FILE"`
	Witness    []string  `help:"The public key of a witness that you trust, or a file with such keys." sep:"none" placeholder:"PUB"`
	Key        []string  `help:"The journal's public key, or a file with such keys. For a folder its own keys are used without." sep:"none" placeholder:"PUB"`
	Anchor     []string  `help:"A file of exported MAC roots (tocsin key anchor)." placeholder:"FILE" sep:"none"`
	From       time.Time `help:"Leave out sealed ranges whose events all happened before (RFC 3339)." placeholder:"TIME"`
	To         time.Time `help:"Leave out sealed ranges whose events all happened later (RFC 3339)." placeholder:"TIME"`
	Workers    int       `help:"How many files are checked at once (one a processor)."`

	Bundle string `arg:"" optional:"" help:"An evidence bundle to check instead of a data folder; - is the standard input."`
	Show   bool   `help:"Print the entries of the bundle that are proven."`

	Certificate string `help:"A certificate of erasure to check with --key, instead of a data folder; - is the standard input." placeholder:"FILE"`
}

// Run checks the whole journal, or a bundle. Exit code 3 says that it was tampered with, 1
// that it could not be checked.
func (c *verifyCommand) Run(ctx context.Context, env *Env) error {
	switch {
	case c.Certificate != "":
		return c.certificate(env)
	case c.Bundle != "":
		return c.bundle(env)
	case c.Show:
		return &exitError{ExitUsage, errors.New("verify: --show is for a bundle")}
	case c.Workers < 0 || c.Workers > 256:
		return &exitError{ExitUsage, errors.New("verify: --workers: want 1 to 256")}
	case !c.To.IsZero() && c.To.Before(c.From):
		return &exitError{ExitUsage, errors.New("verify: --to lies before --from")}
	}
	return c.folder(ctx, env)
}
