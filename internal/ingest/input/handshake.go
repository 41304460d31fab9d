// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	// handshakeTimeout is how long a handshake may take.
	handshakeTimeout = 10 * time.Second
	// maxHandshakes bounds the handshakes under way.
	maxHandshakes = 512
)

// greeter makes connections secure. Those in their handshake are bounded in number
// and time, and count nowhere else; where there are too many, the peer with the most
// of them loses its oldest. Who opens connections and says nothing so takes no place
// from others. It is safe for concurrent use.
type greeter struct {
	config   *tls.Config
	most     int
	patience time.Duration // handshakeTimeout

	mu    sync.Mutex // guards what follows
	open  int
	peers map[netip.Addr][]newcomer // by network, oldest first
	count uint64
}

// newcomer is a connection in its handshake, with its number since the start.
type newcomer struct {
	conn   net.Conn
	number uint64
}

// newGreeter returns nil without a configuration: connections stay plain.
func newGreeter(config *tls.Config, most int) *greeter {
	if config == nil {
		return nil
	}
	return &greeter{
		config: config, most: max(1, min(most, maxHandshakes)), patience: handshakeTimeout, peers: map[netip.Addr][]newcomer{},
	}
}

// networkOf returns what counts as one peer: an IPv4 address, or the /64 of an IPv6
// address, of which one host may have all.
func networkOf(peer netip.Addr) netip.Addr {
	if prefix, err := peer.Prefix(64); err == nil && peer.Is6() {
		return prefix.Addr()
	}
	return peer
}

// enter takes a place for a connection and returns the one that must go for it, nil
// as a rule.
func (g *greeter) enter(conn net.Conn, peer netip.Addr) (out net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most {
		out = g.evict()
	}
	g.open++
	g.count++
	network := networkOf(peer)
	g.peers[network] = append(g.peers[network], newcomer{conn, g.count})
	return out
}

// evict takes the place of the oldest of those of the peer with the most; among
// equals, of the oldest of all.
func (g *greeter) evict() net.Conn {
	var from netip.Addr
	var of []newcomer
	for network, these := range g.peers {
		if len(these) > len(of) || len(these) == len(of) && these[0].number < of[0].number {
			from, of = network, these
		}
	}
	out := of[0].conn
	g.remove(out, from)
	return out
}

func (g *greeter) leave(conn net.Conn, peer netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.remove(conn, networkOf(peer))
}

// remove gives a place back, once.
func (g *greeter) remove(conn net.Conn, network netip.Addr) {
	these := g.peers[network]
	i := slices.IndexFunc(these, func(n newcomer) bool { return n.conn == conn })
	if i < 0 {
		return
	}
	g.open--
	if these = slices.Delete(these, i, i+1); len(these) == 0 {
		delete(g.peers, network)
	} else {
		g.peers[network] = these
	}
}

// shake performs the handshake of a connection that has entered, which it leaves.
func (g *greeter) shake(ctx context.Context, conn net.Conn, peer netip.Addr) (net.Conn, error) {
	defer g.leave(conn, peer)
	ctx, cancel := context.WithTimeout(ctx, g.patience)
	defer cancel()
	secure := tls.Server(conn, g.config)
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, fmt.Errorf("TLS handshake: %w", err)
	}
	return secure, nil
}

// greet makes a connection secure and serves it. It counts for its peer from the end
// of the handshake on.
func (a acceptor) greet(ctx context.Context, conn net.Conn, peer netip.Addr, serve func(net.Conn, netip.Addr)) {
	secure, err := a.greeter.shake(ctx, conn, peer)
	if err != nil {
		_ = conn.Close()
		if ctx.Err() == nil {
			a.shunned(ctx, peer, err)
		}
		return
	}
	if !a.enter(peer) {
		a.refused.Add(1)
		_ = secure.Close()
		return
	}
	a.host(secure, peer, serve)
}

// shunned counts a handshake that failed and logs one a minute: a sender that speaks
// plainly, or whose certificate is not good, comes back often.
func (a acceptor) shunned(ctx context.Context, peer netip.Addr, err error) {
	a.unsafe.Add(1)
	now, last := time.Now().Unix(), a.told.Load()
	if now-last < 60 || !a.told.CompareAndSwap(last, now) {
		return
	}
	a.logger.WarnContext(ctx, "a connection does not become secure", "peer", peer, "error", err)
}
