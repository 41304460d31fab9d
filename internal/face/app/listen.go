// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// The most connections that the HTTP server serves at a time, and of the files
// that the process may have open: connections must leave enough for the journal.
const (
	maxConnections  = 16_384
	connectionShare = 2 // 1/2
	inputShare      = 4 // 1/4, for all inputs together
	refusalTimeout  = 100 * time.Millisecond
)

// refusal is what a connection over the limit is told.
const refusal = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// openFiles is how many files the process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 1024 // what is common
	}
	return int(min(limit.Cur, 1<<20))
}

// limitedListener serves a number of connections at a time and refuses the
// others at once, so that who holds connections open keeps no file from the
// journal. Its methods may be called concurrently.
type limitedListener struct {
	net.Listener

	max           int64
	open, refused atomic.Int64
}

func newLimitedListener(l net.Listener, openFiles int) *limitedListener {
	return &limitedListener{Listener: l, max: int64(min(maxConnections, max(openFiles/connectionShare, 1)))}
}

// Accept waits for a connection for which there is room.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.max {
			return &limitedConn{Conn: conn, leave: sync.OnceFunc(func() { l.open.Add(-1) })}, nil
		}
		l.open.Add(-1)
		l.refused.Add(1)
		// A short answer to a new connection never waits; the deadline is for what
		// cannot be foreseen.
		_ = conn.SetWriteDeadline(time.Now().Add(refusalTimeout))
		_, _ = conn.Write([]byte(refusal))
		_ = conn.Close()
	}
}

// limitedConn gives its place back when it is closed.
type limitedConn struct {
	net.Conn

	leave func()
}

// Close closes the connection.
func (c *limitedConn) Close() error {
	defer c.leave()
	return c.Conn.Close()
}
