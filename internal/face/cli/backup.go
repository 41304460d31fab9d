// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type backupCommand struct {
	Data        string   `help:"The data folder." default:"./data" env:"TOCSIN_DATA"`
	Output      string   `short:"o" required:"" help:"The file to write, which must not be there." placeholder:"FILE"`
	WithoutKeys bool     `help:"Leave out every secret key: the backup can be read and searched, but its MACs not be checked."`
	Damaged     bool     `help:"Back up a journal that is not as it was recorded, too: what is restored from it will not be either."`
	Anchor      []string `help:"A file of exported MAC roots (tocsin key anchor), to check the backup with; may be given more than once." placeholder:"FILE" sep:"none"`
	JSON        bool     `help:"Print the outcome as one JSON object."`
}

// Run makes a backup. Exit code 3 says that the journal in it would not be as it was
// recorded; there is a file only after 0.
func (c *backupCommand) Run(ctx context.Context, env *Env) error {
	done, err := app.Backup(ctx, c.Data, c.Output, app.BackupOptions{
		Options: env.offline(c.Anchor), WithoutKeys: c.WithoutKeys, Damaged: c.Damaged,
	})
	if err != nil {
		err = fmt.Errorf("backup: %w", err)
		if errors.Is(err, app.ErrInvalidJournal) {
			err = &exitError{ExitInvalid, fmt.Errorf("%w; `tocsin verify` names what, and --damaged backs it up as it is", err)}
		}
		return err
	}
	if c.JSON {
		return json.NewEncoder(env.Stdout).Encode(done)
	}
	_, err = fmt.Fprintf(env.Stdout, "backed up %d events to %s\n", done.Journal.Events, done.File)
	return err
}

// offline are the options of commands that work on a data folder themselves.
func (e *Env) offline(anchors []string) app.Options {
	return app.Options{
		SigningSecret:  secret.New(e.getenv("LOG_SIGNATURE_SECRET")),
		PreviousSecret: secret.New(e.getenv("LOG_SIGNATURE_SECRET_PREVIOUS")),
		Anchors:        anchors, Version: e.Version, Logger: e.logger(slog.LevelWarn),
	}
}
