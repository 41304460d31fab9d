// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: one file per command, each a struct whose
// fields are its flags and whose Run does the work through app or over HTTP.
//
//	main → cli.Run(ctx, Env) → parse → command → exit code
//
// Commands write what a script reads to Stdout and everything else to Stderr;
// both are text that does nothing to a terminal (inertWriter).
// Exit codes are fixed by the contract: 0 done, 1 could not, 2 wrong usage, 3
// the journal or bundle is INVALID or DIVERGED.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/alecthomas/kong"
)

// The exit codes.
const (
	ExitOK      = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitInvalid = 3
)

// Env is everything that a command may touch besides its flags.
type Env struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Lookup reads the environment, as os.LookupEnv does.
	Lookup func(string) (string, bool)
	// Version is the build's version.
	Version string

	bare io.Writer // Stdout without inertWriter, for text that is inert already
}

// getenv returns a variable's value, "" when it is not set.
func (e *Env) getenv(name string) string {
	if v, ok := e.Lookup(name); ok {
		return v
	}
	return ""
}

// logger returns the logger for people who run the command.
func (e *Env) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(e.Stderr, &slog.HandlerOptions{Level: level}))
}

// commands is the whole command line.
type commands struct {
	Serve   serveCommand   `cmd:"" help:"Run Tocsin: inputs, detections, API and web page."`
	Ingest  ingestCommand  `cmd:"" help:"Send the lines of files to a running Tocsin."`
	Search  searchCommand  `cmd:"" help:"Find events."`
	Verify  verifyCommand  `cmd:"" help:"Check the journal of a data folder, or an evidence bundle."`
	Backup  backupCommand  `cmd:"" help:"Write a data folder to one file, beside a running server or without one, and check it."`
	Export  exportCommand  `cmd:"" help:"Write events to a file: an evidence bundle, which others check without a server, or Apache Parquet."`
	Restore restoreCommand `cmd:"" help:"Make a data folder of a backup."`
	Erase   eraseCommand   `cmd:"" help:"Erase one person from everything that was recorded."`
	Hold    holdCommand    `cmd:"" help:"Legal holds: what must be neither dropped nor erased."`
	Retain  retainCommand  `cmd:"" help:"Drop what is over its time, now."`
	Key     keyCommand     `cmd:"" help:"The keys of a data folder."`
	Token   tokenCommand   `cmd:"" help:"API tokens."`
	Witness witnessCommand `cmd:"" help:"Co-sign the checkpoints of another Tocsin, and refuse a fork or a roll-back."`
	Config  configCommand  `cmd:"" help:"The configuration file."`
	Formats formatsCommand `cmd:"" help:"The formats of records, and a trial of them."`
	Rules   rulesCommand   `cmd:"" help:"Detection rules."`
	Redact  redactCommand  `cmd:"" help:"Secrets and personal data in what comes in."`
	Bench   benchCommand   `cmd:"" help:"Measure this machine with real work."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Checkpoint checkpointCommand `cmd:"" help:"Fetch the newest signed checkpoint of a journal, to be kept elsewhere."`
}

// exitError carries an exit code that is not ExitFailed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// Run parses the arguments and runs the command that they name. It returns the
// exit code and has said on Stderr what went wrong.
func Run(ctx context.Context, env Env) int {
	env.bare = env.Stdout
	env.Stdout, env.Stderr = inertWriter{env.Stdout}, inertWriter{env.Stderr}
	var cmds commands
	help := false
	parser, err := kong.New(&cmds,
		kong.Name("tocsin"),
		kong.Description("A self-hosted SIEM in one binary."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(int) { help = true }),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&env),
	)
	if err != nil {
		return env.fail(err)
	}
	parsed, err := parser.Parse(env.Args)
	if help {
		return ExitOK
	}
	if err != nil {
		return env.fail(&exitError{ExitUsage, err})
	}
	return env.fail(parsed.Run())
}

// fail says an error and returns its exit code; nil is ExitOK.
func (e *Env) fail(err error) int {
	if err == nil {
		return ExitOK
	}
	_, _ = fmt.Fprintln(e.Stderr, "tocsin:", err)
	if exit, ok := errors.AsType[*exitError](err); ok {
		return exit.code
	}
	return ExitFailed
}
