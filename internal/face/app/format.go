// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// formats are those of Tocsin and of the configuration.
type formats struct{ own map[string]normalize.Format }

// newFormats compiles the formats of a configuration.
func newFormats(c *config.Config) (formats, error) {
	f := formats{own: map[string]normalize.Format{}}
	for i := range c.Pipeline.Formats {
		u := &c.Pipeline.Formats[i]
		wrong := func(err error) error { return fmt.Errorf("line %d: pipeline.formats: %s: %w", u.Line, u.Name, err) }
		if _, twice := f.own[u.Name]; twice {
			return f, wrong(errors.New("name: twice"))
		}
		custom := normalize.Custom{
			Name: u.Name, Patterns: u.Patterns, Define: u.Define, Fields: u.Fields, TimeLayout: u.TimeLayout, Set: u.Set,
		}
		for _, k := range u.Cases {
			custom.Cases = append(custom.Cases, normalize.CustomCase(k))
		}
		compiled, err := custom.Compile()
		if err != nil {
			return f, wrong(err)
		}
		f.own[u.Name] = compiled
	}
	return f, nil
}

// CheckFormats tells what is wrong with the formats of a configuration.
func CheckFormats(c *config.Config) error {
	_, err := newFormats(c)
	return err
}

// lookup returns a format by its name.
func (f formats) lookup(name string) (normalize.Format, bool) {
	if own, ok := f.own[name]; ok {
		return own, true
	}
	return normalize.Lookup(name)
}

// has tells whether there is a format of that name.
func (f formats) has(name string) bool {
	_, ok := f.lookup(name)
	return ok
}

// decoder opens a format for one batch.
func (f formats) decoder(name string, h pipeline.Hint) (pipeline.Decode, bool) {
	format, ok := f.lookup(name)
	if !ok {
		return nil, false
	}
	return decodeWith(format, h), true
}

// FormatTrial says how records are tried.
type FormatTrial struct {
	// Config has the user's formats.
	Config *config.Config
	// Format is the name of one of them, or of Tocsin's.
	Format string
	// Source is the source of records that name none.
	Source string
	// Zone is where times without one belong; nil is UTC.
	Zone *time.Location
}

// TryFormat reads lines as a server would, secrets taken out and nothing recorded, and
// hands each line's events on, or the error that rejects it.
func TryFormat(ctx context.Context, o FormatTrial, in io.Reader, each func(line int, events []*event.Event, err error) error) error {
	f, err := newFormats(o.Config)
	if err != nil {
		return err
	}
	decode, ok := f.decoder(o.Format, pipeline.Hint{Source: o.Source, Zone: o.Zone, Received: time.Now().UnixNano()})
	if !ok {
		return fmt.Errorf("%w: %.40q", pipeline.ErrFormat, o.Format)
	}
	redactor, err := openRedactor(o.Config, func() ([]byte, error) { return make([]byte, redact.KeyBytes), nil })
	if err != nil {
		return err
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, event.MaxEventBytes)
	for n := 1; lines.Scan(); n++ {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		events, err := decode(bytes.Clone(lines.Bytes()), nil)
		redactor.Events(events)
		if err := each(n, events, err); err != nil {
			return err
		}
	}
	return lines.Err()
}

// Formats lists all formats, the configuration's behind Tocsin's own.
func Formats(c *config.Config) ([]normalize.Format, error) {
	f, err := newFormats(c)
	if err != nil {
		return nil, err
	}
	all := normalize.Catalog()
	for i := range c.Pipeline.Formats {
		all = append(all, f.own[c.Pipeline.Formats[i].Name])
	}
	return all, nil
}
