// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/app"
)

type restoreCommand struct {
	Data     string   `required:"" help:"The data folder to make: absent or empty." placeholder:"NEWDIR"`
	Erasures string   `required:"" help:"The file journal/erasures.ndjson that was kept apart from the backup, or none." placeholder:"FILE|none"`
	Anchor   []string `help:"A file of exported MAC roots (tocsin key anchor), to check the backup with; may be given more than once." placeholder:"FILE" sep:"none"`
	JSON     bool     `help:"Print the outcome as one JSON object."`

	Backup string `arg:"" help:"The file that tocsin backup has written."`
}

// Run restores. Exit code 3 says that the journal in the backup is not as it was
// recorded.
func (c *restoreCommand) Run(ctx context.Context, env *Env) error {
	done, err := app.Restore(ctx, c.Data, c.Backup, app.RestoreOptions{Options: env.offline(c.Anchor), Erasures: c.Erasures})
	if err != nil {
		err = fmt.Errorf("restore: %w", err)
		if errors.Is(err, app.ErrInvalidJournal) {
			err = &exitError{ExitInvalid, err}
		}
		return err
	}
	if c.JSON {
		return json.NewEncoder(env.Stdout).Encode(done)
	}
	ew := &errWriter{w: env.Stdout}
	ew.printf("restored %d events to %s\n", done.Journal.Events, done.Folder)
	ew.printf("  journal %s is an archive now; %s goes on, with keys of its own\n", done.Restored.Before, done.Restored.Origin)
	if n := done.Restored.Carried; n > 0 {
		ew.printf("  %d entries were not sealed when the backup was made: they are entries of the new journal\n", n)
	}
	if n := done.Restored.Unreadable; n > 0 {
		ew.printf("  %d entries were not what was recorded, and are left behind\n", n)
	}
	if n := done.Restored.Erased; n > 0 {
		ew.printf("  %d entries were erased again; alerts and anomalies in the backup may still name who was erased\n", n)
	}
	if n := done.Restored.OtherErasures; n > 0 {
		ew.printf("  %d lines of the file of erasures are about other journals\n", n)
	}
	ew.printf("  %s, macs: %s\n", done.Verified.Status, done.Verified.MACs)
	return ew.err
}
