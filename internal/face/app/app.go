// SPDX-License-Identifier: Apache-2.0

// Package app is the whole product as one thing that can be started: by the
// command line, by tests, by anybody who embeds it.
//
//	Run = open (folder, keys, journal, state, pipeline, search, detection, API)
//	    → journal runs → detection catches up → inputs and HTTP open → ready
//	    → the context ends
//	    → inputs and HTTP close → detection stores its place → journal closes
//
// It is the one room that knows all the others: the stages declare what they need
// as small interfaces and funcs, and are joined here. What is opened is closed in
// the opposite order, also when opening the next thing fails.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

// Options are what a server is started with.
type Options struct {
	Config  config.Config
	DataDir string
	// Syslog is the address of the syslog inputs, UDP and TCP; "" is none.
	Syslog string
	Demo   DemoMode
	// AdminPassword is the first password of the user admin; empty makes one,
	// which is printed once.
	AdminPassword secret.Text
	// SigningSecret and PreviousSecret are LOG_SIGNATURE_SECRET and its value
	// before a change.
	SigningSecret, PreviousSecret secret.Text
	// Anchors are files with exported MAC roots, for Verify alone.
	Anchors []string
	Version string
	// Stdin is for an input of type stdin; nothing else reads it.
	Stdin io.Reader
	// Stdout gets what a script reads: the password and the address.
	Stdout io.Writer
	Logger *slog.Logger
}

// Run serves until the context ends and returns nil then.
func Run(ctx context.Context, o Options) (err error) {
	s := &server{opt: o, logger: o.Logger, began: time.Now()}
	defer func() { err = errors.Join(err, s.cleanup.run()) }()
	if err := s.open(ctx); err != nil {
		return s.unlessStopped(ctx, err)
	}
	return s.run(ctx)
}

// unlessStopped returns the error of starting, unless it is that the start was
// called off.
func (s *server) unlessStopped(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		s.logger.InfoContext(ctx, "stopped before it was ready", "while", err.Error())
		return nil
	}
	return err
}

// server is a started product.
type server struct {
	opt     Options
	logger  *slog.Logger
	began   time.Time
	folder  folder
	host    string
	cleanup cleanup

	record recording
	ingest ingesting
	watch  watching
	face   facing

	erasures  erasures
	retention retention
}

