// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

type witnessCommand struct {
	Serve witnessServeCommand `cmd:"" default:"withargs" help:"Run the witness; this is what the command does without another word."`
	Key   witnessKeyCommand   `cmd:"" help:"Print the key with which the witness's cosignatures are checked, nothing else. It is made when there is none."`
}

type witnessServeCommand struct {
	Data   string   `help:"The witness's folder." default:"./witness"`
	Listen string   `help:"HTTP address, host:port (default 127.0.0.1:8515)."`
	Name   string   `help:"What the witness is called in cosignatures, at the first start only (default: this host's name and a random part)."`
	Log    []string `help:"The public key of a log that is watched, as tocsin key public prints it. Repeat it for more logs, and for the old and new key of one." sep:"none" placeholder:"VKEY"`
	Config string   `help:"A YAML file with listen, name and logs." type:"existingfile"`
	Debug  bool     `help:"Log what matters only to developers."`
}

func (c *witnessServeCommand) Run(ctx context.Context, env *Env) error {
	conf := config.DefaultWitnessing()
	if c.Config != "" {
		var err error
		if conf, err = config.LoadWitnessing(c.Config, env.Lookup); err != nil {
			return fmt.Errorf("%s: %w", c.Config, err)
		}
	}
	if c.Listen != "" {
		conf.Listen = c.Listen
	}
	if c.Name != "" {
		conf.Name = c.Name
	}
	conf.Logs = append(conf.Logs, c.Log...)
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	return app.RunWitness(ctx, app.WitnessOptions{
		DataDir: c.Data, Config: conf, Version: env.Version, Stdout: env.Stdout, Logger: env.logger(level),
	})
}

type witnessKeyCommand struct {
	Data string `help:"The witness's folder." default:"./witness"`
	Name string `help:"What a new key is called in cosignatures."`
}

func (c *witnessKeyCommand) Run(env *Env) error {
	key, err := app.WitnessKey(app.WitnessOptions{DataDir: c.Data, Config: config.Witnessing{Name: c.Name}, Logger: env.logger(slog.LevelWarn)})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, key)
	return err
}
