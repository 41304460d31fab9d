// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"os"

	"github.com/tocsin-siem/tocsin/internal/face/bench"
)

type benchCommand struct {
	Ingest  benchIngestCommand  `cmd:"" help:"Send events over HTTP to a server of its own and count its CPU time."`
	Journal benchJournalCommand `cmd:"" help:"Write, seal, open, verify, prove and recover a journal of its own."`
	Search  benchSearchCommand  `cmd:"" help:"Ask questions of a journal of its own: cold, warm, and while events come in."`
}

type benchIngestCommand struct {
	Events  int    `help:"How many events." default:"300000"`
	Batch   int    `help:"Events per request." default:"500"`
	Clients int    `help:"Connections." default:"8"`
	Stages  bool   `help:"Show the share of each stage."`
	JSON    string `help:"Also write the report to this file." type:"path"`
	Profile string `help:"Keep the server's CPU profile in this file (same disk as --dir)." type:"path"`
	Dir     string `help:"Where the data folder is made." type:"existingdir"`
}

func (c *benchIngestCommand) Run(ctx context.Context, env *Env) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := bench.Ingest(ctx, bench.Options{
		Binary: binary, Version: env.Version, Dir: c.Dir, Events: c.Events, Batch: c.Batch, Clients: c.Clients, Profile: c.Profile, Log: env.Stderr,
	})
	if err != nil {
		return err
	}
	if err := keepReport(c.JSON, report); err != nil {
		return err
	}
	return report.Print(env.Stdout, c.Stages)
}

type benchJournalCommand struct {
	Events   int    `help:"How many events." default:"1000000"`
	Batch    int    `help:"Events per call." default:"100"`
	Clients  int    `help:"Callers at the same time." default:"32"`
	Recovery int64  `help:"MiB of write-ahead log to recover; 0 leaves that out." default:"1024"`
	JSON     string `help:"Also write the report to this file." type:"path"`
	Dir      string `help:"Where the folders are made." type:"existingdir"`
}

func (c *benchJournalCommand) Run(ctx context.Context, env *Env) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	report, err := bench.Journal(ctx, bench.JournalOptions{
		Binary: binary, Version: env.Version, Dir: c.Dir, Events: c.Events, Batch: c.Batch, Clients: c.Clients, RecoveryBytes: c.Recovery << 20,
	})
	if err != nil {
		return err
	}
	if err := keepReport(c.JSON, report); err != nil {
		return err
	}
	return report.Print(env.Stdout)
}

type benchSearchCommand struct {
	Events int    `help:"How many events, over seven days." default:"1000000"`
	Runs   int    `help:"How often each question is asked." default:"50"`
	Rate   int    `help:"Events a second that come in during the last round; 0 leaves it out." default:"20000"`
	JSON   string `help:"Also write the report to this file." type:"path"`
	Dir    string `help:"Where the folder is made." type:"existingdir"`
}

func (c *benchSearchCommand) Run(ctx context.Context, env *Env) error {
	report, err := bench.Search(ctx, bench.SearchOptions{Version: env.Version, Dir: c.Dir, Events: c.Events, Runs: c.Runs, Rate: c.Rate})
	if err != nil {
		return err
	}
	if err := keepReport(c.JSON, report); err != nil {
		return err
	}
	return report.Print(env.Stdout)
}

// keepReport writes a report to a file; "" writes none.
func keepReport(path string, report any) error {
	if path == "" {
		return nil
	}
	b, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o600)
}
