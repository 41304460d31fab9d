// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fluent/fluent-logger-golang/fluent"
)

// sendFluent sends three records, each of which waits for its acknowledgement.
func sendFluent(host, port string) (err error) {
	number, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("port: %w", err)
	}
	logger, err := fluent.New(fluent.Config{
		FluentHost: host, FluentPort: number, RequestAck: true, SubSecondPrecision: true, MaxRetry: 1,
		Timeout: 10 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
	})
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, logger.Close()) }()
	for n := range 3 {
		record := map[string]any{"message": fmt.Sprint("record ", n), "n": n, "nested": map[string]any{"ok": true, "list": []string{"a", "b"}}}
		if err := logger.PostWithTime("app.access", time.Unix(1795600000, 500), record); err != nil {
			return fmt.Errorf("record %d: %w", n, err)
		}
	}
	return nil
}
