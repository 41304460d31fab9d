// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bufio"
	"net"
	"net/http"
	"testing"
)

func TestConnectionsOverTheLimitAreRefusedAtOnce(t *testing.T) {
	inner, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	l := newLimitedListener(inner, 4) // two connections
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	dial := func() net.Conn {
		t.Helper()
		conn, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	dial()
	first := <-accepted
	dial()
	second := <-accepted
	answer, err := http.ReadResponse(bufio.NewReader(dial()), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" || l.refused.Load() != 1 {
		t.Errorf("the third connection: %s, %d refused, want 503 with Retry-After", answer.Status, l.refused.Load())
	}
	for range 2 { // closed twice, it gives back one place
		_ = first.Close()
	}
	dial()
	third := <-accepted
	if got := l.open.Load(); got != 2 {
		t.Errorf("%d places taken, want 2", got)
	}
	_, _ = second.Close(), third.Close()
}

func TestConnectionsLeaveFilesForTheJournal(t *testing.T) {
	for files, want := range map[int]int64{256: 128, 1024: 512, 1 << 20: maxConnections, 1: 1} {
		if got := newLimitedListener(nil, files).max; got != want {
			t.Errorf("%d files: %d connections, want %d", files, got, want)
		}
	}
}
