// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// GELFUDP is the configuration of a listener for Graylog's GELF over UDP: plain, gzip or
// zlib, in one datagram or in chunks.
type GELFUDP struct {
	// Listen is host:port.
	Listen string `yaml:"listen"`
	// Source is the source of messages from which none can be told.
	Source string `yaml:"source"`
	// ReceiveBuffer is what the kernel is asked to hold, in bytes.
	ReceiveBuffer int `yaml:"receive_buffer"`
	// Queue is how much may wait to be recorded, in bytes; more is dropped and counted.
	Queue int `yaml:"queue"`
}

func gelfUDPSpec() Spec {
	return Spec{
		Type:    "gelf_udp",
		Summary: "GELF (Graylog) over UDP: plain, gzip, zlib, and in chunks; losses are counted",
		New: func() Config {
			return &GELFUDP{Listen: "127.0.0.1:12201", ReceiveBuffer: 8 << 20, Queue: 16 << 20}
		},
	}
}

// Validate checks the fields.
func (c *GELFUDP) Validate() error {
	same := SyslogUDP{Listen: c.Listen, Format: "gelf", ReceiveBuffer: c.ReceiveBuffer, Queue: c.Queue}
	return same.Validate()
}

// Open takes the port.
func (c *GELFUDP) Open(ctx context.Context, env Env) (Input, error) {
	if err := errors.Join(env.check(false), c.Validate()); err != nil {
		return nil, err
	}
	b, err := template(env, "gelf", c.Source, "")
	if err != nil {
		return nil, err
	}
	chunks := newAssembler()
	in, err := openDatagrams(ctx, c.Listen, c.ReceiveBuffer, &datagrams{
		deliverer: deliverer{env: env}, protocol: "gelf", template: b, most: c.Queue, open: new(unpacker).unpack,
		whole: func(peer netip.AddrPort, data []byte) []byte {
			if chunk(data) {
				return chunks.add(peer, data, time.Now())
			}
			return append(make([]byte, 0, len(data)), data...)
		},
	})
	if err != nil {
		return nil, err
	}
	return &gelfUDP{datagrams: in, chunks: chunks}, nil
}

type gelfUDP struct {
	*datagrams
	chunks *assembler
}

// Run receives until ctx ends, then records what has arrived.
func (s *gelfUDP) Run(ctx context.Context) error {
	err := s.datagrams.Run(ctx)
	s.chunks.end() // nobody reads any more
	return err
}

// Stats returns the counts: chunks without room are dropped, messages of which chunks
// are missing are broken.
func (s *gelfUDP) Stats() Stats {
	st := s.datagrams.Stats()
	st.DroppedQueue += s.chunks.refused.Load()
	st.Broken += s.chunks.incomplete.Load() + s.chunks.malformed.Load()
	st.Repeated = s.chunks.repeated.Load()
	return st
}

var (
	_ Config = (*GELFUDP)(nil)
	_ Input  = (*gelfUDP)(nil)
)
