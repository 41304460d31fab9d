// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type tokenCommand struct {
	Create tokenCreateCommand `cmd:"" help:"Make an API token and print it, nothing else. It is shown once."`
}

type tokenCreateCommand struct {
	Name  string `required:"" help:"What the token is for."`
	Scope string `required:"" enum:"ingest,read,manage" help:"What it may do: ingest, read or manage."`
	Data  string `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
}

func (c *tokenCreateCommand) Run(ctx context.Context, env *Env) error {
	token, err := app.CreateToken(ctx, c.Data, c.Name, c.Scope, env.logger(0))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, token)
	return err
}
