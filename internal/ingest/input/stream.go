// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
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

// stream is an input over TCP: it takes messages from its connections.
type stream struct {
	deliverer
	acceptor
	// protocol stands before the sender's address or certificate.
	protocol string
	template pipeline.Batch
	// framing makes what cuts the bytes of one connection into messages.
	framing func() splitter
	// idle ends a connection on which nothing comes, slow one that stops in the middle
	// of a message.
	idle, slow time.Duration

	cut, broken atomic.Uint64
}

// splitter cuts what has come of a stream into messages. It returns them, how many bytes
// it is done with, and an error when the stream can no longer be read. last says that
// nothing more will come.
type splitter interface {
	split(buf []byte, last bool, out [][]byte) (frames [][]byte, used int, err error)
	// cuts is how many messages were longer than can be kept.
	cuts() uint64
}

// The sizes of a connection's buffer: it grows while a message or the sender
// needs it. A longer message is cut.
const (
	firstBuffer = 4 << 10
	maxMessage  = event.MaxEventBytes
	maxBuffer   = maxMessage + 64
)

// Routes returns none.
func (s *stream) Routes() []Route { return nil }

// Run accepts and serves connections until ctx ends.
func (s *stream) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	return s.accept(ctx, func(conn net.Conn, peer netip.Addr) { s.read(ctx, working, conn, peer) })
}

// read takes messages from one connection. It reads on only after what it has
// read is recorded, so that TCP pushes back.
func (s *stream) read(ctx, working context.Context, conn net.Conn, peer netip.Addr) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now().Add(drainTime)) })
	defer stop()
	b := s.template
	b.Sender, b.Peer = senderOf(s.protocol, peer)
	if name := certified(conn); name != "" {
		b.Sender = s.protocol + ":" + name
	}
	f := s.framing()
	buf, have := make([]byte, firstBuffer), 0
	var begun time.Time // when the message that is not all there began
	var frames [][]byte
	for {
		s.deadline(ctx, conn, begun)
		n, err := conn.Read(buf[have:])
		have += n
		cutBefore := f.cuts()
		var used int
		var frameErr error
		frames, used, frameErr = f.split(buf[:have], err != nil, frames[:0])
		s.cut.Add(f.cuts() - cutBefore)
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
func (s *stream) deadline(ctx context.Context, conn net.Conn, begun time.Time) {
	if ctx.Err() != nil {
		return
	}
	until := time.Now().Add(s.idle)
	if !begun.IsZero() {
		until = begun.Add(s.slow)
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
func (s *stream) Stats() Stats {
	st := s.stats()
	st.Received, st.Lost, st.Cut = s.received.Load(), s.lost.Load(), s.cut.Load()
	st.Broken += s.broken.Load()
	return st
}

// Close gives the port back; open connections end with Run.
func (s *stream) Close() error {
	if err := s.close(); err != nil {
		return fmt.Errorf("close %s over TCP: %w", s.protocol, err)
	}
	return nil
}

var _ Input = (*stream)(nil)
