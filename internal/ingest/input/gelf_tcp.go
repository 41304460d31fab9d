// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// GELFTCP is the configuration of a listener for Graylog's GELF over TCP: messages that
// end with a NUL byte, not packed.
type GELFTCP struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Source is the source of messages from which none can be told.
	Source string `yaml:"source"`
	// MaxConnections bounds the open connections, MaxPerPeer those of one address.
	MaxConnections int `yaml:"max_connections"`
	MaxPerPeer     int `yaml:"max_per_peer"`
	// IdleTimeout ends a connection on which nothing comes, MessageTimeout one that stops
	// in the middle of a message.
	IdleTimeout    time.Duration `yaml:"idle_timeout"`
	MessageTimeout time.Duration `yaml:"message_timeout"`
}

func gelfTCPSpec() Spec {
	return Spec{
		Type:    "gelf_tcp",
		Summary: "GELF (Graylog) over TCP: messages with a NUL byte behind each",
		New: func() Config {
			return &GELFTCP{
				Listen: "127.0.0.1:12201", MaxConnections: 2048, MaxPerPeer: 256, IdleTimeout: time.Hour, MessageTimeout: 30 * time.Second,
			}
		},
	}
}

// Validate checks the fields.
func (c *GELFTCP) Validate() error {
	switch {
	case c.MaxConnections < 1:
		return errors.New("max_connections: must be at least 1")
	case c.MaxPerPeer < 1:
		return errors.New("max_per_peer: must be at least 1")
	case c.IdleTimeout < time.Second:
		return errors.New("idle_timeout: must be at least 1s")
	case c.MessageTimeout < time.Second:
		return errors.New("message_timeout: must be at least 1s")
	}
	return checkSyslog(c.Listen, "gelf", "")
}

// LimitFiles bounds the connections.
func (c *GELFTCP) LimitFiles(n int) { c.MaxConnections = min(c.MaxConnections, max(n, 1)) }

// Open takes the port.
func (c *GELFTCP) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	b, err := template(env, "gelf", c.Source, "")
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("gelf over TCP: %w", err)
	}
	return &stream{
		protocol: "gelf", acceptor: newAcceptor(ln, c.MaxConnections, c.MaxPerPeer, nil, env.Logger), template: b,
		deliverer: deliverer{env: env}, framing: func() splitter { return &nulFramer{max: maxMessage} },
		idle: c.IdleTimeout, slow: c.MessageTimeout,
	}, nil
}

// nulFramer cuts a stream at its NUL bytes. A message over max is passed over to its
// end, and counted: a part of a JSON text is none.
type nulFramer struct {
	max     int
	cut     uint64
	passing bool
}

func (f *nulFramer) split(buf []byte, last bool, out [][]byte) (frames [][]byte, used int, err error) {
	for {
		rest := buf[used:]
		end := bytes.IndexByte(rest, 0)
		switch {
		case end < 0 && len(rest) > f.max:
			if !f.passing {
				f.passing = true
				f.cut++
			}
			return out, len(buf), nil
		case end < 0 && f.passing:
			return out, len(buf), nil
		case end < 0 && last:
			if rest = bytes.TrimSpace(rest); len(rest) > 0 {
				out = append(out, rest)
			}
			return out, len(buf), nil
		case end < 0:
			return out, used, nil
		}
		used += end + 1
		frame := bytes.TrimSpace(rest[:end])
		switch {
		case f.passing:
			f.passing = false
		case len(frame) > f.max:
			f.cut++
		case len(frame) > 0:
			out = append(out, frame)
		}
	}
}

func (f *nulFramer) cuts() uint64 { return f.cut }

var (
	_ Config      = (*GELFTCP)(nil)
	_ FileLimiter = (*GELFTCP)(nil)
)
