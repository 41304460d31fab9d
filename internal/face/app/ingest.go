// SPDX-License-Identifier: Apache-2.0

package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/geo"
	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
	"github.com/tocsin-siem/tocsin/internal/ingest/enrich"
	"github.com/tocsin-siem/tocsin/internal/ingest/input"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// ingesting is the way in.
type ingesting struct {
	pipeline *pipeline.Pipeline
	recorder *recorder
	enricher *enrich.Enricher
	formats  formats
	bodies   *input.Bodies
	inputs   []openInput
}

// openInput is one input with its name.
type openInput struct {
	name, kind string
	in         input.Input
}

func (s *server) openPipeline(context.Context) (err error) {
	sources := make(map[string]pipeline.Source, len(s.opt.Config.Sources))
	for name, c := range s.opt.Config.Sources {
		sources[name] = pipeline.Source{RetentionDays: int(c.Retention)}
	}
	if s.ingest.formats, err = newFormats(&s.opt.Config); err != nil {
		return err
	}
	countries, systems := geo.Data()
	wanted := s.opt.Config.Enrich
	if s.ingest.enricher, err = enrich.New(enrich.Options{
		Country: countries, AS: systems, Files: wanted.Databases, Assets: wanted.Assets, UserAgent: wanted.UserAgent,
		Logger: s.logger.With("part", "enrich"),
	}); err != nil {
		return fmt.Errorf("enrich: %w", err)
	}
	redactor, err := openRedactor(&s.opt.Config, func() ([]byte, error) { return s.record.keys.Secret(pseudonymSecret) })
	if err != nil {
		return err
	}
	s.ingest.bodies = input.NewBodies(0)
	s.ingest.recorder = &recorder{append: s.record.journal.Append, head: s.record.journal.Head}
	s.ingest.pipeline, err = pipeline.New(pipeline.Options{
		Normalize: s.ingest.formats.decoder,
		Redact:    redactor.Events,
		Scrub:     redactor.Scrub,
		Enrich:    s.ingest.enricher.Events,
		Added:     enrich.Adds,
		Late:      s.watch.late.Late,
		LookUp:    lookUpIn(s.record.search),
		Record:    s.ingest.recorder.record,
		Durable:   s.record.journal.Head,
		Sources:   sources,
		Logger:    s.logger.With("part", "pipeline"),
	})
	return err
}

// decodeWith opens a format for one batch.
func decodeWith(f normalize.Format, h pipeline.Hint) pipeline.Decode {
	hint := &normalize.Hint{Source: h.Source, Received: h.Received, Zone: h.Zone, Host: cmp.Or(h.Around.Host, h.Peer)}
	around := h.Around.Host != "" || len(h.Around.Attrs) > 0
	return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
		before := len(out)
		out, err := f.Normalize(raw, hint, out)
		if around {
			normalize.Around(out[before:], h.Around.Host, h.Around.Attrs)
		}
		return out, err
	}
}

// openInputs opens the HTTP inputs, the syslog pair of --syslog and what the
// configuration names.
func (s *server) openInputs(ctx context.Context) error {
	if err := s.openInput(ctx, "http", "http", nil); err != nil {
		return err
	}
	for _, kind := range []string{"resk", "hec", "otlp", "bulk", "datadog", "workspace"} {
		if err := s.openInput(ctx, kind, kind, nil); err != nil {
			return err
		}
	}
	if s.opt.Syslog != "" {
		if err := s.openSyslog(ctx); err != nil {
			return err
		}
	}
	for _, section := range s.opt.Config.Inputs {
		name := section.Name
		if name == "" {
			name = section.Type
		}
		if err := s.openInput(ctx, name, section.Type, section.Decode); err != nil {
			return fmt.Errorf("line %d: input %s: %w", section.Line, name, err)
		}
	}
	return nil
}

// CheckInputs tells what is wrong with the inputs of a configuration, as far as
// it can be told without opening them.
func CheckInputs(c *config.Config) error {
	for _, section := range c.Inputs {
		if _, err := inputConfig(section.Type, section.Decode); err != nil {
			return fmt.Errorf("line %d: input %s: %w", section.Line, section.Name, err)
		}
	}
	return nil
}

// inputConfig makes the configuration of an input of a type.
func inputConfig(kind string, decode func(any) error) (input.Config, error) {
	spec, ok := input.Lookup(kind)
	if !ok {
		names := make([]string, 0, len(input.Catalog()))
		for _, c := range input.Catalog() {
			names = append(names, c.Type)
		}
		return nil, fmt.Errorf("type: %q is none of %s", kind, strings.Join(names, ", "))
	}
	c := spec.New()
	if decode != nil {
		if err := decode(c); err != nil {
			return nil, err
		}
	}
	return c, c.Validate()
}

// openSyslog opens the UDP and the TCP listener on one port, also where the port
// was left to the system.
func (s *server) openSyslog(ctx context.Context) error {
	if err := s.openInput(ctx, "syslog_tcp", "syslog_tcp", listenOn(s.opt.Syslog)); err != nil {
		return err
	}
	return s.openInput(ctx, "syslog_udp", "syslog_udp", listenOn(s.syslogAddress()))
}

// listenOn sets the address of an input's configuration.
func listenOn(address string) func(any) error {
	return func(c any) error {
		switch c := c.(type) {
		case *input.SyslogTCP:
			c.Listen = address
		case *input.SyslogUDP:
			c.Listen = address
		}
		return nil
	}
}

