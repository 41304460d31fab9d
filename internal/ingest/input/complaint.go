// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"log/slog"
	"time"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// complaint tells of records that were rejected where no sender waits for an answer,
// at most once a minute. It is used by one goroutine.
type complaint struct{ last time.Time }

func (c *complaint) tell(ctx context.Context, logger *slog.Logger, r *pipeline.Result, origins []pipeline.Origin) {
	now := time.Now()
	if r.Rejected == 0 || len(r.Errors) == 0 || now.Sub(c.last) < time.Minute {
		return
	}
	c.last = now
	var o pipeline.Origin
	if i := r.Errors[0].Index; i < len(origins) {
		o = origins[i]
	}
	logger.WarnContext(ctx, "records are rejected", "records", r.Rejected, "path", o.Path, "place", o.ID, "error", r.Errors[0].Err)
}
