// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// acceptor takes the connections of a listener, within bounds for all of them and
// for those of one address. It is safe for concurrent use.
type acceptor struct {
	*acceptorState
	ln                net.Listener
	most, mostPerPeer int
	greeter           *greeter // nil for plain connections
	logger            *slog.Logger
}

type acceptorState struct {
	mu      sync.Mutex // guards open and peers
	open    int
	peers   map[netip.Addr]int
	refused atomic.Uint64
	unsafe  atomic.Uint64 // handshakes that failed
	told    atomic.Int64  // when the last of them was logged, in Unix seconds
}

func newAcceptor(ln net.Listener, most, mostPerPeer int, secure *tls.Config, logger *slog.Logger) acceptor {
	return acceptor{
		acceptorState: &acceptorState{peers: map[netip.Addr]int{}},
		ln:            ln, most: most, mostPerPeer: mostPerPeer, greeter: newGreeter(secure, most), logger: logger,
	}
}

// accept serves each connection in a goroutine of its own until ctx ends, and returns
// when all of them are served. It closes the listener at the end of ctx, and each
// connection after serve has returned.
func (a acceptor) accept(ctx context.Context, serve func(conn net.Conn, peer netip.Addr)) error {
	stop := context.AfterFunc(ctx, func() { _ = a.ln.Close() })
	defer stop()
	var served sync.WaitGroup
	defer served.Wait()
	for {
		conn, err := a.ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil: // for example too many open files
			a.logger.WarnContext(ctx, "connection cannot be accepted", "error", err)
			if !sleep(ctx, retryLeast) {
				return nil
			}
			continue
		}
		peer := addrOf(conn.RemoteAddr())
		if a.greeter != nil {
			if out := a.greeter.enter(conn, peer); out != nil {
				a.refused.Add(1)
				_ = out.Close()
			}
			served.Go(func() { a.greet(ctx, conn, peer, serve) })
			continue
		}
		if !a.enter(peer) {
			a.refused.Add(1)
			_ = conn.Close()
			continue
		}
		served.Go(func() { a.host(conn, peer, serve) })
	}
}

// host serves a connection that has entered.
func (a acceptor) host(conn net.Conn, peer netip.Addr, serve func(net.Conn, netip.Addr)) {
	defer a.leave(peer)
	defer func() { _ = conn.Close() }()
	serve(conn, peer)
}

// enter counts a connection; false when there are too many.
func (a acceptor) enter(peer netip.Addr) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open >= a.most || a.peers[peer] >= a.mostPerPeer {
		return false
	}
	a.open++
	a.peers[peer]++
	return true
}

func (a acceptor) leave(peer netip.Addr) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.open--
	if a.peers[peer]--; a.peers[peer] <= 0 {
		delete(a.peers, peer)
	}
}

// stats are the counts of connections, and the address.
func (a acceptor) stats() Stats {
	a.mu.Lock()
	defer a.mu.Unlock()
	return Stats{
		Address: a.ln.Addr().String(), Connections: uint64(a.open), //nolint:gosec // a count
		Refused: a.refused.Load(), Broken: a.unsafe.Load(),
	}
}

// close gives the port back; it may be called more than once.
func (a acceptor) close() error {
	if err := a.ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// addrOf returns the address of a peer, the zero one when it has none.
func addrOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
