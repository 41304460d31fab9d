// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"os"

	"github.com/tocsin-siem/tocsin/internal/face/bench"
)

type benchCommand struct {
	Ingest benchIngestCommand `cmd:"" help:"Send events over HTTP to a server of its own and count its CPU time."`
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
	if c.JSON != "" {
		b, err := json.MarshalIndent(report, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.JSON, append(b, '\n'), 0o600); err != nil {
			return err
		}
	}
	return report.Print(env.Stdout, c.Stages)
}
