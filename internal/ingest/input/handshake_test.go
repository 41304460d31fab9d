// SPDX-License-Identifier: Apache-2.0

package input

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// Ten thousand connections that never say anything take no place from a client that
// does: it comes through while they come, and after.
func TestHalfOpenHandshakesStallNobody(t *testing.T) {
	t.Parallel()
	n := 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		n = min(n, max(int(min(limit.Cur, 1<<20))-4*maxHandshakes, 100)) // both ends are here
	}
	ca := newAuthority(t, "ca")
	ca.issue(t, "server")
	s := newSink(t)
	in := openTLS(t, s, ca.section("server", nil), func(c *SyslogTCP) { c.MaxPerPeer = 4 })
	run(t, in)
	address := in.Stats().Address
	good := 0
	for i := range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatalf("connection %d: %v", i, err)
		}
		defer conn.Close()
		if i%1000 == 999 || i == n-1 {
			good++
			secure, err := greetBy(t, address, ca.client(t, ""), fmt.Sprintf("<34>%d\n", i))
			if err != nil {
				t.Fatalf("after %d half-open connections: %v", i, err)
			}
			s.waitFor(t, good)
			_ = secure.Close()
		}
	}
	if got := in.Stats(); got.Connections > 1 || int(got.Refused) < n-maxHandshakes-good || got.Received != uint64(good) {
		t.Errorf("%+v", got)
	}
}

// A handshake that does not get on ends by itself.
func TestHandshakesEnd(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t, "ca")
	ca.issue(t, "server")
	section := ca.section("server", nil)
	config, err := section.open(newSink(t).env("in").Logger)
	if err != nil {
		t.Fatal(err)
	}
	g := newGreeter(config, 4)
	g.patience = 50 * time.Millisecond
	client, server := net.Pipe()
	defer client.Close()
	g.enter(server, netip.Addr{})
	if _, err := g.shake(t.Context(), server, netip.Addr{}); err == nil {
		t.Error("it goes on")
	}
	if g.open != 0 || len(g.peers) != 0 {
		t.Errorf("%d places are still taken", g.open)
	}
}

func TestGreedyPeersGoFirst(t *testing.T) {
	t.Parallel()
	conns := map[net.Conn]string{}
	g := newGreeter(&tls.Config{}, 4)
	enter := func(name, peer string) (out string) {
		conn, other := net.Pipe()
		t.Cleanup(func() { _, _ = conn.Close(), other.Close() })
		conns[conn] = name
		if gone := g.enter(conn, netip.MustParseAddr(peer)); gone != nil {
			return conns[gone]
		}
		return ""
	}
	for _, c := range []struct{ name, peer, out string }{
		{"a", "192.0.2.1", ""},
		{"b", "2001:db8::1", ""},
		{"c", "2001:db8::2", ""}, // the network of b
		{"d", "192.0.2.2", ""},
		{"e", "192.0.2.3", "b"},
		{"f", "192.0.2.3", "a"}, // all have one: the oldest of all
		{"g", "192.0.2.4", "e"},
		{"h", "192.0.2.4", "c"},
	} {
		if out := enter(c.name, c.peer); out != c.out {
			t.Errorf("for %s goes %q, want %q", c.name, out, c.out)
		}
	}
	if g.open != 4 {
		t.Errorf("%d places taken", g.open)
	}
}
