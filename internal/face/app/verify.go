// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// Verify checks the journal of a data folder, beside a running server or without
// one. The error is about the check itself, never about what it found.
func Verify(ctx context.Context, dataDir string, o Options) (journal.Report, error) {
	f := folder{dataDir}
	if _, err := os.Stat(f.journal()); errors.Is(err, fs.ErrNotExist) {
		return journal.Report{}, fmt.Errorf("%s holds no journal", dataDir)
	} else if err != nil {
		return journal.Report{}, err
	}
	v := journal.VerifyOptions{Logger: o.Logger}
	keys, err := keyring.Open(keyring.Options{
		Dir: f.keys(), Existing: true, Secret: o.SigningSecret.Reveal(), PreviousSecret: o.PreviousSecret.Reveal(), Logger: o.Logger,
	})
	if err == nil {
		v.Keys = keys
	} else {
		o.Logger.WarnContext(ctx, "the keys cannot be used: MACs are not checked", "error", err)
	}
	return journal.Verify(ctx, f.journal(), v)
}
