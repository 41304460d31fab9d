// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
)

// SyslogUDP is the configuration of a syslog listener over UDP (RFC 5426): one
// message a datagram.
type SyslogUDP struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Format is the format of the messages.
	Format string `yaml:"format"`
	// Source is the source of messages from which none can be told.
	Source string `yaml:"source"`
	// Timezone is where times without a zone belong: a name of the tz database.
	Timezone string `yaml:"timezone"`
	// ReceiveBuffer is what the kernel is asked to hold, in bytes.
	ReceiveBuffer int `yaml:"receive_buffer"`
	// Queue is how much may wait to be recorded, in bytes; more is dropped and
	// counted.
	Queue int `yaml:"queue"`
}

func syslogUDPSpec() Spec {
	return Spec{
		Type:    "syslog_udp",
		Summary: "syslog over UDP (RFC 5424, RFC 3164); losses are counted",
		New: func() Config {
			return &SyslogUDP{Listen: "127.0.0.1:5514", Format: "syslog", ReceiveBuffer: 8 << 20, Queue: 16 << 20}
		},
	}
}

// Validate checks the fields.
func (c *SyslogUDP) Validate() error {
	switch {
	case c.ReceiveBuffer < 64<<10 || c.ReceiveBuffer > 1<<30:
		return errors.New("receive_buffer: must be 64 KiB to 1 GiB")
	case c.Queue < 64<<10 || c.Queue > 1<<30:
		return errors.New("queue: must be 64 KiB to 1 GiB")
	}
	return checkSyslog(c.Listen, c.Format, c.Timezone)
}

// Open takes the port.
func (c *SyslogUDP) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	b, err := template(env, c.Format, c.Source, c.Timezone)
	if err != nil {
		return nil, err
	}
	return openDatagrams(ctx, c.Listen, c.ReceiveBuffer, &datagrams{
		deliverer: deliverer{env: env}, protocol: "syslog", template: b, most: c.Queue,
	})
}

var _ Config = (*SyslogUDP)(nil)
