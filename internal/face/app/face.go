// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/api"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/web"
)

// The bounds of the HTTP server. Bodies and streams set their own deadlines.
const (
	headerTimeout = 10 * time.Second
	answerTimeout = 5 * time.Minute
	idleTimeout   = 2 * time.Minute
	maxHeader     = 64 << 10
	stopTimeout   = 5 * time.Second // those who stop services wait 10 s
)

// sessionSecret names the secret that signs sessions.
const sessionSecret = "sessions"

// facing is the floor that others see.
type facing struct {
	access   *auth.Auth
	auditor  *auditor
	api      *api.API
	listener *limitedListener
	http     *http.Server
	vitals   vitals
	stopping atomic.Bool
}

func (s *server) openAccess(context.Context) error {
	key, err := s.record.keys.Secret(sessionSecret)
	if err != nil {
		return err
	}
	s.face.auditor = &auditor{submit: s.ingest.pipeline.Submit, host: s.host, logger: s.logger.With("part", "audit")}
	s.face.access, err = auth.New(auth.Options{
		Store: s.record.state, Key: key, Audit: s.face.auditor.activity, Logger: s.logger.With("part", "access"),
	})
	return err
}

// ensureAdmin makes the first user, and prints the password that it made up. Its
// audit event needs a running journal.
func (s *server) ensureAdmin(ctx context.Context) error {
	password, err := s.face.access.EnsureAdmin(ctx, s.opt.AdminPassword)
	if err != nil || password.IsZero() || !s.opt.AdminPassword.IsZero() {
		return err
	}
	_, err = fmt.Fprintf(s.opt.Stdout, "admin password: %s\n", password.Reveal())
	return err
}

func (s *server) openFace(ctx context.Context) (err error) {
	if err := s.openInputs(ctx); err != nil {
		return err
	}
	s.face.vitals.begin(s)
	o := api.Options{
		Logs: s.record.search, Hunts: s.record.search, Saved: s.record.state, Cases: s.record.cases, Auth: s.face.access, Audit: s.face.auditor.event,
		Verify: s.verifyForAPI, Entries: s.entriesForAPI, Evidence: s.evidence(), Origin: s.record.journal.Origin(), Head: s.record.journal.Head,
		Tail:     func(after uint64) api.Tail { return s.record.journal.Reader(after) },
		Erasures: &s.erasures, Holds: s.record.journal, Retain: s.retention.drop, Retention: s.retention.state,
		Inflow: inflow{s}, Vitals: s.face.vitals.read, Ready: s.ready, Metrics: s.metrics(),
		Demo: s.opt.Demo != DemoOff, Version: s.opt.Version, Logger: s.logger.With("part", "api"),
	}
	for _, in := range s.ingest.inputs {
		for _, r := range in.in.Routes() {
			o.Inputs = append(o.Inputs, api.Input{Method: r.Method, Pattern: r.Pattern, Handler: r.Handler, Only: r.Only})
		}
	}
	if files, ok := web.Dist(); ok {
		o.Web = files
	}
	if s.face.api, err = api.New(o); err != nil {
		return err
	}
	s.record.cases.OnChange(s.face.api.Publish)
	return nil
}

func (s *server) openListeners(ctx context.Context) error {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", s.opt.Config.Server.Listen)
	if err != nil {
		return err
	}
	s.face.listener = newLimitedListener(listener, openFiles())
	s.cleanup.add("HTTP listener", s.face.listener.Close)
	s.face.http = &http.Server{
		Handler: s.face.api, ReadHeaderTimeout: headerTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeader,
		ErrorLog:    slog.NewLogLogger(s.logger.With("part", "http").Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	return nil
}

// runFront opens the house to the outside.
func (s *server) runFront(front *floor) {
	front.run("HTTP", s.serveHTTP)
	front.run("enrich", s.ingest.enricher.Run)
	front.run("audit", func(ctx context.Context) error {
		return drain(ctx, s.record.state.DrainActivities, s.face.auditor)
	})
	for _, o := range s.ingest.inputs {
		front.run("input "+o.name, o.in.Run)
	}
	if s.opt.Demo != DemoOff {
		front.once("demo", s.runDemo)
	}
}

// serveHTTP answers until the context ends, then lets requests finish. Live
// streams end first: they would hold the shutdown up.
func (s *server) serveHTTP(ctx context.Context) error {
	streams := make(chan error, 1)
	go func() { streams <- s.face.api.Run(ctx) }()
	served := make(chan error, 1)
	go func() { served <- s.face.http.Serve(s.face.listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
	}
	err = errors.Join(err, <-streams)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if e := s.face.http.Shutdown(stop); e != nil {
		_ = s.face.http.Close()
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// runDemo plays traffic with a token of its own, which ends with it. Whatever goes
// wrong with it, the server goes on.
func (s *server) runDemo(ctx context.Context) error {
	logger := s.logger.With("part", "demo")
	token, key, err := s.face.access.IssueToken(ctx, "demo traffic", auth.ScopeIngest, time.Now().Add(time.Hour), "demo", auth.Peer{})
	if err != nil {
		logger.WarnContext(ctx, "no demo traffic", "error", err)
		return nil
	}
	d := &demo{
		mode: s.opt.Demo, url: s.url(), syslog: s.syslogAddress(), token: key.Reveal(),
		client: &http.Client{Timeout: 30 * time.Second}, logger: logger,
	}
	d.Run(ctx)
	if err := s.face.access.RevokeToken(context.WithoutCancel(ctx), token.ID, "demo", auth.Peer{}); err != nil {
		logger.WarnContext(ctx, "the demo's token is not revoked; it ends within the hour", "error", err)
	}
	return nil
}

// hint is what anybody may read where there is a warning: that needs no login.
func hint(warning, where string) string {
	if warning == "" {
		return ""
	}
	return where
}

// detectionBehind is how far detection may be behind before it counts as not
// working.
const detectionBehind = time.Minute

// ready tells whether requests are welcome. Detection that is behind is told, and
// keeps nobody away: events are recorded all the same.
func (s *server) ready(context.Context) api.Health {
	part := func(name, trouble string) api.Component {
		c := api.Component{Name: name, Ok: trouble == ""}
		if trouble != "" {
			c.Detail = &trouble
		}
		return c
	}
	journal, proof, detection, http := "", "", "", ""
	if s.record.journal.Diverged() != nil {
		proof = "the journal signs no checkpoints: another history of it is known; `tocsin verify` says more"
	} else {
		_, headers, _, _ := s.record.journal.Checkpoint()
		proof = s.record.witnesses.trouble(time.Now(), headers)
	}
	if s.ingest.recorder.refusing(time.Now()) {
		journal = "events cannot be recorded at the moment; the log says why"
	}
	if behind := s.lag(); behind > detectionBehind {
		detection = "behind by " + behind.Round(time.Second).String()
	}
	if s.face.stopping.Load() {
		http = "stopping"
	}
	h := api.Health{Status: api.HealthStatusOk, Components: []api.Component{
		part("journal", journal), part("proof", proof), part("detection", detection), part("http", http),
		part("retention", hint(s.retention.warning(), "something is not dropped; GET /api/siem/retention says why")),
		part("erasures", hint(s.erasures.warning(), "an erasure cannot get on; GET /api/siem/erasures says why")),
	}}
	if journal != "" || http != "" {
		h.Status = api.HealthStatusUnavailable
	}
	return h
}
