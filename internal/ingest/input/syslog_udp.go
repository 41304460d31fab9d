// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
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
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", c.Listen)
	if err != nil {
		return nil, fmt.Errorf("syslog over UDP: %w", err)
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("syslog over UDP: %T is no UDP socket", conn), conn.Close())
	}
	got, counts := enlarge(udp, c.ReceiveBuffer)
	if got < c.ReceiveBuffer {
		env.Logger.WarnContext(ctx, "the kernel gives the socket less than was asked for; raise net.core.rmem_max",
			"input", env.Name, "asked", c.ReceiveBuffer, "got", got)
	}
	return &syslogUDP{
		deliverer: deliverer{env: env}, config: *c, conn: udp, template: b, counts: counts,
		wake: make(chan struct{}, 1),
	}, nil
}

type syslogUDP struct {
	deliverer
	config   SyslogUDP
	conn     *net.UDPConn
	template pipeline.Batch
	counts   bool // the kernel says how many it dropped
	wake     chan struct{}

	mu     sync.Mutex
	queue  []datagram
	queued int // bytes

	droppedKernel, droppedQueue atomic.Uint64
}

type datagram struct {
	peer netip.Addr
	text []byte
}

const (
	// maxDatagram is the largest payload of UDP.
	maxDatagram = 64 << 10
	// datagramCost is what a datagram is counted for beside its bytes.
	datagramCost = 128
	// deliveries is how many senders' batches are recorded at the same time.
	deliveries = 16
)

// Routes returns none.
func (s *syslogUDP) Routes() []Route { return nil }

// Run receives until ctx ends, then records what has arrived.
func (s *syslogUDP) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	stop := context.AfterFunc(ctx, func() { _ = s.conn.SetReadDeadline(time.Now().Add(drainTime)) })
	defer stop()
	var recorder sync.WaitGroup
	read := make(chan struct{})
	recorder.Go(func() { s.record(working, read) })
	s.read(ctx)
	close(read)
	recorder.Wait()
	return s.Close()
}

// read takes datagrams from the socket. It does nothing else, so that the
// kernel's buffer is emptied as fast as can be.
func (s *syslogUDP) read(ctx context.Context) {
	buf, oob := make([]byte, maxDatagram), make([]byte, 64)
	var dropped uint32
	for {
		n, oobn, _, peer, err := s.conn.ReadMsgUDPAddrPort(buf, oob)
		switch {
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded) && ctx.Err() != nil:
			return
		case err != nil: // for example an ICMP error that belongs to nobody
			if !sleep(ctx, retryLeast) {
				return
			}
			continue
		}
		if s.counts {
			if total, ok := overflow(oob[:oobn]); ok {
				s.droppedKernel.Add(uint64(total - dropped)) // the counter may wrap
				dropped = total
			}
		}
		if text := trim(buf[:n]); len(text) > 0 {
			s.push(datagram{peer: peer.Addr(), text: append(make([]byte, 0, len(text)), text...)})
		}
	}
}

// push queues a datagram, or drops it when the queue is full.
func (s *syslogUDP) push(d datagram) {
	s.mu.Lock()
	fits := s.queued+len(d.text)+datagramCost <= s.config.Queue
	if fits {
		s.queue = append(s.queue, d)
		s.queued += len(d.text) + datagramCost
	}
	s.mu.Unlock()
	if !fits {
		s.droppedQueue.Add(1)
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// record takes whatever is in the queue, records it, and looks again: the
// busier the input, the larger the batches. It ends when read is closed and the
// queue is empty.
func (s *syslogUDP) record(ctx context.Context, read <-chan struct{}) {
	var spare []datagram
	for {
		s.mu.Lock()
		batch := s.queue
		s.queue = spare[:0]
		s.mu.Unlock()
		if len(batch) > 0 {
			s.deliverAll(ctx, batch)
			size := 0
			for i := range batch {
				size += len(batch[i].text) + datagramCost
			}
			s.mu.Lock()
			s.queued -= size
			s.mu.Unlock()
			clear(batch)
			spare = batch
			continue
		}
		spare = batch
		select {
		case <-s.wake:
		case <-read:
			s.mu.Lock()
			empty := len(s.queue) == 0
			s.mu.Unlock()
			if empty {
				return
			}
		}
	}
}

// deliverAll records datagrams by sender, some senders at a time.
func (s *syslogUDP) deliverAll(ctx context.Context, batch []datagram) {
	index := map[netip.Addr]int{}
	var batches []pipeline.Batch
	for i := range batch {
		d := &batch[i]
		at, ok := index[d.peer]
		if !ok {
			at = len(batches)
			index[d.peer] = at
			b := s.template
			b.Sender, b.Peer = senderOf(d.peer)
			batches = append(batches, b)
		}
		batches[at].Items = append(batches[at].Items, d.text)
	}
	if len(batches) == 1 {
		s.deliver(ctx, batches[0])
		return
	}
	var group errgroup.Group
	group.SetLimit(deliveries)
	for _, b := range batches {
		group.Go(func() error {
			s.deliver(ctx, b)
			return nil
		})
	}
	_ = group.Wait() // deliver reports by itself
}

// Stats returns the counts.
func (s *syslogUDP) Stats() Stats {
	return Stats{
		Address: s.conn.LocalAddr().String(), Received: s.received.Load(), Lost: s.lost.Load(),
		DroppedKernel: s.droppedKernel.Load(), DroppedQueue: s.droppedQueue.Load(),
	}
}

// Close gives the port back.
func (s *syslogUDP) Close() error {
	if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close syslog over UDP: %w", err)
	}
	return nil
}

var (
	_ Config = (*SyslogUDP)(nil)
	_ Input  = (*syslogUDP)(nil)
)
