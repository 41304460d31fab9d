// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

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

func (c *SyslogTCP) serve(ln net.Listener, env Env) (*stream, error) {
	b, err := template(env, c.Format, c.Source, c.Timezone)
	if err != nil {
		return nil, err
	}
	secure, err := c.TLS.open(env.Logger)
	if err != nil {
		return nil, err
	}
	return &stream{
		protocol: "syslog", acceptor: newAcceptor(ln, c.MaxConnections, c.MaxPerPeer, secure, env.Logger), template: b,
		deliverer: deliverer{env: env}, framing: func() splitter { return &framer{max: maxMessage} },
		idle: c.IdleTimeout, slow: c.LineTimeout,
	}, nil
}

var (
	_ Config      = (*SyslogTCP)(nil)
	_ FileLimiter = (*SyslogTCP)(nil)
)
