// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type formatsCommand struct {
	List formatsListCommand `cmd:"" help:"List the formats, the configuration's among them."`
	Test formatsTestCommand `cmd:"" help:"Read lines as a server would, and print the events; nothing is recorded."`
}

type formatsListCommand struct {
	Config string `help:"Configuration file." type:"path" env:"TOCSIN_CONFIG"`
}

// Run prints a line a format: its name and what it reads.
func (c *formatsListCommand) Run(env *Env) error {
	conf, err := loadConfig(c.Config, env)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	all, err := app.Formats(&conf)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	for _, f := range all {
		if _, err := fmt.Fprintf(env.Stdout, "%-20s %s\n", f.Name, f.Summary); err != nil {
			return err
		}
	}
	return nil
}

type formatsTestCommand struct {
	Config string `help:"Configuration file with the formats." type:"path" env:"TOCSIN_CONFIG"`
	Format string `help:"The format to try." default:"auto"`
	Source string `help:"The source of events that do not name one."`
	Zone   string `name:"timezone" help:"Where times without a zone belong, such as Europe/Bucharest (default UTC)."`
	File   string `arg:"" help:"A file, or - for standard input."`
}

// Run prints each event as JSON, and on Stderr what was not understood, by its line,
// and the counts. Lines that are rejected, or are not of the format, make the exit
// code 1.
func (c *formatsTestCommand) Run(ctx context.Context, env *Env) error {
	conf, err := loadConfig(c.Config, env)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	in := env.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	return c.try(ctx, env, app.FormatTrial{Config: &conf, Format: c.Format, Source: c.Source, Zone: zone}, in)
}

func (c *formatsTestCommand) try(ctx context.Context, env *Env, trial app.FormatTrial, in io.Reader) error {
	lines, rejected, other := 0, 0, 0
	err := app.TryFormat(ctx, trial, in, func(line int, events []*event.Event, err error) error {
		lines++
		if err != nil {
			rejected++
			_, err = fmt.Fprintf(env.Stderr, "line %d: %v\n", line, err)
			return err
		}
		for _, e := range events {
			if notOf(e, c.Format) {
				other++
				if _, err := fmt.Fprintf(env.Stderr, "line %d: not of format %s, kept whole\n", line, c.Format); err != nil {
					return err
				}
			}
			if _, err := fmt.Fprintf(env.Stdout, "%s\n", e.AppendJSON(nil)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(env.Stderr, "%d lines: %d understood, %d kept whole, %d rejected\n", lines, lines-rejected-other, other, rejected); err != nil {
		return err
	}
	if rejected+other > 0 {
		return errFormat
	}
	return nil
}

// errFormat makes the exit code 1 after everything has been said.
var errFormat = errors.New("not all lines are of the format")

// notOf tells whether an event is marked as one that the format did not understand.
func notOf(e *event.Event, format string) bool {
	for _, m := range e.Marks {
		if m.Kind == event.MarkInvalid && m.Detail == "not "+format {
			return true
		}
	}
	return false
}
