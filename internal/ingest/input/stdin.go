// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Stdin is the configuration of an input that reads lines from standard input.
type Stdin struct {
	// Format is the format of the lines.
	Format string `yaml:"format"`
	// Source is the source of lines from which none can be told.
	Source string `yaml:"source"`
	// Timezone is where times without a zone belong: a name of the tz database.
	Timezone string `yaml:"timezone"`
}

func stdinSpec() Spec {
	return Spec{
		Type:    "stdin",
		Summary: "lines of standard input, until it ends: something | tocsin serve",
		New:     func() Config { return &Stdin{Format: "auto"} },
	}
}

// Validate checks the fields.
func (c *Stdin) Validate() error {
	if c.Format == "" {
		return errors.New("format: missing")
	}
	if _, err := time.LoadLocation(c.Timezone); err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	return nil
}

// Open makes the input.
func (c *Stdin) Open(_ context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	if env.Stdin == nil {
		return nil, errors.New("input: there is no standard input")
	}
	b, err := template(env, c.Format, c.Source, c.Timezone)
	if err != nil {
		return nil, err
	}
	b.Sender = "stdin"
	return &stdin{deliverer: deliverer{env: env}, template: b}, nil
}

type stdin struct {
	deliverer
	template pipeline.Batch
	cut      atomic.Uint64
}

// piece is what one read gave.
type piece struct {
	text []byte
	err  error
}

// Routes returns none.
func (in *stdin) Routes() []Route { return nil }

// Run reads until standard input or ctx ends, and returns at the end of ctx. It reads
// on only after what it has read is recorded. A read that is under way then cannot be
// called off where standard input knows no deadline: it ends with the process.
func (in *stdin) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	pieces, free := make(chan piece), make(chan []byte, 1)
	go readPieces(ctx, in.env.Stdin, pieces, free)
	free <- make([]byte, 64<<10)
	if d, ok := in.env.Stdin.(interface{ SetReadDeadline(t time.Time) error }); ok {
		stop := context.AfterFunc(ctx, func() { _ = d.SetReadDeadline(time.Now()) })
		defer stop()
	}
	f := framer{max: maxMessage, mode: framingLines}
	var rest []byte
	for {
		var p piece
		select {
		case p = <-pieces:
		case <-ctx.Done():
			p.err = ctx.Err()
		}
		rest = append(rest, p.text...)
		frames, used, _ := f.split(rest, p.err != nil, nil) // lines have no error
		in.cut.Store(f.cut)
		if len(frames) > 0 {
			b := in.template
			b.Items = keep(frames)
			in.deliver(working, b)
		}
		rest = rest[:copy(rest, rest[used:])]
		if p.err != nil {
			if ctx.Err() == nil {
				in.env.Logger.InfoContext(ctx, "standard input has ended", "records", in.received.Load(), "reason", p.err)
			}
			<-ctx.Done()
			return nil
		}
		free <- p.text[:cap(p.text)]
	}
}

// readPieces reads into the buffers of free and sends what it got, up to an error.
func readPieces(ctx context.Context, r io.Reader, pieces chan<- piece, free <-chan []byte) {
	for {
		var buf []byte
		select {
		case buf = <-free:
		case <-ctx.Done():
			return
		}
		n, err := r.Read(buf)
		select {
		case pieces <- piece{buf[:n], err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}

// Stats returns the counts.
func (in *stdin) Stats() Stats {
	return Stats{Address: "standard input", Received: in.received.Load(), Lost: in.lost.Load(), Cut: in.cut.Load()}
}

// Close does nothing: standard input is not ours.
func (in *stdin) Close() error { return nil }

var (
	_ Config = (*Stdin)(nil)
	_ Input  = (*stdin)(nil)
)
