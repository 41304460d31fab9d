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

// Verification is what Verify found.
type Verification struct {
	journal.Report
	// Keys names the key files that are missing or damaged or need another secret.
	// They are no evidence: what cannot be checked for them is said in MACs. File
	// is below the data folder.
	Keys []keyring.Finding `json:"keys,omitempty"`
}

// Verify checks the journal of a data folder, beside a running server or without
// one. It writes nothing to the folder, which may be evidence, or on a disk that
// cannot be written. The error is about the check itself, never about what it
// found.
func Verify(ctx context.Context, dataDir string, o Options) (Verification, error) {
	f := folder{dataDir}
	if _, err := os.Stat(f.journal()); errors.Is(err, fs.ErrNotExist) {
		return Verification{}, fmt.Errorf("%s holds no journal", dataDir)
	} else if err != nil {
		return Verification{}, err
	}
	var v Verification
	var keys *keyring.Ring
	keys, v.Keys = keyring.Inspect(keyring.Options{
		Dir: f.keys(), Secret: o.SigningSecret.Reveal(), PreviousSecret: o.PreviousSecret.Reveal(),
	})
	for i := range v.Keys {
		v.Keys[i].File = "keys/" + v.Keys[i].File
	}
	var err error
	v.Report, err = journal.Verify(ctx, f.journal(), journal.VerifyOptions{Keys: keys, Logger: o.Logger})
	return v, err
}
