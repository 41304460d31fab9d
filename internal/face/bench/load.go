// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tocsin-siem/tocsin/internal/face/traffic"
)

// body is one request, made before the clock starts.
type body struct {
	ndjson []byte
	events int
}

// makeBodies returns all requests and how many bytes they hold. The events lie
// one millisecond apart and end about now.
func makeBodies(o Options) (bodies []body, size int) {
	start := time.Now().Add(-time.Duration(o.Events) * time.Millisecond)
	load := traffic.NewLoad(uint64(start.UnixNano()), start, time.Millisecond)
	for i := 0; i < o.Events; {
		b := body{ndjson: make([]byte, 0, o.Batch*680)}
		for ; b.events < o.Batch && i < o.Events; i++ {
			b.ndjson = append(load.Append(b.ndjson, uint64(i)), '\n')
			b.events++
		}
		size += len(b.ndjson)
		bodies = append(bodies, b)
	}
	return bodies, size
}

// send posts all bodies over the given number of connections and returns how
// long each acknowledgement took, in milliseconds.
func (c *child) send(ctx context.Context, clients int, bodies []body) ([]float64, error) {
	var next atomic.Int64
	took := make([]float64, len(bodies))
	g, ctx := errgroup.WithContext(ctx)
	for range clients {
		g.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(bodies) {
					return nil
				}
				began := time.Now()
				if err := c.post(ctx, bodies[i]); err != nil {
					return err
				}
				took[i] = float64(time.Since(began).Microseconds()) / 1000
			}
		})
	}
	return took, g.Wait()
}

func (c *child) post(ctx context.Context, b body) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url+"/api/siem/events", bytes.NewReader(b.ndjson))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.writer)
	req.Header.Set("Content-Type", "application/x-ndjson")
	resp, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return err
	}
	var a struct{ Accepted, Duplicates, Rejected int }
	if resp.StatusCode != http.StatusOK || json.Unmarshal(answer, &a) != nil || a.Accepted != b.events || a.Duplicates != 0 {
		return fmt.Errorf("bench: sent %d events, got %s: %.300s", b.events, resp.Status, answer)
	}
	return nil
}

// percentile returns the p-th percentile of values, 0 when there are none.
func percentile(values []float64, p int) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Clone(values)
	slices.Sort(v)
	return v[min(len(v)*p/100, len(v)-1)]
}
