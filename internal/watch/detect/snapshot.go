// SPDX-License-Identifier: Apache-2.0

package detect

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/tocsin-siem/tocsin/internal/watch/window"
)

// ErrSnapshot means that the bytes are no snapshot of this version, or damaged.
// The engine is then empty and its owner reads the journal from the beginning.
var ErrSnapshot = errors.New("damaged or foreign detection snapshot")

// snapshotVersion changes with the layout: version, ord, observed, late, found,
// the watermarks, then rule id and windows of each rule, each with its length; at
// the end the CRC-32 of it all.
const snapshotVersion = 1

// Snapshot returns everything that the engine needs to go on after the last event
// observed. Grown was called before.
func (n *Engine) Snapshot() []byte {
	dst := []byte{snapshotVersion}
	for _, v := range [...]uint64{n.ord, n.observed, n.late, n.found} {
		dst = binary.AppendUvarint(dst, v)
	}
	dst = appendBlob(dst, n.marks.AppendSnapshot(nil))
	dst = binary.AppendUvarint(dst, uint64(len(n.rules)))
	for _, c := range n.rules {
		dst = appendBlob(dst, []byte(c.rule.ID))
		dst = binary.AppendUvarint(dst, c.hits)
		dst = binary.AppendUvarint(dst, c.findings)
		dst = appendBlob(dst, c.windows.AppendSnapshot(nil))
	}
	return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(dst))
}

func appendBlob(dst, b []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(b))), b...)
}

// blobs reads uvarints and length-prefixed bytes; after damage all is empty.
type blobs struct {
	b   []byte
	bad bool
}

func (r *blobs) uint() uint64 {
	v, size := binary.Uvarint(r.b)
	if size <= 0 {
		r.b, r.bad = nil, true
		return 0
	}
	r.b = r.b[size:]
	return v
}

func (r *blobs) blob() []byte {
	size := r.uint()
	if size > uint64(len(r.b)) {
		r.b, r.bad = nil, true
		return nil
	}
	b := r.b[:size]
	r.b = r.b[size:]
	return b
}

// Restore brings a new engine to where Snapshot was taken and returns that
// position. Rules that are new, or that count something else now, begin empty;
// the windows of the others are kept.
func (n *Engine) Restore(snapshot []byte) (ord uint64, err error) {
	body := len(snapshot) - crc32.Size
	if body < 1 || snapshot[0] != snapshotVersion || crc32.ChecksumIEEE(snapshot[:body]) != binary.BigEndian.Uint32(snapshot[body:]) {
		return 0, ErrSnapshot
	}
	r := &blobs{b: snapshot[1:body]}
	ord, observed, late, found := r.uint(), r.uint(), r.uint(), r.uint()
	marks, err := n.marks.Restore(r.blob())
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrSnapshot, err)
	}
	byID := make(map[string]*counting, len(n.rules))
	for _, c := range n.rules {
		byID[c.rule.ID] = c
	}
	rules := r.uint()
	for range min(rules, uint64(len(snapshot))) {
		id, hits, findings, windows := r.blob(), r.uint(), r.uint(), r.blob()
		c, known := byID[string(id)]
		if r.bad || !known {
			continue
		}
		if err := c.windows.Restore(windows, marks); err == nil {
			c.hits, c.findings = hits, findings
		}
	}
	if r.bad || len(r.b) > 0 {
		n.reset()
		return 0, ErrSnapshot
	}
	n.ord, n.observed, n.late, n.found = ord, observed, late, found
	n.publish()
	return ord, nil
}

// reset forgets all windows.
func (n *Engine) reset() {
	n.marks = window.NewWatermarks(n.options.Allowance, n.options.MaxOrigins)
	for _, c := range n.rules {
		c.windows, c.hits, c.findings = compile(c.rule, n.options).windows, 0, 0
	}
}
