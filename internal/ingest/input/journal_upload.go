// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// JournalUpload is the configuration of a listener for systemd-journal-upload. That
// program knows no token: its certificate says who it is.
type JournalUpload struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Format is the format of the entries, as JSON.
	Format string `yaml:"format"`
	// Source is the source of entries from which none can be told.
	Source string `yaml:"source"`
	// MaxConnections bounds the open connections, MaxPerPeer those of one address.
	MaxConnections int `yaml:"max_connections"`
	MaxPerPeer     int `yaml:"max_per_peer"`
	// IdleTimeout ends a connection on which nothing comes.
	IdleTimeout time.Duration `yaml:"idle_timeout"`
	// TLS is required unless Listen is on the loopback.
	TLS TLS `yaml:"tls"`
}

func journalUploadSpec() Spec {
	return Spec{
		Type:    "journal_upload",
		Summary: "systemd-journal-upload: the journals of other machines, over TLS",
		New: func() Config {
			return &JournalUpload{
				Listen: "127.0.0.1:19532", Format: "json", MaxConnections: 256, MaxPerPeer: 16, IdleTimeout: time.Hour,
			}
		},
	}
}

// Validate checks the fields.
func (c *JournalUpload) Validate() error {
	switch {
	case c.MaxConnections < 1:
		return errors.New("max_connections: must be at least 1")
	case c.MaxPerPeer < 1:
		return errors.New("max_per_peer: must be at least 1")
	case c.IdleTimeout < time.Second:
		return errors.New("idle_timeout: must be at least 1s")
	}
	if err := errors.Join(c.TLS.validate(), checkSyslog(c.Listen, c.Format, "")); err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(c.Listen) // checkSyslog has looked at it
	if addr, err := netip.ParseAddr(host); !c.TLS.on() && host != "localhost" && (err != nil || !addr.IsLoopback()) {
		return errors.New("tls: missing; without it listen must be on the loopback")
	}
	return nil
}

// LimitFiles bounds the connections; with TLS as many may be in their handshake.
func (c *JournalUpload) LimitFiles(n int) {
	if c.TLS.on() {
		n /= 2
	}
	c.MaxConnections = min(c.MaxConnections, max(n, 1))
}

// Open takes the port.
func (c *JournalUpload) Open(ctx context.Context, env Env) (_ Input, err error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	b, err := template(env, c.Format, c.Source, "")
	if err != nil {
		return nil, err
	}
	secure, err := c.TLS.open(env.Logger) //nolint:contextcheck // a handshake has a context of its own
	if err != nil {
		return nil, err
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("journal upload: %w", err)
	}
	return &journalUpload{
		deliverer: deliverer{env: env}, config: *c, template: b,
		acceptor: newAcceptor(ln, c.MaxConnections, c.MaxPerPeer, secure, env.Logger),
	}, nil
}

var (
	_ Config      = (*JournalUpload)(nil)
	_ FileLimiter = (*JournalUpload)(nil)
)
