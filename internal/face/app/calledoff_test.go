// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/face/app"
)

// countdown is a context that ends when it was asked a number of times.
type countdown struct {
	context.Context //nolint:containedctx // it is one

	end  context.CancelFunc
	left atomic.Int64
}

func startingFor(t *testing.T, looks int) *countdown {
	t.Helper()
	c := &countdown{}
	c.Context, c.end = context.WithCancel(t.Context())
	c.left.Store(int64(looks))
	return c
}

func (c *countdown) look() {
	if c.left.Add(-1) <= 0 {
		c.end()
	}
}

func (c *countdown) Done() <-chan struct{} { c.look(); return c.Context.Done() }
func (c *countdown) Err() error            { c.look(); return c.Context.Err() }

// untilReady ends the server as soon as it says that it is ready.
type untilReady struct{ end context.CancelFunc }

func (w untilReady) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("ready on")) {
		w.end()
	}
	return len(p), nil
}

// TestStartCalledOff ends the context of a start at its first look at it, at the
// second and so on, in a new folder and in one that was used: it is never an error,
// and what is left can be started.
func TestStartCalledOff(t *testing.T) {
	t.Parallel()
	for _, used := range []bool{false, true} {
		dir, ready := filepath.Join(t.TempDir(), "data"), 0
		for looks := 0; ready < 3; looks += 1 + looks/40 {
			if !used {
				dir = filepath.Join(t.TempDir(), "data")
			}
			var said bytes.Buffer
			ctx := startingFor(t, looks)
			o := options(t, dir)
			o.Logger = slog.New(slog.NewTextHandler(&said, nil))
			o.Stdout = untilReady{ctx.end}
			if err := app.Run(ctx, o); err != nil {
				t.Fatalf("used before: %t; ended at look %d: %v\n%s", used, looks, err, &said)
			}
			if strings.Contains(said.String(), "msg=ready") {
				ready++
			} else if ready > 0 {
				ready = 0
			}
			if looks > 20_000 {
				t.Fatal("it is never ready")
			}
		}
	}
}