// open opens every part, from the ground up.
func (s *server) open(ctx context.Context) error {
	for _, part := range []struct {
		name string
		open func(context.Context) error
	}{
		{"data folder", s.openFolder},
		{"journal", s.openRecord},
		{"state", s.openState},
		{"detection", s.openWatch},
		{"pipeline", s.openPipeline},
		{"access", s.openAccess},
		{"upkeep", s.openUpkeep},
		{"API", s.openFace},
		{"inputs", s.openListeners},
	} {
		if err := part.open(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// openUpkeep makes ready what takes entries out again.
func (s *server) openUpkeep(ctx context.Context) error {
	s.erasures.begin(s)
	return s.retention.begin(ctx, s)
}

// run runs the floors, each under a context of its own, so that they end from
// the top down: what still comes in is recorded, what is recorded is watched.
func (s *server) run(ctx context.Context) error {
	root := context.WithoutCancel(ctx)
	h, err := s.raise(ctx, root)
	if h == nil {
		return err
	}
	h.watch.run("scrub", s.runScrub)
	if s.record.witnesses.follower != nil {
		h.watch.run("witnesses", s.runWitnesses)
	}
	h.watch.run("rates", s.runRates)
	h.watch.run("keys", s.runKeys)
	h.watch.run("origin ids", s.runIDs)
	h.watch.run("erasures", s.erasures.run)
	h.watch.run("retention", s.retention.run)

	var front *floor
	select {
	case <-s.watch.caughtUp:
		// what commands have left behind is recorded before anybody can ask for it
		if _, err := s.record.state.DrainActivities(ctx, s.face.auditor.activities); err != nil {
			s.logger.WarnContext(ctx, "audit events of commands are not recorded yet", "error", err)
		}
		front = newFloor(root)
		s.runFront(front)
		if err := errors.Join(s.ensureAdmin(ctx), s.announce(ctx)); s.unlessStopped(ctx, err) != nil {
			front.fail(err)
		}
		select {
		case <-ctx.Done():
		case <-front.done():
		case <-h.watch.done():
		case <-h.journal.done():
		}
	case <-ctx.Done():
	case <-h.watch.done():
	case <-h.journal.done():
	}
	s.face.stopping.Store(true)
	if front != nil {
		err = front.end()
	}
	err = errors.Join(err, s.lower(root, h))
	s.logger.InfoContext(root, "stopped")
	return err
}

// house are the floors below what others see.
type house struct{ journal, watch *floor }

// raise runs the journal and, once it is known what it holds, detection. There is
// no house when that failed, and none, without an error, when the start was called
// off.
func (s *server) raise(ctx, root context.Context) (*house, error) {
	h := &house{journal: newFloor(root), watch: newFloor(root)}
	h.journal.run("journal", s.record.journal.Run)
	if err := errors.Join(s.restoreIDs(ctx), s.meetRollback(ctx)); err != nil {
		return nil, errors.Join(s.unlessStopped(ctx, err), h.journal.end())
	}
	h.watch.run("detection", s.runDetection)
	return h, nil
}

// lower ends the floors from the top down.
func (s *server) lower(root context.Context, h *house) error {
	err := h.watch.end()
	if e := s.saveIDs(root); e != nil { // the next start reads the journal instead
		s.logger.WarnContext(root, "origin ids are not kept", "error", e)
	}
	return errors.Join(err, h.journal.end())
}

// announce prints where Tocsin answers, which also says that it does.
func (s *server) announce(ctx context.Context) error {
	if addr := s.syslogAddress(); addr != "" {
		if _, err := fmt.Fprintf(s.opt.Stdout, "syslog on %s\n", addr); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(s.opt.Stdout, "ready on %s\n", s.url())
	s.logger.InfoContext(ctx, "ready", "url", s.url(), "version", s.opt.Version, "took", time.Since(s.began).Round(time.Millisecond).String())
	return err
}

func (s *server) url() string { return "http://" + s.face.listener.Addr().String() }

// floor is a number of goroutines that end together.
type floor struct {
	group  *errgroup.Group
	ctx    context.Context //nolint:containedctx // it is the floor's life
	cancel context.CancelCauseFunc
}

var errEnded = errors.New("ended by the floor above")

func newFloor(parent context.Context) *floor {
	ctx, cancel := context.WithCancelCause(parent)
	group, ctx := errgroup.WithContext(ctx)
	return &floor{group, ctx, cancel}
}

// run starts a goroutine. That it returns before the floor ends is a failure.
func (f *floor) run(name string, work func(context.Context) error) {
	f.group.Go(func() error {
		err := work(f.ctx)
		switch {
		case f.ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)):
			return nil
		case err == nil:
			return fmt.Errorf("%s ended by itself", name)
		default:
			return fmt.Errorf("%s: %w", name, err)
		}
	})
}

// once starts a goroutine that may come to its end.
func (f *floor) once(name string, work func(context.Context) error) {
	f.group.Go(func() error {
		if err := work(f.ctx); err != nil && f.ctx.Err() == nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return nil
	})
}

func (f *floor) fail(err error)        { f.group.Go(func() error { return err }) }
func (f *floor) done() <-chan struct{} { return f.ctx.Done() }

// end stops the floor and returns what failed on it.
func (f *floor) end() error {
	f.cancel(errEnded)
	return f.group.Wait()
}

// cleanup is a stack of things to close, the last opened first.
type cleanup []struct {
	name  string
	close func() error
}

func (c *cleanup) add(name string, closing func() error) {
	*c = append(*c, struct {
		name  string
		close func() error
	}{name, closing})
}

func (c *cleanup) run() (err error) {
	for _, open := range slices.Backward(*c) {
		if e := open.close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, fmt.Errorf("close %s: %w", open.name, e))
		}
	}
	*c = nil
	return err
}
