// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/user"
	"path/filepath"
	"time"

	"github.com/tocsin-siem/tocsin/internal/face/auth"
	"github.com/tocsin-siem/tocsin/internal/record/state"
)

// CreateToken makes an API token in a data folder, beside a running server or
// without one, and returns it. The server, or the next one, journals it.
func CreateToken(ctx context.Context, dataDir, name, scope string, logger *slog.Logger) (token string, err error) {
	d, err := openFolder(dataDir)
	if err != nil {
		return "", err
	}
	db, err := state.Open(ctx, d.state(), logger)
	if err != nil {
		return "", fmt.Errorf("open state: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var queueErr error
	access, err := auth.New(auth.Options{
		Store:  db,
		Key:    make([]byte, 32), // signs nothing: this process logs nobody in
		Logger: logger,
		Audit: func(ctx context.Context, did auth.Activity) {
			queueErr = errors.Join(queueErr, db.QueueActivity(ctx, did))
		},
	})
	if err != nil {
		return "", err
	}
	_, secret, err := access.IssueToken(ctx, name, auth.Scope(scope), time.Time{}, operator(), auth.Peer{})
	if err = errors.Join(err, queueErr); err != nil {
		return "", fmt.Errorf("create token: %w", err)
	}
	return secret.Reveal(), nil
}

// operator names who runs a command, for the audit trail.
func operator() string {
	u, err := user.Current()
	if err != nil {
		return "cli"
	}
	return "cli:" + filepath.Base(u.Username)
}
