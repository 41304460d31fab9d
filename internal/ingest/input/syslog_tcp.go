// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// SyslogTCP is the configuration of a syslog listener over TCP: RFC 5424 and
// 3164, counted and newline framing (RFC 6587), told apart by each connection's
// first bytes.
type SyslogTCP struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Format is the format of the messages.
	Format string `yaml:"format"`
	// Source is the source of messages from which none can be told.
	Source string `yaml:"source"`
	// Timezone is where times without a zone belong: a name of the tz database.
	Timezone string `yaml:"timezone"`
	// MaxConnections bounds the open connections, MaxPerPeer those of one address.
	MaxConnections int `yaml:"max_connections"`
	MaxPerPeer     int `yaml:"max_per_peer"`
	// IdleTimeout ends a connection on which nothing comes, LineTimeout one that
	// stops in the middle of a message; what came of it is kept.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	LineTimeout time.Duration `yaml:"line_timeout"`
	// TLS makes it syslog over TLS (RFC 5425).
	TLS TLS `yaml:"tls"`
}

func syslogTCPSpec() Spec {
	return Spec{
		Type:    "syslog_tcp",
		Summary: "syslog over TCP or TLS (RFC 5424, RFC 3164), octet-counted or a line each",
		New: func() Config {
			return &SyslogTCP{
				Listen: "127.0.0.1:5514", Format: "syslog", MaxConnections: 2048, MaxPerPeer: 256,
				IdleTimeout: time.Hour, LineTimeout: 30 * time.Second,
			}
		},
	}
}

// Validate checks the fields.
func (c *SyslogTCP) Validate() error {
	switch {
	case c.MaxConnections < 1:
		return errors.New("max_connections: must be at least 1")
	case c.MaxPerPeer < 1:
		return errors.New("max_per_peer: must be at least 1")
	case c.IdleTimeout < time.Second:
		return errors.New("idle_timeout: must be at least 1s")
	case c.LineTimeout < time.Second:
		return errors.New("line_timeout: must be at least 1s")
	}
	return errors.Join(c.TLS.validate(), checkSyslog(c.Listen, c.Format, c.Timezone))
}

// LimitFiles bounds the connections; with TLS as many may be in their handshake.
func (c *SyslogTCP) LimitFiles(n int) {
	if c.TLS.on() {
		n /= 2
	}
	c.MaxConnections = min(c.MaxConnections, max(n, 1))
}

// checkSyslog checks what both transports have.
func checkSyslog(listen, format, timezone string) error {
	if _, _, err := net.SplitHostPort(listen); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	if format == "" {
		return errors.New("format: missing")
	}
	if _, err := time.LoadLocation(timezone); err != nil {
		return fmt.Errorf("timezone: %w", err)
	}
	return nil
}

// template is a batch with what the configuration says.
func template(env Env, format, source, timezone string) (pipeline.Batch, error) {
	b := pipeline.Batch{Format: format, Source: source}
	if env.HasFormat != nil && !env.HasFormat(format) {
		return b, fmt.Errorf("format: %w: %.40q", pipeline.ErrFormat, format)
	}
	if timezone == "" {
		return b, nil
	}
	zone, err := time.LoadLocation(timezone)
	if err != nil {
		return b, fmt.Errorf("timezone: %w", err)
	}
	b.Zone = zone
	return b, nil
}

// Open takes the port.
func (c *SyslogTCP) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("syslog over TCP: %w", err)
	}
	in, err := c.serve(ln, env) //nolint:contextcheck // a handshake has a context of its own
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	return in, nil
}

func (c *SyslogTCP) serve(ln net.Listener, env Env) (*syslogTCP, error) {
	b, err := template(env, c.Format, c.Source, c.Timezone)
	if err != nil {
		return nil, err
	}
	var secure *tls.Config
	if c.TLS.on() {
		if secure, err = c.TLS.open(env.Logger); err != nil {
			return nil, err
		}
	}
	return &syslogTCP{
		config: *c, acceptor: newAcceptor(ln, c.MaxConnections, c.MaxPerPeer, secure, env.Logger), template: b, deliverer: deliverer{env: env},
	}, nil
}

type syslogTCP struct {
	deliverer
	acceptor
	config   SyslogTCP
	template pipeline.Batch

	cut, broken atomic.Uint64
}

// The sizes of a connection's buffer: it grows while a message or the sender
// needs it. A longer message is cut.
const (
	firstBuffer = 4 << 10
	maxMessage  = event.MaxEventBytes
	maxBuffer   = maxMessage + 64
)