func (s *server) openInput(ctx context.Context, name, kind string, decode func(any) error) error {
	c, err := inputConfig(kind, decode)
	if err != nil {
		return err
	}
	if limited, ok := c.(input.FileLimiter); ok {
		limited.LimitFiles(max(openFiles()/inputShare/s.fileInputs(), 1))
	}
	if slices.ContainsFunc(s.ingest.inputs, func(o openInput) bool { return o.name == name }) {
		return fmt.Errorf("name: another input is called %s", name)
	}
	in, err := c.Open(ctx, input.Env{
		Name: name, Ingest: s.ingest.pipeline.Ingest, Spent: s.ingest.pipeline.Spent,
		Receipt: s.receipt, HasFormat: s.ingest.formats.has, Authorize: s.authorize, Bodies: s.ingest.bodies,
		State: s.folder.inputState(name), Stdin: s.opt.Stdin, Logger: s.logger.With("input", name),
	})
	if err != nil {
		return fmt.Errorf("input %s: %w", name, err)
	}
	s.cleanup.add("input "+name, in.Close)
	s.ingest.inputs = append(s.ingest.inputs, openInput{name, kind, in})
	return nil
}

// fileInputs counts the inputs that share the open files: they have one share together.
func (s *server) fileInputs() int {
	n := 0
	if s.opt.Syslog != "" {
		n++
	}
	for _, section := range s.opt.Config.Inputs {
		if spec, ok := input.Lookup(section.Type); ok {
			if _, ok := spec.New().(input.FileLimiter); ok {
				n++
			}
		}
	}
	return max(n, 1)
}

// syslogAddress is where the syslog listeners of --syslog are, "" without them.
func (s *server) syslogAddress() string {
	for _, o := range s.ingest.inputs {
		if o.name == "syslog_tcp" && s.opt.Syslog != "" {
			return o.in.Stats().Address
		}
	}
	return ""
}

// authorize tells who sends to an input, by the token.
func (s *server) authorize(ctx context.Context, token string) (input.Sender, error) {
	if token == "" {
		return input.Sender{}, input.ErrUnauthorized
	}
	who, err := s.face.access.Authenticate(ctx, token)
	switch {
	case errors.Is(err, auth.ErrUnauthenticated):
		return input.Sender{}, input.ErrUnauthorized
	case err != nil:
		return input.Sender{}, err
	case !who.May(auth.Ingest):
		return input.Sender{}, input.ErrForbidden
	}
	return input.Sender{ID: who.ID}, nil
}

// restoreIDs brings the memory of origin ids to where the journal is: from the
// file that the last clean stop left, and from the journal behind it.
func (s *server) restoreIDs(ctx context.Context) error {
	after, err := s.loadIDs()
	if err != nil {
		s.logger.WarnContext(ctx, "origin ids are read from the journal again", "error", err)
	}
	head := s.record.journal.Head()
	if after > head { // ids of events that are no longer there: a sender may repeat them
		s.logger.WarnContext(ctx, "origin ids are read from the journal again", "error", "they are of a longer journal")
		if err := s.ingest.pipeline.ForgetIDs(); err != nil {
			return fmt.Errorf("forget origin ids: %w", err)
		}
		after = 0
	}
	if after == head {
		return nil
	}
	reader := s.record.journal.Reader(after)
	_, err = s.ingest.pipeline.Rebuild(ctx, func(ctx context.Context) ([]*event.Event, error) {
		if reader.Position() >= head {
			return nil, io.EOF
		}
		return reader.Next(ctx, 4096)
	})
	if err != nil {
		return fmt.Errorf("read origin ids: %w", err)
	}
	return nil
}

func (s *server) loadIDs() (after uint64, err error) {
	s.removeHalfWritten()
	f, err := os.Open(s.folder.originIDs())
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer func() { _ = f.Close() }()
	return s.ingest.pipeline.LoadIDs(f)
}

// removeHalfWritten removes what a crash left of an earlier saveIDs.
func (s *server) removeHalfWritten() {
	left, err := filepath.Glob(s.folder.originIDs() + "-*.tmp")
	if err != nil {
		return
	}
	for _, path := range left {
		_ = os.Remove(path)
	}
}

// How often, at least, the memory of origin ids is kept for a start after a
// crash, and how many ids one second of waiting is worth: a large memory is
// written more rarely.
const (
	idsEvery     = time.Minute
	idsPerSecond = 10_000
)

// runIDs keeps the memory of origin ids every now and then.
func (s *server) runIDs(ctx context.Context) error {
	timer := time.NewTimer(idsEvery)
	defer timer.Stop()
	var saved uint64
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if head := s.record.journal.Head(); head != saved {
			if err := s.saveIDs(ctx); err != nil {
				s.logger.WarnContext(ctx, "origin ids are not kept", "error", err)
			}
			saved = head
		}
		timer.Reset(max(idsEvery, time.Duration(s.ingest.pipeline.Stats().IDs/idsPerSecond)*time.Second))
	}
}

// saveIDs leaves the memory of origin ids for the next start. It is derived data:
// without it the next start reads the journal instead.
func (s *server) saveIDs(context.Context) (err error) {
	path := s.folder.originIDs()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("save origin ids: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "origin-ids-*.tmp")
	if err != nil {
		return fmt.Errorf("save origin ids: %w", err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("save origin ids: %w", errors.Join(err, os.Remove(f.Name())))
		}
	}()
	if err := errors.Join(s.ingest.pipeline.SaveIDs(f), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
