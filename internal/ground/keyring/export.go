// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Range names a sealed range of a stream by its MAC key.
type Range struct {
	Stream string
	Epoch  uint32 // 0: nothing of the stream is sealed
	J      uint64
	// Unsealed: entries that follow it wait to be sealed, with keys of this epoch or
	// of a later one.
	Unsealed bool
}

// Export moves the MAC roots that lie in the key folder into a new file, which
// must not be there yet, and leaves the ratchet in their place: for each epoch and
// stream the key of the lowest range that is not sealed. streams are those that
// can come into being later; sealed is the last sealed range of each stream that
// is there, for what has a stream is not to be had from the keys. No journal may be
// open with these keys. It returns the epochs that were exported. After an error
// either nothing has changed but the file, or all has.
//
// The file is text as a key file is: `name anchor`, `origin <origin>`, and for each
// epoch `anchor <epoch> <check value> <A_e>`.
func (r *Ring) Export(path string, streams []string, sealed []Range) (epochs []uint32, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.macs.Lock()
	defer r.macs.Unlock()
	if r.store.readOnly {
		return nil, errors.New("export anchors: the keys are open for reading only")
	}
	if len(r.roots) > 0 && r.roots[len(r.roots)-1].kind == Derived {
		return nil, fmt.Errorf("export anchors: %w", ErrSecretIsAnchor)
	}
	out := keyFile{name: fileAnchor, entries: []string{"origin " + r.origin}}
	next := r.contents.clone()
	var c change
	for i := range r.roots {
		rt := &r.roots[i]
		if rt.kind != Random || !rt.known {
			continue
		}
		epoch := uint32(i) + 1
		epochs = append(epochs, epoch)
		out.entries = append(out.entries, fmt.Sprintf("anchor %d %x %x", epoch, rt.check, rt.anchor))
		next.epochs[i].kind = Away
		c.remove(rootName(epoch))
	}
	if len(epochs) == 0 {
		return nil, errors.New("export anchors: no MAC root is on this host")
	}
	left, err := r.left(epochs, streams, sealed)
	if err != nil {
		return nil, fmt.Errorf("export anchors: %w", err)
	}
	c.put(left.file(), next.file())
	unlock, err := lockDir(r.store.dir)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := r.store.writeNew(path, out.encode()); err != nil {
		return nil, fmt.Errorf("export anchors: %w", err)
	}
	if err := r.store.commit(c); err != nil {
		return nil, fmt.Errorf("export anchors: %w", err)
	}
	for _, chain := range r.chains {
		chain.wipe()
	}
	clear(r.chains)
	r.contents, r.ratchet = next, left
	for _, epoch := range epochs {
		r.roots[epoch-1] = root{epochEntry: next.epochs[epoch-1]}
	}
	return epochs, nil
}

// left is the ratchet once the roots of these epochs are away.
func (r *Ring) left(epochs []uint32, streams []string, sealed []Range) (ratchet, error) {
	t := ratchet{version: r.ratchet.version + 1, next: maps.Clone(r.ratchet.next)}
	if t.next == nil {
		t.next = map[chainID]link{}
	}
	names := map[string]bool{}
	for _, s := range streams {
		names[s] = true
	}
	for _, s := range sealed {
		names[s.Stream] = true
	}
	for stream := range names {
		if !validStream(stream) {
			return t, fmt.Errorf("stream %.80q has no name of a stream", stream)
		}
		for _, epoch := range epochs {
			k, err := firstKey(r.roots[epoch-1].anchor, r.origin, stream, epoch)
			if err != nil {
				return t, err
			}
			t.next[chainID{epoch, stream}] = link{0, k}
		}
	}
	for _, s := range sealed {
		if s.J > MaxRatchet {
			return t, fmt.Errorf("stream %s: range key %d: a number beyond %d", s.Stream, s.J, uint64(MaxRatchet))
		}
		if next, changed := t.without(s.Epoch, s.Stream, s.J); changed {
			next.version = t.version
			t = next
		}
	}
	// of epochs that are over only what waits to be sealed needs keys
	maps.DeleteFunc(t.next, func(id chainID, _ link) bool {
		return id.epoch < r.Epoch() && !slices.ContainsFunc(sealed, func(s Range) bool { return s.Stream == id.stream && s.Unsealed })
	})
	return t, nil
}

// writeNew writes a file outside the key folder that must not be there yet, and
// reads it back.
func (s store) writeNew(path string, raw []byte) error {
	if err := s.before("create", path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	_, err = f.Write(raw)
	if err == nil {
		err = f.Sync()
	}
	got := make([]byte, len(raw))
	if err == nil {
		_, err = f.ReadAt(got, 0)
	}
	if err = errors.Join(err, f.Close()); err == nil && !bytes.Equal(got, raw) {
		err = errors.New("it does not read as it was written")
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(path))
	}
	return nil
}
