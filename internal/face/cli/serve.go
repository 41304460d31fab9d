// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"runtime/pprof"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/app"
)

// memoryLimit is where the garbage collector begins to work harder, in bytes. What
// Tocsin holds at a time is bounded well below it; GOMEMLIMIT sets another one.
const memoryLimit = 768 << 20

type serveCommand struct {
	Config    string `help:"The configuration file." type:"existingfile" env:"TOCSIN_CONFIG"`
	Data      string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	Listen    string `help:"HTTP address, host:port (default 127.0.0.1:8514)." env:"TOCSIN_LISTEN"`
	Syslog    string `help:"Syslog address for UDP and TCP, empty for none." default:"127.0.0.1:5514" env:"TOCSIN_SYSLOG"`
	Demo      bool   `help:"Replay a few minutes of realistic traffic with attacks inside." xor:"demo"`
	DemoQuiet bool   `help:"The same traffic without the attacks." xor:"demo"`
	Profile   string `name:"cpu-profile" hidden:"" help:"Write a CPU profile of the whole run to this file."`
	Debug     bool   `help:"Log what matters only to developers." env:"TOCSIN_DEBUG"`
}

func (c *serveCommand) Run(ctx context.Context, env *Env) error {
	conf, err := loadConfig(c.Config, env)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Config, err)
	}
	if c.Listen != "" {
		conf.Server.Listen = c.Listen
	}
	level := slog.LevelInfo
	if c.Debug {
		level = slog.LevelDebug
	}
	demo := app.DemoOff
	switch {
	case c.Demo:
		demo = app.DemoAttack
	case c.DemoQuiet:
		demo = app.DemoQuiet
	}
	if env.getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	stop, err := profile(c.Profile)
	if err != nil {
		return err
	}
	err = app.Run(ctx, app.Options{
		Config:         conf,
		DataDir:        c.Data,
		Syslog:         c.Syslog,
		Demo:           demo,
		AdminPassword:  secret.New(env.getenv("TOCSIN_ADMIN_PASSWORD")),
		SigningSecret:  secret.New(env.getenv("LOG_SIGNATURE_SECRET")),
		PreviousSecret: secret.New(env.getenv("LOG_SIGNATURE_SECRET_PREVIOUS")),
		Version:        env.Version,
		Stdin:          env.Stdin,
		Stdout:         env.Stdout,
		Logger:         env.logger(level),
	})
	return errors.Join(err, stop())
}

// profile measures where the CPU time goes until stop is called; "" does nothing.
func profile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}
