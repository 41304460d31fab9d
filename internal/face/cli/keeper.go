// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// keeper takes entries out of a journal, or keeps them in: a server, or the folder of
// one that does not run.
type keeper interface {
	Erase(ctx context.Context, subject, reason string) (erasure.Order, error)
	Approve(ctx context.Context, id string) (erasure.Order, error)
	Cancel(ctx context.Context, id string) (erasure.Order, error)
	Erasure(ctx context.Context, id string) (erasure.Order, error)
	Erasures(ctx context.Context) ([]erasure.Order, error)
	Holds(ctx context.Context) ([]journal.Hold, error)
	Place(ctx context.Context, h journal.Hold) error
	Lift(ctx context.Context, id string) error
	Retain(ctx context.Context, clockChecked bool) (app.RetentionRun, error)
}

// target are the flags that say which journal is meant.
type target struct {
	origin
	Config string `help:"The configuration file of the stopped server." type:"existingfile" env:"TOCSIN_CONFIG"`
}

// keep lets use work on what the flags name.
func (t *target) keep(ctx context.Context, env *Env, use func(ctx context.Context, k keeper) error) error {
	if err := t.choose(env); err != nil {
		return err
	}
	if t.Data == "" {
		r, err := newRemote(t.URL, t.Token, env.Stderr)
		if err != nil {
			return err
		}
		return use(ctx, r)
	}
	var err error
	o := env.offline(nil)
	if o.Config, err = loadConfig(t.Config, env); err != nil {
		return fmt.Errorf("%s: %w", t.Config, err)
	}
	o.DataDir = t.Data
	err = app.Offline(ctx, o, func(ctx context.Context, u *app.Upkeep) error { return use(ctx, u) })
	if errors.Is(err, journal.ErrLocked) {
		return fmt.Errorf("%w; for a server that runs give --url and --token", err)
	}
	return err
}
