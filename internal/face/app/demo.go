// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/traffic"
)

// DemoMode says whether Tocsin plays traffic to itself.
type DemoMode uint8

// The modes.
const (
	DemoOff DemoMode = iota
	// DemoQuiet is ordinary traffic, in which nothing is to be found.
	DemoQuiet
	// DemoAttack is the same with attacks inside.
	DemoAttack
)

// The shape of the demo: some minutes that have just passed, sent at once, so
// that the pages are not empty; then traffic as it happens, with the attacks
// soon after the start.
const (
	demoSeed    = 1789
	demoHistory = 8 * time.Minute
	demoLive    = 6 * time.Minute
	demoRate    = 6.0
	demoDelay   = 4 * time.Second
	demoTick    = 250 * time.Millisecond
	demoBatch   = 200
)

// demo plays traffic through the public inputs, as any sender would.
type demo struct {
	mode   DemoMode
	url    string // the HTTP address, with scheme
	syslog string // the syslog TCP address, "" when there is none
	token  string
	client *http.Client
	logger *slog.Logger
}

// Run plays until the traffic or the context ends. What cannot be sent is told
// and left out: a demo never ends the server.
func (d *demo) Run(ctx context.Context) {
	start := time.Now()
	history := traffic.Generate(traffic.Options{Seed: demoSeed, Start: start.Add(-demoHistory), Length: demoHistory, Rate: demoRate})
	live := traffic.Options{Seed: demoSeed + 1, Start: start, Length: demoLive, Rate: demoRate, Delay: demoDelay}
	if d.mode == DemoAttack {
		live.Attacks = traffic.Attacks()
	}
	d.send(ctx, history)
	next := traffic.Generate(live)
	tick := time.NewTicker(demoTick)
	defer tick.Stop()
	for len(next) > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		due := 0
		for due < len(next) && next[due].At <= time.Since(start) {
			due++
		}
		d.send(ctx, next[:due])
		next = next[due:]
	}
	d.logger.InfoContext(ctx, "demo traffic has ended")
}

// send posts records in batches by wire form. Within a form their order stays.
func (d *demo) send(ctx context.Context, records []traffic.Record) {
	for len(records) > 0 {
		n := min(len(records), demoBatch)
		var forms [3][][]byte
		for _, r := range records[:n] {
			forms[r.Wire] = append(forms[r.Wire], r.Body)
		}
		err := errors.Join(
			d.post(ctx, "/api/siem/events", "application/x-ndjson", joined(forms[traffic.JSON], "", "\n", "")),
			d.post(ctx, "/api/security/events", "application/json",
				joined(forms[traffic.Resk], `{"source":"resk-llm-ts","events":[`, ",", `],"metadata":{}}`)),
			d.lines(ctx, forms[traffic.Syslog]),
		)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			d.logger.WarnContext(ctx, "demo traffic could not be sent", "error", err)
		}
		records = records[n:]
	}
}

// joined puts the bodies together, nil when there are none.
func joined(bodies [][]byte, before, between, after string) []byte {
	if len(bodies) == 0 {
		return nil
	}
	return append(append([]byte(before), bytes.Join(bodies, []byte(between))...), after...)
}

func (d *demo) post(ctx context.Context, path, contentType string, body []byte) error {
	if body == nil {
		return nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "Bearer "+d.token)
	resp, err := d.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("POST %s: %s: %.200s", path, resp.Status, answer)
	}
	return err
}

// lines sends syslog over TCP, or over HTTP where the listener is off.
func (d *demo) lines(ctx context.Context, bodies [][]byte) error {
	if len(bodies) == 0 {
		return nil
	}
	text := joined(bodies, "", "\n", "\n")
	if d.syslog == "" {
		return d.post(ctx, "/api/siem/events?format=syslog", "text/plain", text)
	}
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, "tcp", d.syslog)
	if err != nil {
		return err
	}
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err == nil {
		_, err = conn.Write(text)
		return errors.Join(err, conn.Close())
	}
	return errors.Join(err, conn.Close())
}
