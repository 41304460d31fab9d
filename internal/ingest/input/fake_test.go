// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// TestMain fails when a test leaves a goroutine of this package behind.
func TestMain(m *testing.M) {
	code := m.Run()
	var left bytes.Buffer
	for range 100 {
		left.Reset()
		_ = pprof.Lookup("goroutine").WriteTo(&left, 2)
		if code != 0 || !strings.Contains(left.String(), "ingest/input.(*") {
			os.Exit(code)
		}
		time.Sleep(20 * time.Millisecond)
	}
	fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left.String())
	os.Exit(1)
}

// sink is a journal in memory behind a real pipeline with made-up formats.
type sink struct {
	mu     sync.Mutex
	events []*event.Event
	calls  int
	// gate, when set, is called before each append.
	gate func(ctx context.Context) error
	pipe *pipeline.Pipeline
	dir  string // for what inputs keep
}

func newSink(t testing.TB, change ...func(*pipeline.Options)) *sink {
	t.Helper()
	s := &sink{dir: t.TempDir()}
	opt := pipeline.Options{
		Normalize: formats, Record: s.record, MaxIDs: 10_000, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&opt)
	}
	p, err := pipeline.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	s.pipe = p
	return s
}

func (s *sink) record(ctx context.Context, events []*event.Event) ([]event.Range, error) {
	if s.gate != nil {
		if err := s.gate(ctx); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls++
	first := uint64(len(s.events) + 1)
	s.events = append(s.events, events...)
	return []event.Range{{Stream: "90d", First: first, Last: uint64(len(s.events))}}, nil
}

func (s *sink) all() []*event.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// messages are the recorded messages in order of their text.
func (s *sink) messages() []string {
	var m []string
	for _, e := range s.all() {
		m = append(m, e.Message)
	}
	slices.Sort(m)
	return m
}

// waitFor waits until n events are recorded.
func (s *sink) waitFor(t testing.TB, n int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if got := len(s.all()); got >= n {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("%d events recorded, want %d", got, n)
		}
	}
}

// formats stands for the catalog of formats.
func formats(name string, h pipeline.Hint) (pipeline.Decode, bool) {
	switch name {
	case "json", "resk", "datadog", "workspace":
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			var r struct {
				ID, EventID, Message, Source, EventType string
				Details                                 json.RawMessage
				Timestamp                               time.Time
			}
			if err := json.Unmarshal(raw, &r); err != nil {
				return out, fmt.Errorf("json: %w", err)
			}
			e := &event.Event{
				OriginID: r.ID + r.EventID, Message: r.Message, Category: r.EventType, Source: cmp.Or(r.Source, h.Source),
			}
			if !r.Timestamp.IsZero() {
				e.Time = r.Timestamp.UnixNano()
			}
			if len(r.Details) > 0 {
				e.Attrs = []event.Attr{{Key: "details", Value: event.Text(string(r.Details))}}
			}
			return append(out, e), nil
		}, true
	case "hec":
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			var r struct{ Event json.RawMessage }
			if err := json.Unmarshal(raw, &r); err != nil {
				return out, fmt.Errorf("hec: %w", err)
			}
			return append(out, &event.Event{Message: string(r.Event), Source: h.Source}), nil
		}, true
	case "bulk":
		object, _ := formats("json", h)
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			_, document, _ := bytes.Cut(raw, []byte("\n"))
			return object(document, out)
		}, true
	case "auto":
		object, _ := formats("json", h)
		line, _ := formats("syslog", h)
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			if raw[0] == '{' {
				return object(raw, out)
			}
			return line(raw, out)
		}, true
	case "syslog", "text":
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			e := &event.Event{Message: strings.ToValidUTF8(string(raw), "\ufffd"), Source: h.Source, Host: h.Peer}
			if h.Zone != nil {
				e.Service = h.Zone.String()
			}
			return append(out, e), nil
		}, true
	case "otlp", "gelf", "fluent": // the record as it came
		return func(raw []byte, out []*event.Event) ([]*event.Event, error) {
			if bytes.Contains(raw, []byte("refuse me")) {
				return out, errors.New("message: refused")
			}
			return append(out, &event.Event{Raw: string(raw), Source: h.Source, Host: h.Peer}), nil
		}, true
	default:
		return nil, false
	}
}

// env is an environment over s. Tokens are "good", "reader" and "broken".
func (s *sink) env(name string) Env {
	return Env{
		Name: name, Ingest: s.pipe.Ingest, Spent: s.pipe.Spent, Logger: slog.New(slog.DiscardHandler),
		Bodies: NewBodies(0), State: filepath.Join(s.dir, "inputs", name+".json"), Stdin: strings.NewReader(""), HasFormat: func(n string) bool { _, ok := formats(n, pipeline.Hint{}); return ok },
		Authorize: func(_ context.Context, token string) (Sender, error) {
			switch token {
			case "good", "your-webhook-token", "t":
				return Sender{ID: "token-1"}, nil
			case "reader":
				return Sender{}, fmt.Errorf("scope read: %w", ErrForbidden)
			case "broken":
				return Sender{}, errors.New("the state is locked")
			case "eager":
				return Sender{}, &pipeline.RefusedError{Err: pipeline.ErrBusy, After: 1500 * time.Millisecond}
			default:
				return Sender{}, ErrUnauthorized
			}
		},
	}
}

// open opens an input of a type with its defaults, changed by change.
func open[C Config](t testing.TB, name string, env Env, change func(C)) Input {
	t.Helper()
	spec, ok := Lookup(name)
	if !ok {
		t.Fatalf("no input of type %s", name)
	}
	config, ok := spec.New().(C)
	if !ok {
		t.Fatalf("type %s has another configuration", name)
	}
	if change != nil {
		change(config)
	}
	in, err := config.Open(t.Context(), env)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// run runs an input and returns how to stop it and wait for its end.
func run(t testing.TB, in Input) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- in.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(20 * time.Second):
			t.Error("run does not end")
		}
	})
	t.Cleanup(stop)
	return stop
}
