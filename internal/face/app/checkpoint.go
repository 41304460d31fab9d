// SPDX-License-Identifier: Apache-2.0

package app

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// Checkpoint reads the newest checkpoint of a data folder, with the cosignatures that
// are kept beside it, and checks that one of the folder's keys signed it. It writes
// nothing, and works beside a running server.
func Checkpoint(dataDir string) ([]byte, error) {
	f := folder{dataDir}
	if err := f.usable(); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(f.checkpoint())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no checkpoint: nothing is sealed in it yet", dataDir)
	}
	if err != nil {
		return nil, fmt.Errorf("read checkpoint: %w", err)
	}
	keys, _ := keyring.Inspect(keyring.Options{Dir: f.keys()})
	if keys == nil {
		return nil, fmt.Errorf("the keys of %s cannot be read, so that its checkpoint cannot be checked", dataDir)
	}
	known, err := proof.Chain(checkpointKeys(keys), nil)
	if err != nil {
		return nil, err
	}
	if _, _, err := proof.OpenCheckpoint(raw, known); err != nil {
		return nil, err
	}
	notes, err := f.readCosigned()
	if err != nil {
		notes = nil // what the witnesses said is lost, not what the journal says
	}
	return withCosignatures(raw, notes), nil
}

// checkpointKeys are the public keys that ever signed checkpoints, the oldest first.
func checkpointKeys(keys *keyring.Ring) (vkeys []string) {
	for _, k := range keys.Public() {
		if k.Purpose == keyring.Checkpoint {
			vkeys = append(vkeys, k.VKey)
		}
	}
	return vkeys
}

// withCosignatures adds to a signed checkpoint the signatures of notes with the very
// same text.
func withCosignatures(signed []byte, notes [][]byte) []byte {
	text, _, _ := bytes.Cut(signed, []byte("\n\n"))
	signed = bytes.Clone(signed)
	for _, n := range notes {
		same, lines, _ := bytes.Cut(n, []byte("\n\n"))
		if !bytes.Equal(same, text) {
			continue
		}
		for line := range bytes.Lines(lines) {
			if !bytes.Contains(signed, line) {
				signed = append(signed, line...)
			}
		}
	}
	return signed
}
