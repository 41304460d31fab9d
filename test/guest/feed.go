// SPDX-License-Identifier: Apache-2.0

//go:build linux && amd64

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	batch = 20
	pause = 50 * time.Millisecond // all that is sent is read back after each cut
)

// feed sends numbered batches for ever: each once, whatever is answered.
func (m *machine) feed(ctx context.Context, token, client string) {
	for b := 0; ; b++ {
		prefix := fmt.Sprintf("%s-b%d", client, b)
		var body bytes.Buffer
		for i := range batch {
			id := fmt.Sprintf("%s-%d", prefix, i)
			fmt.Fprintf(&body, `{"id":%q,"time":"2026-11-20T10:00:00Z","source":"application","category":"data_access","message":"order %s opened","user":"u1","ip":"192.0.2.9"}`+"\n", id, id)
		}
		var a struct{ Accepted int }
		if err := ask(ctx, http.MethodPost, "/api/siem/events", token, &body, &a); err == nil && a.Accepted == batch {
			m.say("acked %s %d", prefix, batch)
		}
		time.Sleep(pause)
	}
}

// prove asks for the proof of the newest event again and again, so that ranges are
// sealed all the time and not once a minute.
func (m *machine) prove(ctx context.Context, token string) {
	for range time.Tick(time.Second) {
		var page struct{ Items []struct{ ID string } }
		if err := ask(ctx, http.MethodGet, "/api/siem/logs?source=application&limit=1", token, nil, &page); err != nil || len(page.Items) == 0 {
			continue
		}
		var proof struct{ Checkpoint string }
		if err := ask(ctx, http.MethodGet, "/api/siem/logs/"+page.Items[0].ID+"/proof", token, nil, &proof); err != nil {
			continue
		}
		if lines := strings.Split(proof.Checkpoint, "\n"); len(lines) > 2 { // origin, size, root
			m.say("proved %s", lines[1])
		}
	}
}

// ask sends a request to the server and reads its answer, which must be 200.
func ask(ctx context.Context, method, path, token string, body io.Reader, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, "http://"+address+path, body)
	if err != nil {
		return fmt.Errorf("make a request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != nil {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d: %w", path, resp.StatusCode, err)
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
