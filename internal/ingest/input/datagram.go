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

// openDatagrams takes the port for d, whose socket is asked to hold buffer bytes.
func openDatagrams(ctx context.Context, listen string, buffer int, d *datagrams) (*datagrams, error) {
	conn, err := new(net.ListenConfig).ListenPacket(ctx, "udp", listen)
	if err != nil {
		return nil, fmt.Errorf("%s over UDP: %w", d.protocol, err)
	}
	udp, ok := conn.(*net.UDPConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s over UDP: %T is no UDP socket", d.protocol, conn), conn.Close())
	}
	got, counts := enlarge(udp, buffer)
	if got < buffer {
		d.env.Logger.WarnContext(ctx, "the kernel gives the socket less than was asked for; raise net.core.rmem_max",
			"input", d.env.Name, "asked", buffer, "got", got)
	}
	d.conn, d.counts, d.wake = udp, counts, make(chan struct{}, 1)
	return d, nil
}

// datagrams is an input over UDP: a queue between the socket and the pipeline.
type datagrams struct {
	deliverer
	conn *net.UDPConn
	// protocol stands before the sender's address.
	protocol string
	template pipeline.Batch
	most     int  // bytes that may wait
	counts   bool // the kernel says how many it dropped
	wake     chan struct{}
	// whole makes a message of a datagram that has come, which it copies; empty is none
	// yet. nil is the datagram without its line end. It is called by one goroutine.
	whole func(peer netip.AddrPort, data []byte) []byte
	// open makes the record of a message; an error drops it. nil is the message itself.
	open func(message []byte) ([]byte, error)

	mu     sync.Mutex
	queue  []datagram
	queued int // bytes

	droppedKernel, droppedQueue, broken atomic.Uint64
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
func (s *datagrams) Routes() []Route { return nil }

// Run receives until ctx ends, then records what has arrived.
func (s *datagrams) Run(ctx context.Context) error {
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
func (s *datagrams) read(ctx context.Context) {
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
		if text := s.message(peer, buf[:n]); len(text) > 0 {
			s.push(datagram{peer: peer.Addr(), text: text})
		}
	}
}

func (s *datagrams) message(peer netip.AddrPort, data []byte) []byte {
	if s.whole != nil {
		return s.whole(peer, data)
	}
	text := trim(data)
	return append(make([]byte, 0, len(text)), text...)
}

// push queues a datagram, or drops it when the queue is full.
func (s *datagrams) push(d datagram) {
	s.mu.Lock()
	fits := s.queued+len(d.text)+datagramCost <= s.most
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
func (s *datagrams) record(ctx context.Context, read <-chan struct{}) {
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

// deliverMost is how much is recorded at a time, in bytes: what is open of messages
// that were packed.
const deliverMost = 8 << 20

// deliverAll records datagrams by sender, some senders at a time.
func (s *datagrams) deliverAll(ctx context.Context, batch []datagram) {
	for len(batch) > 0 {
		batches, taken := s.bySender(ctx, batch)
		batch = batch[taken:]
		if len(batches) == 1 {
			s.deliver(ctx, batches[0])
			continue
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
}

// bySender makes batches of the first datagrams, taken of them, and opens them.
func (s *datagrams) bySender(ctx context.Context, from []datagram) (batches []pipeline.Batch, taken int) {
	index := map[netip.Addr]int{}
	for size := 0; taken < len(from) && size < deliverMost; taken++ {
		d := &from[taken]
		record := d.text
		if s.open != nil {
			var err error
			if record, err = s.open(d.text); err != nil {
				s.broken.Add(1)
				s.env.Logger.DebugContext(ctx, "message cannot be read", "peer", d.peer, "error", err)
				continue
			}
		}
		size += len(record)
		at, ok := index[d.peer]
		if !ok {
			at = len(batches)
			index[d.peer] = at
			b := s.template
			b.Sender, b.Peer = senderOf(s.protocol, d.peer)
			batches = append(batches, b)
		}
		batches[at].Items = append(batches[at].Items, record)
	}
	return batches, taken
}

// Stats returns the counts.
func (s *datagrams) Stats() Stats {
	return Stats{
		Address: s.conn.LocalAddr().String(), Received: s.received.Load(), Lost: s.lost.Load(),
		DroppedKernel: s.droppedKernel.Load(), DroppedQueue: s.droppedQueue.Load(), Broken: s.broken.Load(),
	}
}

// Close gives the port back.
func (s *datagrams) Close() error {
	if err := s.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return fmt.Errorf("close %s over UDP: %w", s.protocol, err)
	}
	return nil
}

var _ Input = (*datagrams)(nil)
