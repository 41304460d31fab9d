// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

type checkpointCommand struct {
	origin
	Key   []string `help:"The journal's public key, or a file with such keys: a checkpoint of another key is refused." sep:"none" placeholder:"PUB"`
	Since string   `help:"An older checkpoint that was kept: the new one must continue it, which the server has to prove. Needs --key." placeholder:"FILE"`
	Out   string   `short:"o" help:"The file for it, a new one; else it is printed." placeholder:"FILE"`
}

var errNotContinued = errors.New("the journal does not continue the checkpoint that was kept")

// Run fetches the newest checkpoint, to be kept where the server's machine cannot
// change it. Exit code 3 says that it does not continue the one that was kept.
func (c *checkpointCommand) Run(ctx context.Context, env *Env) error {
	if c.Data != "" && c.Since != "" || c.Since != "" && len(c.Key) == 0 {
		return &exitError{ExitUsage, errors.New("checkpoint: --since is for a server (--url), and needs --key; of a folder use verify --checkpoint")}
	}
	if err := c.choose(env); err != nil {
		return err
	}
	signed, err := c.fetch(ctx)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if len(c.Key) > 0 {
		if err := c.check(ctx, signed); err != nil {
			return err
		}
	}
	if c.Out == "" {
		_, err := env.Stdout.Write(signed)
		return err
	}
	return writeNew(c.Out, func(w *newFile) error {
		_, err := w.Write(signed)
		return err
	})
}

func (c *checkpointCommand) fetch(ctx context.Context) ([]byte, error) {
	if c.Data != "" {
		return app.Checkpoint(c.Data)
	}
	return c.read(ctx, "/api/siem/journal/checkpoint")
}

// check tells whether a trusted key signed the checkpoint, and whether it continues
// the older one.
func (c *checkpointCommand) check(ctx context.Context, signed []byte) error {
	trusted, err := publicKeys(c.Key)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	known, err := proof.Chain(trusted, nil)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	newest, _, err := proof.OpenCheckpoint(signed, known)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if c.Since == "" {
		return nil
	}
	older, err := readCheckpoint(c.Since, trusted)
	switch {
	case err != nil:
		return fmt.Errorf("checkpoint: %w", err)
	case older.Origin != newest.Origin:
		return fmt.Errorf("checkpoint: %s is of %s, the server is %s", c.Since, older.Origin, newest.Origin)
	case older.Size > newest.Size:
		return &exitError{ExitInvalid, fmt.Errorf("%w: that one covers %d headers, the journal has %d", errNotContinued, older.Size, newest.Size)}
	}
	path, err := proof.Consistency(proof.Tiles{Size: newest.Size, Read: c.tile(ctx)}, older.Size, newest.Size)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := proof.CheckConsistency(older.Size, newest.Size, older.Root, newest.Root, path); err != nil {
		return &exitError{ExitInvalid, fmt.Errorf("%w: %w", errNotContinued, err)}
	}
	return nil
}

// tile reads tiles of the server; each is asked for once.
func (c *checkpointCommand) tile(ctx context.Context) func(proof.Tile) ([]byte, error) {
	seen := map[string][]byte{}
	return func(t proof.Tile) ([]byte, error) {
		path := t.Path()
		if raw, ok := seen[path]; ok {
			return bytes.Clone(raw), nil
		}
		raw, err := c.read(ctx, "/api/siem/journal/"+path)
		if err == nil {
			seen[path] = raw
		}
		return raw, err
	}
}
