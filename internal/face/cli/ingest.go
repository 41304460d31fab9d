// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// The size of one request of ingest: lines are gathered up to either bound.
const (
	batchLines = 5000
	batchBytes = 4 << 20
	maxLine    = 1 << 20
	maxTries   = 30
	maxPause   = 30 * time.Second
)

type ingestCommand struct {
	URL    string   `help:"Where Tocsin answers." env:"TOCSIN_URL" default:"http://127.0.0.1:8514"`
	Token  string   `help:"An API token with the scope ingest." env:"TOCSIN_TOKEN"`
	Format string   `help:"The lines' format: auto, json, syslog, text." default:"auto"`
	Source string   `help:"The source of events that do not name one."`
	Zone   string   `name:"timezone" help:"Where times without a zone belong, such as Europe/Bucharest (default UTC)."`
	Files  []string `arg:"" name:"file" help:"Files, or - for standard input."`
}

// ingestAnswer is what POST /api/siem/events answers.
type ingestAnswer struct {
	Accepted int `json:"accepted"`
	Rejected int `json:"rejected"`
	Errors   []struct {
		Index int    `json:"index"`
		Error string `json:"error"`
	} `json:"errors"`
}

// Run sends every file and prints `accepted N rejected M in T (R/s)`. Rejected
// lines are told on Stderr with file and line, and make the exit code 1.
func (c *ingestCommand) Run(ctx context.Context, env *Env) error {
	s := &lineSender{command: c, env: env, client: &http.Client{Timeout: 2 * time.Minute}, began: time.Now()}
	for _, name := range c.Files {
		if err := s.file(ctx, name); err != nil {
			return fmt.Errorf("%s: %w (accepted %d so far)", name, err, s.accepted)
		}
	}
	took := time.Since(s.began)
	rate := float64(s.accepted+s.rejected) / max(took.Seconds(), 1e-9)
	if _, err := fmt.Fprintf(env.Stdout, "accepted %d rejected %d in %s (%.0f/s)\n", s.accepted, s.rejected, took.Round(time.Millisecond), rate); err != nil {
		return err
	}
	if s.rejected > 0 {
		return fmt.Errorf("%d lines were rejected", s.rejected)
	}
	return nil
}

// lineSender gathers lines into requests. One goroutine uses it.
type lineSender struct {
	command            *ingestCommand
	env                *Env
	client             *http.Client
	began              time.Time
	name               string
	buf                bytes.Buffer
	numbers            []int // the line number of each line in buf
	accepted, rejected int
}

func (s *lineSender) file(ctx context.Context, name string) error {
	s.name = name
	r := s.env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		r = f
	}
	in := bufio.NewReaderSize(r, 256<<10)
	for number := 1; ; number++ {
		line, err := readLine(in)
		if len(bytes.TrimSpace(line)) > 0 {
			s.buf.Write(line)
			s.buf.WriteByte('\n')
			s.numbers = append(s.numbers, number)
		}
		if len(s.numbers) >= batchLines || s.buf.Len() >= batchBytes || (err != nil && len(s.numbers) > 0) {
			if err := s.flush(ctx); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
}

// readLine reads one line without its end; a line over maxLine is an error.
func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, fmt.Errorf("longer than %d bytes", maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		}
		return bytes.TrimRight(line, "\r\n"), err
	}
}

// flush sends what is gathered, waiting and trying again while Tocsin says that
// it is busy.
func (s *lineSender) flush(ctx context.Context) error {
	for try := 1; ; try++ {
		answer, pause, err := s.send(ctx)
		if err != nil && (pause == 0 || try == maxTries) {
			return err
		}
		if err == nil {
			s.accepted += answer.Accepted
			s.rejected += answer.Rejected
			for _, e := range answer.Errors {
				if e.Index >= 0 && e.Index < len(s.numbers) {
					// The server counts the lines of its request; the file's own number counts here.
					why := strings.TrimPrefix(e.Error, "line "+strconv.Itoa(e.Index+1)+": ")
					_, _ = fmt.Fprintf(s.env.Stderr, "%s:%d: %s\n", s.name, s.numbers[e.Index], why)
				}
			}
			s.buf.Reset()
			s.numbers = s.numbers[:0]
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

// send makes one request. A pause above zero says that trying again is right.
func (s *lineSender) send(ctx context.Context) (answer ingestAnswer, pause time.Duration, err error) {
	u, err := url.Parse(s.command.URL)
	if err != nil {
		return answer, 0, fmt.Errorf("--url: %w", err)
	}
	u = u.JoinPath("/api/siem/events")
	q := url.Values{"format": {s.command.Format}}
	if s.command.Source != "" {
		q.Set("source", s.command.Source)
	}
	if s.command.Zone != "" {
		q.Set("timezone", s.command.Zone)
	}
	u.RawQuery = q.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(s.buf.Bytes()))
	if err != nil {
		return answer, 0, err
	}
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	if s.command.Format == "json" {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if s.command.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.command.Token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer, 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 8<<20))
	if err != nil {
		return answer, 0, fmt.Errorf("read answer: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		if err := json.Unmarshal(body, &answer); err != nil {
			return answer, 0, fmt.Errorf("answer: %w", err)
		}
		return answer, 0, nil
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return answer, retryAfter(resp.Header.Get("Retry-After")), problem(resp.Status, body)
	default:
		return answer, 0, problem(resp.Status, body)
	}
}

func retryAfter(header string) time.Duration {
	n, err := strconv.Atoi(header)
	if err != nil || n < 1 {
		return time.Second
	}
	return min(time.Duration(n)*time.Second, maxPause)
}

// problem makes an error of a problem+json answer.
func problem(status string, body []byte) error {
	var p struct{ Title, Detail string }
	if json.Unmarshal(body, &p) == nil && (p.Detail != "" || p.Title != "") {
		if p.Detail == "" {
			p.Detail = p.Title
		}
		return fmt.Errorf("%s: %s", status, p.Detail)
	}
	return fmt.Errorf("%s", status)
}
