// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose one connection is a net.Pipe, so that its deadlines go by
// the time of a synctest bubble.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func TestSlowBodyIsCut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		l := &pipes{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
		srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
		go func() { _ = srv.Serve(l) }()
		client, server := net.Pipe()
		l.conns <- server
		began := time.Now()
		if _, err := io.WriteString(client, "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
		answer, _ := io.ReadAll(client)
		if took := time.Since(began); took < 10*time.Second || took > 15*time.Second || !strings.Contains(string(answer), "body_too_slow") {
			t.Errorf("after %s: %s", took, answer)
		}
		_ = client.Close()
		_ = srv.Close()
	})
}
