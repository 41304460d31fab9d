// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/alert"
)

// The bounds of live streams.
const (
	maxStreams       = 256
	maxStreamsCaller = 16
	streamBuffer     = 256
	heartbeat        = 15 * time.Second
	writeWithin      = 10 * time.Second
	vitalsEvery      = 5 * time.Second
)

// Why a stream ends, as its last message says.
const (
	endRevoked  = "revoked"
	endShutdown = "shutdown"
)

// endError is the cause with which a stream is cancelled.
type endError string

// Error implements error.
func (e endError) Error() string { return "stream ended: " + string(e) }

// message is one server-sent event.
type message struct {
	name string
	data []byte
}

// stream is one client that watches. Messages wait in queue; what does not fit is
// counted in dropped, and the client is told before the next one.
type stream struct {
	handle  string // what has to be revoked to end it
	changes bool   // takes part in Publish
	queue   chan message
	dropped atomic.Int64
	cancel  context.CancelCauseFunc
}

// streams are all clients that watch.
type streams struct {
	mu     sync.Mutex
	open   map[*stream]struct{}
	closed bool
}

func newStreams() *streams { return &streams{open: map[*stream]struct{}{}} }

// add takes a client in, unless there are too many.
func (s *streams) add(c *stream) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	same := 0
	for other := range s.open {
		if other.handle == c.handle {
			same++
		}
	}
	if s.closed || len(s.open) >= maxStreams || same >= maxStreamsCaller {
		return problem(http.StatusTooManyRequests, "too_many_streams", "too many open streams")
	}
	s.open[c] = struct{}{}
	return nil
}

func (s *streams) remove(c *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, c)
}

// end closes the streams of one session or token.
func (s *streams) end(handle, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if c.handle == handle {
			c.cancel(endError(reason))
		}
	}
}

// shut closes all streams and takes no more.
func (s *streams) shut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for c := range s.open {
		c.cancel(endError(endShutdown))
	}
}

// publish gives a message to every client that watches changes, and waits for none.
func (s *streams) publish(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if !c.changes {
			continue
		}
		select {
		case c.queue <- m:
		default:
			c.dropped.Add(1)
		}
	}
}

func (s *streams) watched() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.open {
		if c.changes {
			return true
		}
	}
	return false
}

// Publish announces new states of alerts and anomalies to everybody who watches. It
// does not wait for slow clients and may be called from anywhere.
func (a *API) Publish(change alert.Change) {
	if !a.streams.watched() {
		return
	}
	for i := range change.Anomalies {
		a.announce("anomaly", anomalyOf(&change.Anomalies[i]))
	}
	for i := range change.Alerts {
		a.announce("alert", alertOf(&change.Alerts[i]))
	}
}

func (a *API) announce(name string, v any) {
	if data, err := json.Marshal(v); err == nil { // our own types always marshal
		a.streams.publish(message{name, data})
	}
}

// Run sends the dashboard to those who watch, every few seconds, and verifies what was
// asked for in the background, until ctx ends; then it ends all streams. Shut the http.Server down after Run has returned.
func (a *API) Run(ctx context.Context) error {
	defer a.streams.shut()
	var checks sync.WaitGroup
	defer checks.Wait()
	checks.Go(func() { a.runChecks(ctx) })
	tick := time.NewTicker(vitalsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !a.streams.watched() {
			continue
		}
		d, err := a.dashboard(ctx)
		if err != nil {
			if ctx.Err() == nil {
				a.opts.Logger.WarnContext(ctx, "dashboard not sent to watchers", "error", err)
			}
			continue
		}
		a.announce("health", d)
	}
}

// streamChanges implements GET /api/siem/stream.
func (a *API) streamChanges(w http.ResponseWriter, r *http.Request) {
	a.watch(w, r, true, func(ctx context.Context, c *stream, out *sse) error {
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case m := <-c.queue:
				if err := out.dropped(c.dropped.Swap(0)); err != nil {
					return err
				}
				if err := out.send(m.name, "", m.data); err != nil {
					return err
				}
			}
		}
	})
}

// watch runs one stream: it admits the client, keeps the connection alive, looks
// every now and then whether the caller may still be here, and says why it ends.
func (a *API) watch(w http.ResponseWriter, r *http.Request, changes bool, run func(ctx context.Context, c *stream, out *sse) error) {
	caller := who(r.Context())
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	c := &stream{handle: caller.Handle(), changes: changes, queue: make(chan message, streamBuffer), cancel: cancel}
	if err := a.streams.add(c); err != nil {
		a.fail(w, r, err)
		return
	}
	defer a.streams.remove(c)
	out := &sse{w: w, control: http.NewResponseController(w)}
	if err := out.start(); err != nil {
		return
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.keepAlive(ctx, cancel, caller, out)
	}()
	_ = run(ctx, c, out) // the cause of the context says more
	cancel(nil)
	<-done
	if end, ok := errors.AsType[endError](context.Cause(ctx)); ok {
		data, _ := json.Marshal(map[string]string{"reason": string(end)})
		_ = out.send("end", "", data)
	}
}

// keepAlive writes a comment every heartbeat, which shows that the client is still
// there, and ends the stream when the caller is no longer welcome.
func (a *API) keepAlive(ctx context.Context, cancel context.CancelCauseFunc, c caller, out *sse) {
	tick := time.NewTicker(heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p, err := a.opts.Auth.Authenticate(ctx, c.bearer)
		if err != nil || p.Handle() != c.Handle() || p.Role != c.Role {
			cancel(endError(endRevoked))
			return
		}
		if err := out.comment(); err != nil {
			cancel(err)
			return
		}
	}
}

// sse writes server-sent events (WHATWG HTML, section 9.2). Each write has to get
// through within writeWithin, or the client loses the connection. It may be used by
// several goroutines.
type sse struct {
	mu      sync.Mutex
	w       http.ResponseWriter
	control *http.ResponseController
	buf     []byte
}

func (s *sse) start() error {
	s.w.Header().Set("Content-Type", "text/event-stream")
	s.w.Header().Set("X-Accel-Buffering", "no")
	s.w.WriteHeader(http.StatusOK)
	return s.comment()
}

func (s *sse) comment() error { return s.write([]byte(":\n\n")) }

// send writes one event; data is one line of JSON.
func (s *sse) send(name, id string, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := append(s.buf[:0], "event: "...)
	b = append(b, name...)
	if id != "" {
		b = append(append(b, "\nid: "...), id...)
	}
	b = append(append(append(b, "\ndata: "...), data...), "\n\n"...)
	s.buf = b[:0]
	return s.flush(b)
}

// dropped tells the client how many messages it did not get.
func (s *sse) dropped(n int64) error {
	if n == 0 {
		return nil
	}
	return s.send("dropped", "", fmt.Appendf(nil, `{"count":%d}`, n))
}

func (s *sse) write(b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush(b)
}

func (s *sse) flush(b []byte) error {
	if err := s.control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := s.w.Write(b); err != nil {
		return err
	}
	return s.control.Flush()
}
