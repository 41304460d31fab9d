// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// pendingBatch bounds the activities that one drain takes.
const pendingBatch = 100

// QueueActivity keeps what a command did beside a server (or without one), until
// the server has journaled it.
func (s *State) QueueActivity(ctx context.Context, a auth.Activity) error {
	body, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("queue activity: %w", err)
	}
	if err := s.exec(ctx, "INSERT INTO pending_audit (activity) VALUES (?)", string(body)); err != nil {
		return fmt.Errorf("queue activity: %w", err)
	}
	return nil
}

// DrainActivities gives the kept activities to record, the oldest first and at most
// 100, and drops them once record has returned nil: it must return only when they
// are durable. After a crash in between they are given again. The number drained
// tells whether there may be more. One drain runs at a time.
func (s *State) DrainActivities(ctx context.Context, record func(ctx context.Context, batch []auth.Activity) error) (int, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, activity FROM pending_audit ORDER BY id LIMIT ?", pendingBatch)
	if err != nil {
		return 0, fmt.Errorf("drain activities: %w", err)
	}
	defer rows.Close()
	var last int64
	var batch []auth.Activity
	for rows.Next() {
		var body []byte
		if err := rows.Scan(&last, &body); err != nil {
			return 0, fmt.Errorf("drain activities: %w", err)
		}
		var a auth.Activity
		if err := json.Unmarshal(body, &a); err != nil {
			return 0, fmt.Errorf("drain activity %d: %w", last, err)
		}
		batch = append(batch, a)
	}
	if err := rows.Err(); err != nil {
		return 0, fmt.Errorf("drain activities: %w", err)
	}
	if len(batch) == 0 {
		return 0, nil
	}
	if err := record(ctx, batch); err != nil {
		return 0, fmt.Errorf("drain activities: %w", err)
	}
	if err := s.exec(ctx, "DELETE FROM pending_audit WHERE id <= ?", last); err != nil {
		return 0, fmt.Errorf("drain activities: %w", err)
	}
	return len(batch), nil
}