// Routes returns none.
func (s *syslogTCP) Routes() []Route { return nil }

// Run accepts and serves connections until ctx ends.
func (s *syslogTCP) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	return s.accept(ctx, func(conn net.Conn, peer netip.Addr) { s.read(ctx, working, conn, peer) })
}

// read takes messages from one connection. It reads on only after what it has
// read is recorded, so that TCP pushes back.
func (s *syslogTCP) read(ctx, working context.Context, conn net.Conn, peer netip.Addr) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now().Add(drainTime)) })
	defer stop()
	b := s.template
	b.Sender, b.Peer = senderOf(peer)
	if name := certified(conn); name != "" {
		b.Sender = "syslog:" + name
	}
	f := framer{max: maxMessage}
	buf, have := make([]byte, firstBuffer), 0
	var begun time.Time // when the message that is not all there began
	var frames [][]byte
	for {
		s.deadline(ctx, conn, begun)
		n, err := conn.Read(buf[have:])
		have += n
		cutBefore := f.cut
		var used int
		var frameErr error
		frames, used, frameErr = f.split(buf[:have], err != nil, frames[:0])
		s.cut.Add(f.cut - cutBefore)
		if len(frames) > 0 {
			b.Items = keep(frames)
			s.deliver(working, b)
		}
		full := have == len(buf)
		have = copy(buf, buf[used:have])
		if frameErr != nil || err != nil && early(err, begun) && ctx.Err() == nil {
			s.broken.Add(1)
			s.env.Logger.DebugContext(ctx, "connection ended early", "sender", b.Sender, "error", errors.Join(frameErr, err))
		}
		if frameErr != nil || err != nil {
			return
		}
		switch {
		case have == 0:
			begun = time.Time{}
		case begun.IsZero() || used > 0:
			begun = time.Now()
		}
		buf = resize(buf, have, full)
	}
}

// early tells whether an error ended a connection before its time: neither its
// end, nor a silence or the missing farewell of TLS between two messages does.
func early(err error, begun time.Time) bool {
	return !errors.Is(err, io.EOF) && (!begun.IsZero() || !errors.Is(err, os.ErrDeadlineExceeded) && !errors.Is(err, io.ErrUnexpectedEOF))
}

// deadline sets how long to wait for more: for the rest of a message that began
// then, else for the next one. When the input stops the deadline of the stop
// stands, whatever still comes.
func (s *syslogTCP) deadline(ctx context.Context, conn net.Conn, begun time.Time) {
	if ctx.Err() != nil {
		return
	}
	until := time.Now().Add(s.config.IdleTimeout)
	if !begun.IsZero() {
		until = begun.Add(s.config.LineTimeout)
	}
	_ = conn.SetReadDeadline(until) // an error shows in the next read
	if ctx.Err() != nil {           // it stopped meanwhile
		_ = conn.SetReadDeadline(time.Now().Add(drainTime))
	}
}

// keep copies messages into one buffer of their own: the events alias it.
func keep(frames [][]byte) [][]byte {
	size := 0
	for _, f := range frames {
		size += len(f)
	}
	block, items := make([]byte, 0, size), make([][]byte, len(frames))
	for i, f := range frames {
		at := len(block)
		block = append(block, f...)
		items[i] = block[at:len(block):len(block)]
	}
	return items
}

// resize grows a buffer that was full, and gives up a large one that holds
// little.
func resize(buf []byte, have int, full bool) []byte {
	size := len(buf)
	switch {
	case full && size < maxBuffer:
		size = min(2*size, maxBuffer)
	case !full && have <= size/4 && size > firstBuffer:
		size = max(size/2, firstBuffer)
	default:
		return buf
	}
	other := make([]byte, size)
	copy(other, buf[:have])
	return other
}

// Stats returns the counts.
func (s *syslogTCP) Stats() Stats {
	st := s.stats()
	st.Received, st.Lost, st.Cut = s.received.Load(), s.lost.Load(), s.cut.Load()
	st.Broken += s.broken.Load()
	return st
}

// Close gives the port back; open connections end with Run.
func (s *syslogTCP) Close() error {
	if err := s.close(); err != nil {
		return fmt.Errorf("close syslog over TCP: %w", err)
	}
	return nil
}

var (
	_ Config      = (*SyslogTCP)(nil)
	_ FileLimiter = (*SyslogTCP)(nil)
	_ Input       = (*syslogTCP)(nil)
)
