// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ErrNoEvidence says that there is no such header, entry or tile (yet).
var ErrNoEvidence = errors.New("there is no such evidence")

// Consistency proves that the log of the first size headers continues that of the
// first old ones. Both are at most what the newest checkpoint covers.
func (j *Journal) Consistency(old, size uint64) ([]proof.Hash, error) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	if size > v.size || old > size {
		return nil, fmt.Errorf("%w: consistency of %d and %d headers, %d are signed", ErrNoEvidence, old, size, v.size)
	}
	return proof.Consistency(&v.log.levels, old, size)
}

// Tile returns the bytes of a tile of the log of headers, as c2sp.org/tlog-tiles
// names it: `tile/<level>/<index>` or `tile/entries/<index>`, with `.p/<width>` for
// one that is not full. Only what the newest checkpoint covers is there.
func (j *Journal) Tile(path string) ([]byte, error) {
	t, err := proof.ParseTile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoEvidence, err)
	}
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	if !t.In(v.size) {
		return nil, fmt.Errorf("%w: %s of %d headers", ErrNoEvidence, path, v.size)
	}
	if !t.Entries {
		return proof.HashTile(t, &v.log.levels, v.size)
	}
	var out []byte
	for i := range uint64(t.Width) { //nolint:gosec // at most 256
		l, err := v.log.at(t.First() + i)
		if err != nil {
			return nil, err
		}
		if out, err = proof.AppendTileEntry(out, l.Header.Append(nil)); err != nil {
			return nil, err
		}
	}
	return out, nil
}
