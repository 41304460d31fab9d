// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// maxKeyFileBytes and maxReceiptFileBytes bound what is read of the files that
// --key, --checkpoint and --receipt name.
const (
	maxKeyFileBytes     = 1 << 20
	maxReceiptFileBytes = 16 << 20
)

var (
	errBundle    = errors.New("the bundle is not what the journal sealed")
	errPromise   = errors.New("the journal has not kept its receipt")
	errUnchecked = errors.New("a receipt could not be checked with this bundle")
)

// bundle checks an evidence bundle with public keys alone: no data folder, no
// network. Exit code 3 says that it does not prove what it holds, or that it
// convicts the journal of a broken promise; 1 that something could not be checked.
func (c *verifyCommand) bundle(env *Env) error {
	switch {
	case len(c.Key) == 0:
		return &exitError{ExitUsage, errors.New("verify BUNDLE needs --key, the journal's public key")}
	case len(c.Checkpoint) > 1:
		return &exitError{ExitUsage, errors.New("verify BUNDLE compares with one --checkpoint")}
	case len(c.Anchor) > 0 || c.Since != "" || !c.From.IsZero() || !c.To.IsZero() || c.Workers != 0:
		return &exitError{ExitUsage, errors.New("verify: --anchor, --since, --from, --to and --workers are for a data folder")}
	}
	trusted, o, err := c.bundleOptions()
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if c.Show {
		o.Show = func(e *event.Event, slots [event.Slots]proof.SlotState) error {
			return showEntry(env.Stdout, e, slots, c.JSON)
		}
	}
	in := env.Stdin
	if c.Bundle != "-" {
		f, err := os.Open(c.Bundle)
		if err != nil {
			return fmt.Errorf("verify: %w", err)
		}
		defer f.Close()
		in = f
	}
	report, err := proof.CheckBundle(in, trusted, o)
	if err != nil {
		return fmt.Errorf("verify %s: %w", c.Bundle, err)
	}
	if c.JSON {
		err = json.NewEncoder(env.Stdout).Encode(report)
	} else {
		err = printBundle(env.Stdout, &report, c.Receipt)
	}
	if err != nil {
		return err
	}
	return judge(&report)
}

// judge is the exit code of a report.
func judge(r *proof.BundleReport) error {
	if !r.OK() {
		return &exitError{ExitInvalid, errBundle}
	}
	unchecked := false
	for _, f := range r.Receipts {
		switch f.Verdict {
		case proof.ReceiptBroken:
			return &exitError{ExitInvalid, errPromise}
		case proof.ReceiptNotCovered, proof.ReceiptUnproven:
			unchecked = true
		}
	}
	if unchecked {
		return errUnchecked
	}
	return nil
}

// bundleOptions reads the files that the flags name.
func (c *verifyCommand) bundleOptions() (trusted []string, o proof.BundleOptions, err error) {
	if trusted, err = publicKeys(c.Key); err != nil {
		return nil, o, err
	}
	witnesses, err := publicKeys(c.Witness)
	if err != nil {
		return nil, o, err
	}
	for _, key := range witnesses {
		v, err := proof.NewVerifier(key)
		if err != nil {
			return nil, o, err
		}
		o.Witnesses = append(o.Witnesses, v)
	}
	if len(c.Checkpoint) > 0 {
		if o.Older, err = readCheckpoint(c.Checkpoint[0], trusted); err != nil {
			return nil, o, err
		}
	}
	for _, name := range c.Receipt {
		r, err := readReceipt(name)
		if err != nil {
			return nil, o, err
		}
		o.Receipts = append(o.Receipts, r)
	}
	return trusted, o, nil
}

// publicKeys takes each value as a key itself, or as a file with one on each line;
// empty lines and those that begin with # are none.
func publicKeys(values []string) (keys []string, err error) {
	for _, value := range values {
		if _, err := proof.NewVerifier(value); err == nil {
			keys = append(keys, value)
			continue
		}
		raw, err := readBounded(value, maxKeyFileBytes)
		if err != nil {
			return nil, fmt.Errorf("%.100q is no public key, and no file with one: %w", value, err)
		}
		before := len(keys)
		for line := range strings.Lines(string(raw)) {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			if _, err := proof.NewVerifier(line); err != nil {
				return nil, fmt.Errorf("%s: %w", value, err)
			}
			keys = append(keys, line)
		}
		if len(keys) == before {
			return nil, fmt.Errorf("%s: no public key in it", value)
		}
	}
	return keys, nil
}

// readCheckpoint reads a checkpoint that one of the keys signed.
func readCheckpoint(name string, trusted []string) (*proof.Checkpoint, error) {
	raw, err := readBounded(name, proof.MaxNoteBytes)
	if err != nil {
		return nil, err
	}
	var known []note.Verifier
	for _, key := range trusted {
		v, err := proof.NewVerifier(key)
		if err != nil {
			return nil, err
		}
		known = append(known, v)
	}
	c, _, err := proof.OpenCheckpoint(raw, note.VerifierList(known...))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &c, nil
}

// readReceipt reads a receipt, or the whole answer that it came in.
func readReceipt(name string) (proof.Receipt, error) {
	raw, err := readBounded(name, maxReceiptFileBytes)
	if err != nil {
		return proof.Receipt{}, err
	}
	var answer struct {
		Receipt json.RawMessage `json:"receipt"`
	}
	if err := json.Unmarshal(raw, &answer); err == nil && answer.Receipt != nil {
		raw = answer.Receipt
	}
	r, err := proof.ParseReceipt(raw)
	if err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	return r, nil
}

func readBounded(name string, limit int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes", name, limit)
	}
	return raw, nil
}
