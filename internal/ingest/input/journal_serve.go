// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// journalUpload serves POST /upload as systemd-journal-remote does: an upload may last
// for ever, is read in bounded steps, and is answered with 202 after all of it is
// recorded. Its sender keeps its place only then, and sends the rest again otherwise;
// the cursors are the origin ids by which that is known.
type journalUpload struct {
	deliverer
	acceptor
	config   JournalUpload
	template pipeline.Batch

	cut, broken atomic.Uint64
}

// handed is a connection that the acceptor has handed to the HTTP server.
type handed struct {
	net.Conn

	peer   netip.Addr
	name   string // in the certificate
	closed func()
}

// Close closes the connection.
func (c *handed) Close() error {
	defer c.closed()
	return c.Conn.Close()
}

// handing is a listener that gives the HTTP server what the acceptor accepts.
type handing struct {
	net.Listener

	conns chan net.Conn
	done  <-chan struct{}
}

// Accept waits for a connection.
func (l *handing) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close does nothing: the acceptor closes the listener.
func (l *handing) Close() error { return nil }

type handedKey struct{}

// Routes returns none.
func (in *journalUpload) Routes() []Route { return nil }

// Run serves until ctx ends. What is being uploaded then is not answered, and comes again.
func (in *journalUpload) Run(ctx context.Context) error {
	working, done := work(ctx)
	defer done()
	ln := &handing{Listener: in.ln, conns: make(chan net.Conn), done: ctx.Done()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /upload", func(w http.ResponseWriter, r *http.Request) { in.upload(ctx, working, w, r) })
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: handshakeTimeout, IdleTimeout: in.config.IdleTimeout, MaxHeaderBytes: 16 << 10,
		ErrorLog:    slog.NewLogLogger(in.env.Logger.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, handedKey{}, c) },
	}
	var served sync.WaitGroup
	served.Go(func() { _ = server.Serve(ln) }) // ends with the server alone
	served.Go(func() {
		<-ctx.Done()
		if server.Shutdown(working) != nil {
			_ = server.Close()
		}
	})
	err := in.accept(ctx, func(conn net.Conn, peer netip.Addr) {
		closed := make(chan struct{})
		c := &handed{Conn: conn, peer: peer, name: certified(conn), closed: sync.OnceFunc(func() { close(closed) })}
		select {
		case ln.conns <- c:
		case <-ctx.Done():
			return
		}
		stop := context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Now()) })
		defer stop()
		<-closed
	})
	served.Wait()
	return err
}

// upload records what one request brings.
func (in *journalUpload) upload(ctx, working context.Context, w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/vnd.fdo.journal" {
		http.Error(w, "Content-Type: application/vnd.fdo.journal is required.", http.StatusUnsupportedMediaType)
		return
	}
	b := in.template
	if c, ok := r.Context().Value(handedKey{}).(*handed); ok {
		b.Sender, b.Peer = "journal:"+c.name, c.peer.Unmap().WithZone("").String()
		if c.name == "" {
			b.Sender = "journal:" + b.Peer
		}
	}
	control := http.NewResponseController(w)
	err := in.receive(ctx, working, b, r.Body, func() {
		if ctx.Err() == nil {
			_ = control.SetReadDeadline(time.Now().Add(in.config.IdleTimeout)) // an error shows in the next read
		}
		if ctx.Err() != nil { // it stopped meanwhile
			_ = control.SetReadDeadline(time.Now())
		}
	})
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	switch {
	case err == nil:
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, "OK.\n")
		return
	case errors.Is(err, errExportEnd):
		w.WriteHeader(http.StatusExpectationFailed)
	case errors.Is(err, errExport):
		w.WriteHeader(http.StatusBadRequest)
	default:
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	in.broken.Add(1)
	in.env.Logger.DebugContext(ctx, "upload ended early", "sender", b.Sender, "error", err)
	if errors.Is(err, errExport) || errors.Is(err, errExportEnd) {
		_, _ = io.WriteString(w, err.Error()+"\n")
	}
}

// receive records the entries of a stream up to its end. It reads on only after what it
// has read is recorded; await is called before each read.
func (in *journalUpload) receive(ctx, working context.Context, b pipeline.Batch, r io.Reader, await func()) error {
	var x exportReader
	var complaint complaint
	buf, have := make([]byte, firstBuffer), 0
	for {
		await()
		n, readErr := r.Read(buf[have:])
		have += n
		b.Items, b.Origins = nil, nil
		before := x.cut
		used, err := x.split(buf[:have], func(entry []byte, cursor string) {
			b.Items = append(b.Items, entry)
			b.Origins = append(b.Origins, pipeline.Origin{ID: cursor})
		})
		in.cut.Add(x.cut - before)
		if len(b.Items) > 0 {
			result, err := in.handOver(working, b)
			if err != nil {
				return fmt.Errorf("entries are not recorded: %w", err)
			}
			complaint.tell(ctx, in.env.Logger, &result, b.Origins)
		}
		full := have == len(buf)
		have = copy(buf, buf[used:have])
		switch {
		case err != nil:
			return err
		case errors.Is(readErr, io.EOF):
			return x.finish(buf[:have])
		case readErr != nil:
			return fmt.Errorf("read: %w", readErr)
		}
		buf = resize(buf, have, full)
	}
}

// Stats returns the counts.
func (in *journalUpload) Stats() Stats {
	st := in.stats()
	st.Received, st.Lost, st.Cut = in.received.Load(), in.lost.Load(), in.cut.Load()
	st.Broken += in.broken.Load()
	return st
}

// Close gives the port back; open connections end with Run.
func (in *journalUpload) Close() error {
	if err := in.close(); err != nil {
		return fmt.Errorf("close journal upload: %w", err)
	}
	return nil
}

var _ Input = (*journalUpload)(nil)
