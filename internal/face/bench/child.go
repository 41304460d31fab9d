// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/app"
)

// child is the server under measurement.
type child struct {
	cmd         *exec.Cmd
	done        chan error
	url, data   string
	writer      string // a token with the scope ingest
	reader      string // one with the scope read
	client      *http.Client
	stopTimeout time.Duration
	ended       bool
}

// startChild starts the server on a free port and waits until it answers.
func startChild(ctx context.Context, o Options) (*child, error) {
	dir, err := os.MkdirTemp(o.Dir, "tocsin-bench-")
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	c := &child{data: filepath.Join(dir, "data"), done: make(chan error, 1), stopTimeout: 20 * time.Second}
	c.client = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.Clients + 2}, Timeout: time.Minute}
	args := []string{"serve", "--data", c.data, "--listen", "127.0.0.1:0", "--syslog", "", "--cpu-profile", c.profilePath()}
	c.cmd = exec.CommandContext(ctx, o.Binary, args...) //nolint:gosec // the caller names the binary
	c.cmd.Stderr = o.Log
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("bench: start server: %w", err)
	}
	ready := make(chan string, 1)
	go func() {
		in := bufio.NewScanner(out)
		for in.Scan() {
			if url, found := strings.CutPrefix(in.Text(), "ready on "); found {
				ready <- url
			}
		}
		c.done <- c.cmd.Wait()
	}()
	select {
	case c.url = <-ready:
	case err := <-c.done:
		return nil, fmt.Errorf("bench: server ended at once: %w", errors.Join(err, os.RemoveAll(dir)))
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), os.RemoveAll(dir))
	}
	logger := slog.New(slog.DiscardHandler)
	if c.writer, err = app.CreateToken(ctx, c.data, "bench-writer", "ingest", logger); err == nil {
		c.reader, err = app.CreateToken(ctx, c.data, "bench-reader", "read", logger)
	}
	if err != nil {
		c.stop()
		return nil, fmt.Errorf("bench: %w", err)
	}
	return c, nil
}

func (c *child) profilePath() string { return filepath.Join(filepath.Dir(c.data), "cpu.pprof") }

// stop ends the server and removes its folder.
func (c *child) stop() {
	c.end()
	_ = os.RemoveAll(filepath.Dir(c.data))
}

// end ends the server; a second call does nothing.
func (c *child) end() {
	if c.ended {
		return
	}
	c.ended = true
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(c.stopTimeout):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// drained waits until the server has watched everything that it acknowledged.
func (c *child) drained(ctx context.Context, events int) error {
	for range 6000 {
		m, err := c.metrics(ctx)
		if err != nil {
			return err
		}
		if m["tocsin_detect_lag_entries"] == 0 && m["tocsin_detect_observed_total"] >= float64(events) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
	return errors.New("bench: the detections did not catch up within two minutes")
}

func (c *child) get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.reader)
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("bench: GET %s: %s", path, resp.Status)
	}
	return b, err
}
