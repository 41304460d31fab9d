// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"errors"
	"fmt"
	"strings"
)

// ErrOther says that an exported file is of another journal.
var ErrOther = errors.New("exported roots of another journal")

// Attach reads an exported file and gives the ring the roots that are in it, for
// as long as it is open. The ring's epochs that the file does not have stay as they
// are; roots of epochs that the ring does not know are passed over.
func (r *Ring) Attach(path string) error {
	raw, err := readBounded(path, maxFile(fileAnchor))
	if err != nil {
		return fmt.Errorf("anchor file %s: %w", path, err)
	}
	origin, roots, err := decodeAnchors(raw)
	if err != nil {
		return fmt.Errorf("anchor file %s: %w", path, err)
	}
	if origin != r.origin {
		return fmt.Errorf("anchor file %s: %w: it is of the journal %s, not of %s", path, ErrOther, origin, r.origin)
	}
	r.macs.Lock()
	defer r.macs.Unlock()
	for epoch, rt := range roots {
		if int64(epoch) <= int64(len(r.roots)) && r.roots[epoch-1].kind != "" && r.roots[epoch-1].check != rt.check {
			return fmt.Errorf("anchor file %s: its root of epoch %d is not the one of these keys", path, epoch)
		}
	}
	for epoch, rt := range roots {
		if int64(epoch) <= int64(len(r.roots)) {
			known := &r.roots[epoch-1]
			known.anchor, known.check, known.known = rt.anchor, rt.check, true
		}
	}
	clear(r.chains)
	return nil
}

// decodeAnchors reads an exported file.
func decodeAnchors(raw []byte) (origin string, roots map[uint32]root, err error) {
	f, err := decode(raw, fileAnchor)
	if err != nil {
		return "", nil, err
	}
	if len(f.entries) < 2 || !strings.HasPrefix(f.entries[0], "origin ") {
		return "", nil, errors.New("it holds no anchors")
	}
	origin = strings.TrimPrefix(f.entries[0], "origin ")
	roots = map[uint32]root{}
	for i, line := range f.entries[1:] {
		w, ok := words(line, 3)
		if !ok || !strings.HasPrefix(line, "anchor ") {
			return "", nil, fmt.Errorf("its entry %d does not belong there", i+1)
		}
		n, isEpoch := number(w[0], 32)
		check, isCheck := hexBytes(w[1], checkBytes)
		anchor, isAnchor := hexBytes(w[2], KeyBytes)
		epoch := uint32(n) //nolint:gosec // 32 bits
		if !isEpoch || epoch == 0 || !isCheck || !isAnchor || checkValue([KeyBytes]byte(anchor), epoch) != [checkBytes]byte(check) {
			return "", nil, fmt.Errorf("its anchor %d does not fit its check value", i+1)
		}
		roots[epoch] = root{epochEntry: epochEntry{kind: Away, check: [checkBytes]byte(check)}, anchor: [KeyBytes]byte(anchor), known: true}
	}
	return origin, roots, nil
}
