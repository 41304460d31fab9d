// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
)

// Fluent is the configuration of a listener for the Fluent forward protocol, version 1
// (Fluentd, Fluent Bit, Docker): all modes, packed with gzip or not, with acknowledgement
// and with a shared key.
type Fluent struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Source is the source of records from which none can be told.
	Source string `yaml:"source"`
	// SharedKey is what senders must know; without it anybody may send.
	SharedKey secret.Text `yaml:"shared_key"`
	// MaxConnections bounds the open connections, MaxPerPeer those of one address.
	MaxConnections int `yaml:"max_connections"`
	MaxPerPeer     int `yaml:"max_per_peer"`
	// IdleTimeout ends a connection on which nothing comes, MessageTimeout one that stops
	// in the middle of a message.
	IdleTimeout    time.Duration `yaml:"idle_timeout"`
	MessageTimeout time.Duration `yaml:"message_timeout"`
	// TLS makes it the protocol over TLS.
	TLS TLS `yaml:"tls"`
}

func fluentSpec() Spec {
	return Spec{
		Type:    "fluent",
		Summary: "the Fluent forward protocol of Fluentd, Fluent Bit and Docker, with acknowledgement",
		New: func() Config {
			return &Fluent{
				Listen: "127.0.0.1:24224", MaxConnections: 512, MaxPerPeer: 64, IdleTimeout: time.Hour, MessageTimeout: 30 * time.Second,
			}
		},
	}
}

// Validate checks the fields.
func (c *Fluent) Validate() error {
	same := GELFTCP{
		Listen: c.Listen, MaxConnections: c.MaxConnections, MaxPerPeer: c.MaxPerPeer, IdleTimeout: c.IdleTimeout, MessageTimeout: c.MessageTimeout,
	}
	return errors.Join(c.TLS.validate(), same.Validate())
}

// LimitFiles bounds the connections; with TLS as many may be in their handshake.
func (c *Fluent) LimitFiles(n int) {
	if c.TLS.on() {
		n /= 2
	}
	c.MaxConnections = min(c.MaxConnections, max(n, 1))
}

// Open takes the port.
func (c *Fluent) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	b, err := template(env, "fluent", c.Source, "")
	if err != nil {
		return nil, err
	}
	secure, err := c.TLS.open(env.Logger) //nolint:contextcheck // a handshake has a context of its own
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("fluent over TCP: %w", err)
	}
	return &fluentInput{
		stream: stream{
			protocol: "fluent", acceptor: newAcceptor(ln, c.MaxConnections, c.MaxPerPeer, secure, env.Logger), template: b,
			deliverer: deliverer{env: env}, idle: c.IdleTimeout, slow: c.MessageTimeout,
		},
		key: c.SharedKey, room: semaphore.NewWeighted(fluentMemory),
	}, nil
}

// The bounds of what has been read and is not recorded.
const (
	// fluentMessage is the longest message, fluentOpen what a packed one may become.
	fluentMessage = 8 << 20
	fluentOpen    = 16 << 20
	// fluentMemory is for the messages of all connections; a connection that would need
	// more is closed, and its sender comes again.
	fluentMemory = 64 << 20
)

type fluentInput struct {
	stream
	key  secret.Text
	room *semaphore.Weighted
}

// Run accepts and serves connections until ctx ends.
func (s *fluentInput) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	return s.accept(ctx, func(conn net.Conn, peer netip.Addr) {
		stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now().Add(drainTime)) })
		defer stop()
		if err := s.read(ctx, working, conn, peer); err != nil && ctx.Err() == nil {
			s.broken.Add(1)
			s.env.Logger.DebugContext(ctx, "connection ended early", "peer", peer, "error", err)
		}
	})
}

// read takes messages from one connection. It reads on only after what it has read is
// recorded, so that TCP pushes back.
func (s *fluentInput) read(ctx, working context.Context, conn net.Conn, peer netip.Addr) error {
	b := s.template
	b.Sender, b.Peer = senderOf(s.protocol, peer)
	if name := certified(conn); name != "" {
		b.Sender = s.protocol + ":" + name
	}
	memory := lease{room: s.room}
	defer memory.free()
	greeted := s.key.IsZero()
	hello := greeting{key: s.key}
	buf, have := make([]byte, firstBuffer), 0
	next := func() (int, error) { // the length of the next message
		var scan packScan
		var begun time.Time
		for {
			n, err := scan.next(buf[:have])
			if !errors.Is(err, errPackShort) {
				return n, err
			}
			if have == len(buf) {
				if have >= fluentMessage || !greeted {
					return 0, fmt.Errorf("%w: a message of more than %d bytes", errTooLarge, have)
				}
				if err := memory.grow(int64(2 * have)); err != nil {
					return 0, err
				}
				grown := make([]byte, 2*have)
				copy(grown, buf)
				buf = grown
			}
			if have > 0 && begun.IsZero() {
				begun = time.Now()
			}
			s.deadline(ctx, conn, begun)
			n, err = conn.Read(buf[have:])
			have += n
			if err != nil && n == 0 {
				if early(err, begun) || have > 0 {
					return 0, err
				}
				return 0, nil
			}
		}
	}
	if !greeted {
		if err := hello.helo(conn); err != nil {
			return err
		}
	}
	for {
		n, err := next()
		if n == 0 || err != nil {
			return err
		}
		if !greeted {
			if err := hello.ping(conn, buf[:n]); err != nil {
				return err
			}
			greeted = true
		} else if err := s.take(working, conn, b, buf[:n], &memory); err != nil {
			return err
		}
		have = copy(buf, buf[n:have])
		if have <= firstBuffer && len(buf) > 16*firstBuffer {
			buf = append(make([]byte, 0, firstBuffer), buf[:have]...)[:firstBuffer]
			memory.free()
		}
	}
}

var (
	_ Config      = (*Fluent)(nil)
	_ FileLimiter = (*Fluent)(nil)
	_ Input       = (*fluentInput)(nil)
)
