// SPDX-License-Identifier: Apache-2.0

// Package input receives records over the protocols that senders speak, and
// hands them to the pipeline.
//
//	HTTP request → authorise → read the body (bounded) → split ─┐
//	TCP stream   → frames ─────────────────────────────────────┼→ pipeline.Batch → answer
//	UDP datagram → queue (bounded, losses counted) ────────────┘
//
// It is a catalog: one file a protocol with its name, configuration, defaults,
// checks and behaviour, and one line in Catalog. What several protocols share is
// beside them: door lets requests in by the credential of their protocol, Bodies reads
// request bodies, Answer writes results and problems, acceptor takes connections,
// framer cuts streams, deliverer holds on to a batch until it is recorded.
//
// Guarantees:
//
//   - HTTP answers success only after the events are durable. Nothing of a body
//     is read before the sender is authorised.
//   - TCP reads no further than what has been recorded: a full journal pushes
//     back to the sender.
//   - UDP cannot push back; what the kernel or a full queue drops is counted.
//   - Bodies, lines, queues and connections are bounded in number and size, slow
//     senders by time.
//
// An input is opened once, runs once and is closed; its handlers and Stats may
// be called concurrently.
package input

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// Spec describes one kind of input.
type Spec struct {
	// Type is its name in the configuration.
	Type string
	// Summary says in one line what it receives.
	Summary string
	// New returns its configuration with the defaults set, ready to be decoded
	// into by the names in the yaml tags.
	New func() Config
}

// Catalog lists all kinds of inputs.
func Catalog() []Spec {
	return []Spec{
		fileSpec(),
		bulkSpec(),
		datadogSpec(),
		hecSpec(),
		fluentSpec(),
		gelfTCPSpec(),
		gelfUDPSpec(),
		httpSpec(),
		journalUploadSpec(),
		journaldSpec(),
		otlpSpec(),
		reskSpec(),
		stdinSpec(),
		syslogTCPSpec(),
		syslogUDPSpec(),
		workspaceSpec(),
	}
}

// Lookup returns the spec of a type.
func Lookup(name string) (Spec, bool) {
	for _, s := range Catalog() {
		if s.Type == name {
			return s, true
		}
	}
	return Spec{}, false
}

// Config is the configuration of one input.
type Config interface {
	// Validate says which field is wrong, by its name in the configuration.
	Validate() error
	// Open makes the input, and takes its port where it has one. The caller
	// closes it.
	Open(ctx context.Context, env Env) (Input, error)
}

// FileLimiter is a Config whose input may have many files or connections open. The
// application bounds their number before it opens the input.
type FileLimiter interface {
	// LimitFiles bounds the files that are open at a time, to at least one.
	LimitFiles(n int)
}

// Input is an open input.
type Input interface {
	// Routes are the HTTP routes that the application serves for it, nil for an
	// input that listens by itself.
	Routes() []Route
	// Run receives until ctx ends, then hands over what has been read and
	// returns nil. An input with routes has nothing to do but wait.
	Run(ctx context.Context) error
	// Stats are the counts since it was opened.
	Stats() Stats
	// Close gives the port back. It may be called more than once.
	Close() error
}

// Route is one HTTP route of an input. Handler does its own authorisation.
type Route struct {
	Method, Pattern string
	Handler         http.Handler
	// Only, where given, tells which requests are the input's; the others are
	// somebody else's.
	Only func(r *http.Request) bool
	// Open says that it needs no token: it tells nothing and takes nothing.
	Open bool
}

// Stats are an input's own counts, beside those of the pipeline.
type Stats struct {
	// Address is where it listens, or what it reads; "" when it has routes.
	Address string
	// Received counts records as they came in.
	Received uint64
	// DroppedKernel are datagrams that the kernel dropped, DroppedQueue those
	// that did not fit into the queue, Lost those that could not be recorded
	// before the input had to stop.
	DroppedKernel, DroppedQueue, Lost uint64
	// Cut are lines that were longer than can be kept, Broken are connections
	// that ended in the middle of a record or broke the protocol.
	Cut, Broken uint64
	// Repeated are datagrams that came twice.
	Repeated uint64
	// Connections are open now, Refused were over the limit, both since the start.
	Connections, Refused uint64
	// Files are followed now, Unreadable are files and folders that cannot be read now.
	Files, Unreadable uint64
}

// Env is what the application gives an input.
type Env struct {
	// Name is the input's name in the configuration: Batch.Input.
	Name string
	// Ingest is the way to the journal. It is called concurrently.
	Ingest func(ctx context.Context, b pipeline.Batch) (pipeline.Result, error)
	// Spent counts the time since start for a stage and returns now; nil is
	// allowed.
	Spent func(s pipeline.Stage, start time.Time, events int) time.Time
	// HasFormat tells whether there is a format of that name; nil is allowed, then
	// a wrong name shows with the first batch.
	HasFormat func(name string) bool
	// Authorize tells who sends, by the token. Inputs with routes need it.
	Authorize Authorize
	// Receipt makes the receipt of a request, as JSON, from the SHA-256 of its
	// decoded body and its result; nil makes none.
	Receipt func(ctx context.Context, request [32]byte, r *pipeline.Result) ([]byte, error)
	// State is the path of a file of the input's own, for what it must know after a
	// restart: up to where it has read. The input makes it, and its folder. Inputs that
	// read by themselves need it.
	State string
	// Stdin is the process's standard input, for the one input that reads it.
	Stdin io.Reader
	// Bodies bounds the memory of request bodies over all inputs.
	Bodies *Bodies
	Logger *slog.Logger
}

// check says what is missing for an input with routes, or one that listens.
func (e *Env) check(routes bool) error {
	switch {
	case e.Name == "" || e.Ingest == nil || e.Logger == nil:
		return errors.New("input: Name, Ingest and Logger are required")
	case routes && (e.Authorize == nil || e.Bodies == nil):
		return errors.New("input: Authorize and Bodies are required")
	default:
		return nil
	}
}

func (e *Env) spent(s pipeline.Stage, start time.Time, events int) {
	if e.Spent != nil {
		e.Spent(s, start, events)
	}
}

// Sender is who sends a request.
type Sender struct {
	// ID is the token's or user's id: Batch.Sender.
	ID string
	// Source is the source of records that name none, "" when the token has no
	// source of its own.
	Source string
}

// Authorize tells who sends, by the token: one that may write events. It fails with
// ErrUnauthorized, ErrForbidden or an error of pipeline.RefusedError's kind; any
// other error is a fault of ours. It is cheap and called before anything of a body
// is read; where a protocol puts the token is the input's to know (credential).
type Authorize func(ctx context.Context, token string) (Sender, error)

// The answers of an Authorize.
var (
	// ErrUnauthorized: nobody that we know (401).
	ErrUnauthorized = errors.New("a valid token is required")
	// ErrForbidden: known, but not allowed to write events (403).
	ErrForbidden = errors.New("this token may not write events")
)
