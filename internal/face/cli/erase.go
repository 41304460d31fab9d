// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
)

type eraseCommand struct {
	target
	User        string `help:"The one name by which events know the person; - reads it from the standard input, so that it is in no history of commands." xor:"what" placeholder:"NAME"`
	Reason      string `help:"Why, such as a case number. It is kept, and must not name the person."`
	Approve     string `help:"Let the order of this id run." xor:"what" placeholder:"ID"`
	Cancel      string `help:"End the order of this id, if it has not begun or cannot get on." xor:"what" placeholder:"ID"`
	Certificate string `help:"Print the certificate of this order." xor:"what" placeholder:"ID"`
	List        bool   `help:"List the orders, the newest first." xor:"what"`
	JSON        bool   `help:"With --list: one JSON object a line."`
}

// Run orders an erasure and waits for its end, or does what the other flags say. It
// prints the certificate on Stdout and the rest on Stderr.
func (c *eraseCommand) Run(ctx context.Context, env *Env) error {
	subject := c.User
	if subject == "-" {
		line, err := bufio.NewReader(io.LimitReader(env.Stdin, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("erase: %w", err)
		}
		subject = strings.TrimSpace(line)
	}
	if subject == "" && c.Approve == "" && c.Cancel == "" && c.Certificate == "" && !c.List {
		return &exitError{ExitUsage, errors.New("erase: who? --user NAME")}
	}
	err := c.keep(ctx, env, func(ctx context.Context, k keeper) error {
		switch {
		case c.List:
			all, err := k.Erasures(ctx)
			if err != nil {
				return err
			}
			return c.print(env.Stdout, all)
		case c.Cancel != "":
			o, err := k.Cancel(ctx, c.Cancel)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Stderr, "erasure %s is %s\n", o.ID, o.Status)
			return err
		case c.Certificate != "":
			o, err := k.Erasure(ctx, c.Certificate)
			if err == nil && o.Certificate == "" {
				err = fmt.Errorf("erasure %s is %s and has no certificate", o.ID, o.Status)
			}
			if err != nil {
				return err
			}
			_, err = io.WriteString(env.Stdout, o.Certificate)
			return err
		case c.Approve != "":
			o, err := k.Approve(ctx, c.Approve)
			return report(env, o, err)
		default:
			o, err := k.Erase(ctx, subject, c.Reason)
			return report(env, o, err)
		}
	})
	if err != nil {
		return fmt.Errorf("erase: %w", err)
	}
	return nil
}

// report tells how an order ended.
func report(env *Env, o erasure.Order, err error) error {
	ew := &errWriter{w: env.Stderr}
	switch {
	case err != nil:
		return err
	case o.Status == erasure.Pending:
		ew.printf("erasure %s waits until somebody else approves it: tocsin erase --approve %s\n", o.ID, o.ID)
		return ew.err
	case o.Status != erasure.Done:
		return fmt.Errorf("erasure %s is %s", o.ID, o.Status)
	}
	ew.printf("erasure %s is done: %d entries lost %d parts, in %d files", o.ID, o.Entries, o.Slots, o.Files)
	for _, name := range slices.Sorted(maps.Keys(o.Derived)) {
		ew.printf("; %s: %d", name, o.Derived[name])
	}
	ew.printf("\nbackups, exports and what sinks have got still hold the person\n")
	if ew.err != nil {
		return ew.err
	}
	_, err = io.WriteString(env.Stdout, o.Certificate)
	return err
}

// print lists orders.
func (c *eraseCommand) print(w io.Writer, all []erasure.Order) error {
	if c.JSON {
		out := json.NewEncoder(w)
		for i := range all {
			if err := out.Encode(&all[i]); err != nil {
				return err
			}
		}
		return nil
	}
	ew := &errWriter{w: w}
	for i := range all {
		o := &all[i]
		ew.printf("%s  %-9s  %s  by %s", o.ID, o.Status, o.RequestedAt.Format(time.RFC3339), o.RequestedBy)
		switch {
		case o.Status == erasure.Pending:
			ew.printf("  %s", o.Subject)
		case o.Status == erasure.Done:
			ew.printf("  %d entries", o.Entries)
		case o.Hold != "":
			ew.printf("  hold %s", o.Hold)
		case o.Error != "":
			ew.printf("  %s", o.Error)
		}
		ew.printf("\n")
	}
	return ew.err
}
