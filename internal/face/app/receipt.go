// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// receipt implements input.Env.Receipt. A journal that has diverged signs nothing,
// which is told elsewhere.
func (s *server) receipt(ctx context.Context, request [32]byte, r *pipeline.Result) ([]byte, error) {
	receipt, err := s.record.journal.Receipt(ctx, journal.Receipted{
		Request: request, Accepted: r.Accepted, Duplicates: r.Duplicates, Rejected: r.Rejected, Entries: r.Recorded,
	})
	if errors.Is(err, journal.ErrDiverged) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(receipt)
}
