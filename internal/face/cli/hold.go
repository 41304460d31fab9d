// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

type holdCommand struct {
	Add  holdAddCommand  `cmd:"" help:"Keep entries from being dropped or erased."`
	List holdListCommand `cmd:"" help:"List the legal holds in force."`
	Lift holdLiftCommand `cmd:"" help:"End a legal hold."`
}

type holdAddCommand struct {
	target
	ID     string    `required:"" help:"The case's own number or name."`
	Reason string    `required:"" help:"Why. It is kept for ever; name nobody in it."`
	Stream string    `help:"Only this stream, such as 366d; without it all."`
	From   time.Time `help:"Only entries received then or later." placeholder:"TIME"`
	To     time.Time `help:"Only entries received then or before." placeholder:"TIME"`
}

// Run places a hold; it is in force when the command returns.
func (c *holdAddCommand) Run(ctx context.Context, env *Env) error {
	return c.keep(ctx, env, func(ctx context.Context, k keeper) error {
		if err := k.Place(ctx, journal.Hold{ID: c.ID, Reason: c.Reason, Stream: c.Stream, From: c.From, To: c.To}); err != nil {
			return fmt.Errorf("hold: %w", err)
		}
		_, err := fmt.Fprintf(env.Stderr, "hold %s is in force\n", c.ID)
		return err
	})
}

type holdListCommand struct{ target }

// Run lists the holds, one a line.
func (c *holdListCommand) Run(ctx context.Context, env *Env) error {
	return c.keep(ctx, env, func(ctx context.Context, k keeper) error {
		holds, err := k.Holds(ctx)
		if err != nil {
			return err
		}
		ew := &errWriter{w: env.Stdout}
		for i := range holds {
			h := &holds[i]
			ew.printf("%s  from %s by %s", h.ID, h.Placed.Format(time.RFC3339), h.Actor)
			if h.Stream != "" {
				ew.printf("  stream %s", h.Stream)
			}
			if !h.From.IsZero() || !h.To.IsZero() {
				ew.printf("  received %s to %s", moment(h.From, "ever"), moment(h.To, "ever"))
			}
			ew.printf("  %s\n", h.Reason)
		}
		return ew.err
	})
}

func moment(t time.Time, without string) string {
	if t.IsZero() {
		return without
	}
	return t.UTC().Format(time.RFC3339)
}

type holdLiftCommand struct {
	target
	ID string `arg:"" help:"The hold's id."`
}

// Run ends a hold.
func (c *holdLiftCommand) Run(ctx context.Context, env *Env) error {
	return c.keep(ctx, env, func(ctx context.Context, k keeper) error {
		if err := k.Lift(ctx, c.ID); err != nil {
			return fmt.Errorf("hold: %w", err)
		}
		_, err := fmt.Fprintf(env.Stderr, "hold %s is lifted\n", c.ID)
		return err
	})
}

type retainCommand struct {
	target
	ClockChecked bool `help:"Somebody has looked at the clock of this machine, and it is right."`
}

// Run drops what is over its time, and says what it was.
func (c *retainCommand) Run(ctx context.Context, env *Env) error {
	return c.keep(ctx, env, func(ctx context.Context, k keeper) error {
		run, err := k.Retain(ctx, c.ClockChecked)
		if err != nil {
			return fmt.Errorf("retain: %w", err)
		}
		ew := &errWriter{w: env.Stdout}
		ew.printf("dropped %d entries in %d files\n", run.Entries, run.Files)
		if run.Held > 0 {
			ew.printf("a legal hold keeps what was due of %d streams\n", run.Held)
		}
		if run.Lagging > 0 {
			ew.printf("a consumer has not read what was due of %d streams\n", run.Lagging)
		}
		return ew.err
	})
}
