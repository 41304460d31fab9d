// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

type configCommand struct {
	Check configCheckCommand `cmd:"" help:"Read a configuration file and say what is wrong with it."`
}

type configCheckCommand struct {
	File string `arg:"" help:"The file."`
}

func (c *configCheckCommand) Run(env *Env) error {
	conf, err := loadConfig(c.File, env)
	if err == nil {
		err = errors.Join(app.CheckFormats(&conf), app.CheckInputs(&conf), app.CheckWitnesses(&conf), app.CheckRedaction(&conf))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: ok\n", c.File)
	return err
}

// loadConfig reads the file, or the defaults when there is none.
func loadConfig(path string, env *Env) (config.Config, error) {
	if path == "" {
		return config.Default(), nil
	}
	return config.LoadFile(path, env.getenv("TOCSIN_ENV"), env.Lookup)
}
