// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

var (
	errTampered = errors.New("the journal is not as it was recorded")
	errForked   = errors.New("the journal does not continue what is known of it")
)

// folder checks a data folder, beside a running server or without one.
func (c *verifyCommand) folder(ctx context.Context, env *Env) error {
	o, err := c.folderOptions(env)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	report, err := app.Verify(ctx, c.Data, o)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if c.JSON {
		err = json.NewEncoder(env.Stdout).Encode(report)
	} else {
		err = printReport(env.Stdout, &report, c)
	}
	switch {
	case err != nil:
		return err
	case report.OK():
		return nil
	case report.Tampered == 0 && report.Status == journal.Diverged:
		return &exitError{ExitInvalid, errForked}
	default:
		return &exitError{ExitInvalid, errTampered}
	}
}

// folderOptions reads the files that the flags name.
func (c *verifyCommand) folderOptions(env *Env) (o app.VerifyOptions, err error) {
	o = app.VerifyOptions{Options: env.offline(c.Anchor), From: c.From, To: c.To, Workers: c.Workers}
	if o.Trusted, err = publicKeys(c.Key); err != nil {
		return o, err
	}
	if o.Witnesses, err = publicKeys(c.Witness); err != nil {
		return o, err
	}
	for _, name := range c.Checkpoint {
		raw, err := readBounded(name, proof.MaxNoteBytes)
		if err != nil {
			return o, err
		}
		o.Checkpoints = append(o.Checkpoints, raw)
	}
	if c.Since != "" {
		if o.Since, err = readBounded(c.Since, proof.MaxNoteBytes); err != nil {
			return o, err
		}
	}
	for _, name := range c.Receipt {
		r, err := readReceipt(name)
		if err != nil {
			return o, err
		}
		o.Receipts = append(o.Receipts, r)
	}
	return o, nil
}
