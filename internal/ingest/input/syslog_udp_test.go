// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func openUDP(t testing.TB, s *sink, change func(*SyslogUDP)) Input {
	t.Helper()
	return open(t, "syslog_udp", s.env("syslog"), func(c *SyslogUDP) {
		c.Listen = "127.0.0.1:0"
		if change != nil {
			change(c)
		}
	})
}

func TestSyslogUDP(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0", "[::]:0"} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			if conn, err := net.ListenPacket("udp", listen); err != nil {
				t.Skipf("needs an address: %v", err)
			} else {
				_ = conn.Close()
			}
			s := newSink(t)
			in := openUDP(t, s, func(c *SyslogUDP) { c.Listen, c.Source = listen, "system" })
			run(t, in)
			_, port, err := net.SplitHostPort(in.Stats().Address)
			if err != nil {
				t.Fatal(err)
			}
			ip := "127.0.0.1"
			if listen == "[::1]:0" {
				ip = "::1"
			}
			conn := dial(t, "udp", net.JoinHostPort(ip, port))
			long := "<34>" + strings.Repeat("x", 60_000)
			write(t, conn, "<34>one\n", "<34>two\x00", "\n", "", "<34>two\nlines", long)
			s.waitFor(t, 4)
			if diff := cmp.Diff([]string{"<34>one", "<34>two", "<34>two\nlines", long}, s.messages()); diff != "" {
				t.Error(diff)
			}
			for _, e := range s.all() {
				if e.Sender != "syslog:"+ip || e.Host != ip || e.Input != "syslog" || e.Source != "system" {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

func TestSyslogUDPSendersAreKeptApart(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	s.gate = func(context.Context) error { time.Sleep(20 * time.Millisecond); return nil }
	in := openUDP(t, s, nil)
	run(t, in)
	to, err := net.ResolveUDPAddr("udp", in.Stats().Address)
	if err != nil {
		t.Fatal(err)
	}
	const peers = 40
	for n := range peers {
		conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, byte(10+n))}, to)
		if err != nil {
			t.Skipf("needs the whole of 127.0.0.0/8: %v", err)
		}
		write(t, conn, fmt.Sprintf("from %d", 10+n), fmt.Sprintf("again %d", 10+n))
		_ = conn.Close()
	}
	s.waitFor(t, 2*peers)
	for _, e := range s.all() {
		_, n, _ := strings.Cut(e.Message, " ")
		if e.Sender != "syslog:127.0.0."+n {
			t.Errorf("%q is of %s", e.Message, e.Sender)
		}
	}
}

// What is lost is counted: sent = recorded + dropped.
func TestSyslogUDPCountsLosses(t *testing.T) {
	t.Parallel()
	const sent = 3000
	line := strings.Repeat("x", 500)
	t.Run("by the queue", func(t *testing.T) {
		t.Parallel()
		s := newSink(t)
		hold := make(chan struct{})
		s.gate = func(context.Context) error { <-hold; return nil }
		in := openUDP(t, s, func(c *SyslogUDP) { c.Queue = 64 << 10 })
		stop := run(t, in)
		conn := dial(t, "udp", in.Stats().Address)
		for range sent {
			write(t, conn, line)
		}
		for deadline := time.Now().Add(5 * time.Second); in.Stats().DroppedQueue < 1000 && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		close(hold)
		stop()
		got := in.Stats()
		if got.DroppedQueue == 0 || uint64(len(s.all()))+got.DroppedQueue+got.DroppedKernel != sent || got.Received != uint64(len(s.all())) {
			t.Errorf("%d recorded, %+v", len(s.all()), got)
		}
	})
	t.Run("by the kernel", func(t *testing.T) {
		t.Parallel()
		s := newSink(t)
		in := openUDP(t, s, func(c *SyslogUDP) { c.ReceiveBuffer = 64 << 10 })
		if u, ok := in.(*datagrams); !ok || !u.counts {
			t.Skip("needs a kernel that counts (SO_RXQ_OVFL)")
		}
		conn := dial(t, "udp", in.Stats().Address)
		for range sent {
			write(t, conn, line) // nobody reads yet
		}
		stop := run(t, in)
		s.waitFor(t, 1)
		for len(s.all()) < 20 {
			time.Sleep(time.Millisecond)
		}
		write(t, conn, "the next one brings the count")
		stop()
		got := in.Stats()
		if got.DroppedKernel == 0 || uint64(len(s.all()))+got.DroppedKernel != sent+1 {
			t.Errorf("%d recorded, %+v", len(s.all()), got)
		}
	})
}

func TestSyslogUDPStopsAfterWhatHasArrived(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	s.gate = func(context.Context) error { time.Sleep(10 * time.Millisecond); return nil }
	in := openUDP(t, s, nil)
	stop := run(t, in)
	conn := dial(t, "udp", in.Stats().Address)
	for n := range 300 {
		write(t, conn, fmt.Sprint("line ", n))
	}
	stop()
	if n := len(s.all()); n != 300 {
		t.Errorf("%d recorded", n)
	}
	if _, err := net.ListenPacket("udp", in.Stats().Address); err != nil {
		t.Errorf("the port is not given back: %v", err)
	}
}
