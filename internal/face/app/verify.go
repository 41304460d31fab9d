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

// attach gives a ring the exported roots of the files, and names those that are
// still away.
func attach(keys *keyring.Ring, files []string) (away []keyring.Finding, err error) {
	if keys == nil {
		for _, file := range files {
			away = append(away, keyring.Finding{File: file, Damage: "is not used, for the origin of the keys cannot be read"})
		}
		return away, nil
	}
	for _, file := range files {
		if err := keys.Attach(file); err != nil {
			return nil, err
		}
	}
	for _, e := range keys.Epochs() {
		if e.Kind == keyring.Away && !e.Known {
			away = append(away, keyring.Finding{
				File:   fmt.Sprintf("keys/mac-root.%d", e.Number),
				Damage: fmt.Sprintf("was exported; MACs of epoch %d that were sealed are checked only with that file", e.Number),
			})
		}
	}
	return away, nil
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
	away, err := attach(keys, o.Anchors)
	if err != nil {
		return Verification{}, err
	}
	v.Report, err = journal.Verify(ctx, f.journal(), journal.VerifyOptions{Keys: keys, Logger: o.Logger})
	if v.MACs != "checked" {
		v.Keys = append(v.Keys, away...)
	}
	return v, err
}
