// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

func openTCP(t testing.TB, s *sink, change func(*SyslogTCP)) Input {
	t.Helper()
	return open(t, "syslog_tcp", s.env("syslog"), func(c *SyslogTCP) {
		c.Listen = "127.0.0.1:0"
		if change != nil {
			change(c)
		}
	})
}

func dial(t testing.TB, network, address string) net.Conn {
	t.Helper()
	conn, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func write(t testing.TB, conn net.Conn, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if _, err := io.WriteString(conn, text); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSyslogTCP(t *testing.T) {
	t.Parallel()
	for _, listen := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(listen, func(t *testing.T) {
			t.Parallel()
			if ln, err := net.Listen("tcp", listen); err != nil {
				t.Skipf("needs an address: %v", err)
			} else {
				_ = ln.Close()
			}
			s := newSink(t)
			in := openTCP(t, s, func(c *SyslogTCP) { c.Listen, c.Source, c.Timezone = listen, "system", "Europe/Bucharest" })
			run(t, in)
			lines, counted := dial(t, "tcp", in.Stats().Address), dial(t, "tcp", in.Stats().Address)
			write(t, lines, "<34>a\n<34>", "b\r\n", "\n<34>c caf\xe9\n<34>without an end")
			write(t, counted, "6 <34>d\n5 <34", ">e10 <34>f\n\nf\n")
			_, _ = lines.(*net.TCPConn), counted.(*net.TCPConn).CloseWrite()
			_ = lines.Close()
			s.waitFor(t, 7)
			want := []string{"<34>a", "<34>b", "<34>c caf\ufffd", "<34>d", "<34>e", "<34>f\n\nf", "<34>without an end"}
			if diff := cmp.Diff(want, s.messages()); diff != "" {
				t.Error(diff)
			}
			ip := strings.Trim(strings.TrimSuffix(listen, ":0"), "[]")
			for _, e := range s.all() {
				if e.Sender != "syslog:"+ip || e.Host != ip || e.Input != "syslog" || e.Source != "system" || e.Service != "Europe/Bucharest" {
					t.Errorf("%+v", e)
				}
			}
			if got := in.Stats(); got.Received != 7 || got.Lost+got.Cut+got.Broken+got.Refused > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSyslogTCPLongLinesAreCutNotLost(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := openTCP(t, s, nil)
	run(t, in)
	conn := dial(t, "tcp", in.Stats().Address)
	for _, n := range []int{100, 60_000, 100_000, 300_000, 3_000_000} {
		write(t, conn, strings.Repeat("x", n)+"\nshort\n")
	}
	s.waitFor(t, 10)
	var lengths []int
	for _, e := range s.all() {
		lengths = append(lengths, len(e.Message))
		if e.Marked(event.MarkTruncated) != (len(e.Message) == event.MaxFieldBytes) {
			t.Errorf("%d bytes, marks %+v", len(e.Message), e.Marks)
		}
	}
	if diff := cmp.Diff([]int{100, 5, 60_000, 5, 65536, 5, 65536, 5, 65536, 5}, lengths); diff != "" {
		t.Error(diff)
	}
	if got := in.Stats(); got.Cut != 2 || got.Broken != 0 {
		t.Errorf("%+v", got)
	}
}

func TestSyslogTCPConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	in := openTCP(t, s, func(c *SyslogTCP) { c.MaxConnections, c.MaxPerPeer = 10, 2 })
	run(t, in)
	first, second := dial(t, "tcp", in.Stats().Address), dial(t, "tcp", in.Stats().Address)
	write(t, first, "one\n")
	write(t, second, "two\n")
	s.waitFor(t, 2)
	third := dial(t, "tcp", in.Stats().Address)
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection of one peer is served")
	}
	if got := in.Stats(); got.Connections != 2 || got.Refused != 1 {
		t.Errorf("%+v", got)
	}
	_ = first.Close()
	for deadline := time.Now().Add(5 * time.Second); in.Stats().Connections > 1; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a closed connection still counts")
		}
	}
	write(t, dial(t, "tcp", in.Stats().Address), "three\n")
	s.waitFor(t, 3)
}

// While nothing can be recorded the sender is held up by TCP itself, and in the
// end nothing is missing.
func TestSyslogTCPPushesBack(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	hold := make(chan struct{})
	s.gate = func(context.Context) error { <-hold; return nil }
	in := openTCP(t, s, nil)
	run(t, in)
	conn := dial(t, "tcp", in.Stats().Address)
	line := strings.Repeat("x", 999) + "\n"
	sent := 0
	for {
		_ = conn.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := io.WriteString(conn, line)
		sent += n
		if err != nil {
			break
		}
		if sent > 1<<30 {
			t.Fatal("the sender is never held up")
		}
	}
	if got := in.Stats().Received; got*1000 > maxBuffer {
		t.Errorf("%d lines were read while none could be recorded", got)
	}
	close(hold)
	_ = conn.SetWriteDeadline(time.Time{})
	write(t, conn, line[sent%1000:])
	s.waitFor(t, (sent+999)/1000)
	if got := in.Stats(); got.Lost+got.Broken > 0 {
		t.Errorf("%+v", got)
	}
}

// pipes is a listener whose connections are made in memory, so that time can be
// made up too.
type pipes struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	p.conns <- theirs
	return ours
}

