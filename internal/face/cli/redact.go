// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"os"

	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type redactCommand struct {
	Test redactTestCommand `cmd:"" help:"Tell what would be taken out of the lines of a file before they are recorded. Nothing is sent or recorded, and no secret is printed."`
}

type redactTestCommand struct {
	Config string `help:"The configuration file with the section redact." type:"existingfile" env:"TOCSIN_CONFIG"`
	Source string `help:"The source of lines that do not name one; its policy counts."`
	Format string `help:"The lines' format, as for ingest." default:"auto"`
	File   string `arg:"" help:"The file, or - for standard input."`
}

// Run prints a line for each find: line number, field, from-to in bytes, kind and
// action. What is kept is in the summary alone.
func (c *redactTestCommand) Run(env *Env) error {
	conf, err := loadConfig(c.Config, env)
	if err == nil {
		err = app.CheckRedaction(&conf)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
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
	sum, err := app.TestRedaction(app.RedactionTest{
		Config: &conf, Source: c.Source, Format: c.Format, In: in,
		Tell: func(f app.RedactionFind) error {
			if f.Action == "keep" {
				return nil
			}
			_, err := fmt.Fprintf(env.Stdout, "%s:%d: %s %d-%d: %s, %s\n", c.File, f.Line, f.Field, f.From, f.To, f.Kind, f.Action)
			return err
		},
		Reject: func(line int, reason string) error {
			_, err := fmt.Fprintf(env.Stderr, "%s:%d: would be refused: %s\n", c.File, line, reason)
			return err
		},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	if _, err := fmt.Fprintf(env.Stdout, "%d lines, %d changed, %d refused\n", sum.Lines, sum.Changed, sum.Rejected); err != nil {
		return err
	}
	for _, n := range sum.Counts {
		if _, err := fmt.Fprintf(env.Stdout, "  %-14s %-5s %d\n", n.Kind, n.Action, n.Count); err != nil {
			return err
		}
	}
	return nil
}
