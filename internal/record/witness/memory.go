// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const (
	memoryHead = "tocsin-witness-log 1"
	// maxMemoryBytes bounds what is read of such a file.
	maxMemoryBytes = MaxRequestBytes + 4096
)

var errForeign = errors.New("it was co-signed by another witness, or altered")

// memory is what a witness knows of one log: the newest checkpoint that it
// co-signed, as evidence with the log's signatures and its own cosignature. It is
// never changed, only replaced. The zero value stands for no tree at all.
type memory struct {
	checkpoint proof.Checkpoint
	at         time.Time // of the cosignature
	note       []byte
}

// none is the memory of a log that was never co-signed.
func none(origin string) *memory {
	return &memory{checkpoint: proof.Checkpoint{Origin: origin, Root: proof.RootOf(nil)}}
}

// isNone tells whether nothing was co-signed yet.
func (m *memory) isNone() bool { return m.note == nil }

// encode is the file: docs/verify.md says how to look at it.
func (m *memory) encode() []byte { return withSum(memoryHead, m.note) }

// decodeMemory reads a file. The witness's own cosignature must be in it.
func decodeMemory(raw []byte, origin string, own note.Verifier) (*memory, error) {
	text, err := cutSum(memoryHead, raw)
	if err != nil {
		return nil, err
	}
	return readCosigned(text, origin, own)
}

// readCosigned reads a signed note with the cosignature of that key.
func readCosigned(msg []byte, origin string, key note.Verifier) (*memory, error) {
	n, err := note.Open(msg, note.VerifierList(key))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errForeign, err)
	}
	m := &memory{note: bytes.Clone(msg)}
	if m.checkpoint, err = proof.ParseCheckpoint(n.Text); err != nil {
		return nil, err
	}
	if origin != "" && m.checkpoint.Origin != origin {
		return nil, fmt.Errorf("it is about the log %q", m.checkpoint.Origin)
	}
	if m.at, err = proof.CosignatureTime(n.Sigs[0]); err != nil {
		return nil, err
	}
	return m, nil
}

// cosign makes the memory of a checkpoint from its opened note, and the signature
// line that says so. Nothing is stored.
func (w *Witness) cosign(c proof.Checkpoint, n *note.Note) (m *memory, line []byte, err error) {
	msg, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}, w.key)
	if err != nil {
		return nil, nil, fmt.Errorf("cosign %s: %w", c.Origin, err)
	}
	line = msg[bytes.LastIndexByte(msg[:len(msg)-1], '\n')+1:]
	if m, err = readCosigned(msg, c.Origin, w.own); err != nil {
		return nil, nil, fmt.Errorf("cosign %s: read it back: %w", c.Origin, err)
	}
	return m, line, nil
}