// openPipes opens a TCP input over pipes.
func openPipes(t *testing.T, s *sink) (in *stream, p *pipes) {
	t.Helper()
	p = newPipes()
	config, ok := syslogTCPSpec().New().(*SyslogTCP)
	if !ok {
		t.Fatal("another configuration")
	}
	in, err := config.serve(p, s.env("syslog"))
	if err != nil {
		t.Fatal(err)
	}
	return in, p
}

func TestSyslogTCPTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSink(t)
		in, p := openPipes(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() { _ = in.Run(ctx); close(stopped) }()
		ended := func(conn net.Conn) time.Duration {
			start := time.Now()
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%v", err)
			}
			return time.Since(start)
		}

		idle := p.dial()
		write(t, idle, "one\n")
		if took := ended(idle); took != time.Hour {
			t.Errorf("an idle connection is ended after %v", took)
		}
		half := p.dial()
		write(t, half, "two\nhal")
		if took := ended(half); took != 30*time.Second {
			t.Errorf("half a line is waited for %v", took)
		}
		// One byte now and then does not keep a line open for ever.
		slow := p.dial()
		start := time.Now()
		for range 1000 {
			if _, err := io.WriteString(slow, "x"); err != nil {
				break
			}
			time.Sleep(700 * time.Millisecond)
		}
		if took := time.Since(start); took != 30*time.Second+100*time.Millisecond {
			t.Errorf("a byte now and then is waited for %v", took)
		}
		// A line every minute is what a quiet host sends.
		quiet := p.dial()
		for range 100 {
			write(t, quiet, "q\n")
			time.Sleep(time.Minute)
		}
		synctest.Wait()
		cancel()
		<-stopped
		want := append([]string{"hal", "one"}, slices.Repeat([]string{"q"}, 100)...)
		want = append(want, "two", strings.Repeat("x", 43))
		if diff := cmp.Diff(want, s.messages()); diff != "" {
			t.Error(diff)
		}
		if got := in.Stats(); got.Broken != 2 || got.Connections != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestSyslogTCPStops(t *testing.T) {
	t.Parallel()
	t.Run("what has arrived is recorded", func(t *testing.T) {
		t.Parallel()
		s := newSink(t)
		s.gate = func(context.Context) error { time.Sleep(5 * time.Millisecond); return nil }
		in := openTCP(t, s, nil)
		stop := run(t, in)
		const clients, lines = 5, 500
		for c := range clients {
			conn := dial(t, "tcp", in.Stats().Address)
			for n := range lines {
				write(t, conn, fmt.Sprintf("client %d line %d\n", c, n))
			}
		}
		s.waitFor(t, 1)
		for deadline := time.Now().Add(5 * time.Second); in.Stats().Connections < clients && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		stop()
		if n := len(s.all()); n != clients*lines {
			t.Errorf("%d recorded, want %d", n, clients*lines)
		}
	})
	t.Run("a sender that does not end is cut off", func(t *testing.T) {
		t.Parallel()
		s := newSink(t)
		in := openTCP(t, s, nil)
		stop := run(t, in)
		conn := dial(t, "tcp", in.Stats().Address)
		gone := make(chan struct{})
		go func() {
			defer close(gone)
			for {
				if _, err := io.WriteString(conn, strings.Repeat("a line of some length\n", 50)); err != nil {
					return
				}
			}
		}()
		s.waitFor(t, 1)
		start := time.Now()
		stop()
		<-gone
		if took := time.Since(start); took > stopGrace || in.Stats().Lost > 0 || uint64(len(s.all())) != in.Stats().Received {
			t.Errorf("stopped after %v, %+v, %d recorded", took, in.Stats(), len(s.all()))
		}
	})
	t.Run("the journal comes back in time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newSink(t)
			var tries atomic.Int32
			s.gate = func(context.Context) error {
				if tries.Add(1) < 4 {
					return errors.New("full")
				}
				return nil
			}
			in, p := openPipes(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { _ = in.Run(ctx); close(ended) }()
			conn := p.dial()
			write(t, conn, "one\n")
			cancel()
			<-ended
			if got := in.Stats(); len(s.all()) != 1 || got.Lost != 0 {
				t.Errorf("%d recorded, %+v", len(s.all()), got)
			}
		})
	})
	t.Run("it does not", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newSink(t)
			s.gate = func(context.Context) error { return errors.New("full") }
			in, p := openPipes(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan struct{})
			go func() { _ = in.Run(ctx); close(ended) }()
			write(t, p.dial(), "one\ntwo\n")
			time.Sleep(time.Minute)
			start := time.Now()
			cancel()
			<-ended
			if got := in.Stats(); got.Lost != 2 || time.Since(start) > stopGrace+time.Second {
				t.Errorf("stopped after %v, %+v", time.Since(start), got)
			}
		})
	})
}
