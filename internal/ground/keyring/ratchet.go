// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// maxStreamName bounds the names of streams, as the journal does.
const maxStreamName = 64

// ratchet is what is left on the host of epochs whose roots are away: of each
// stream the key of the lowest range that is not sealed. Whoever takes it can make
// MACs of ranges to come, and of none that was sealed before. The file `ratchet` is
// replaced whenever a range was sealed; its lines are sorted:
//
//	next <epoch> <stream> <j> <K_j>
type ratchet struct {
	version uint64
	next    map[chainID]link
}

func (t *ratchet) file() keyFile {
	f := keyFile{name: fileRatchet, version: t.version}
	for _, id := range slices.SortedFunc(maps.Keys(t.next), chainID.compare) {
		f.entries = append(f.entries, fmt.Sprintf("next %d %s %d %x", id.epoch, id.stream, t.next[id].j, t.next[id].key))
	}
	return f
}

func (id chainID) compare(other chainID) int {
	return cmp.Or(cmp.Compare(id.epoch, other.epoch), strings.Compare(id.stream, other.stream))
}

func decodeRatchet(f keyFile) (t ratchet, err error) {
	t = ratchet{version: f.version, next: map[chainID]link{}}
	if t.version == 0 {
		return t, errors.New("it has no version")
	}
	for _, line := range f.entries {
		w, ok := words(line, 4)
		if !ok || !strings.HasPrefix(line, "next ") || !validStream(w[1]) {
			return t, errors.New("one of its lines does not belong there")
		}
		epoch, isEpoch := number(w[0], 32)
		j, isNumber := number(w[2], 32)
		key, isKey := hexBytes(w[3], KeyBytes)
		if !isEpoch || !isNumber || !isKey {
			return t, errors.New("one of its lines cannot be read")
		}
		t.next[chainID{uint32(epoch), w[1]}] = link{j, [KeyBytes]byte(key)} //nolint:gosec // 32 bits
	}
	if !slices.Equal(t.file().entries, f.entries) {
		return t, errors.New("its lines are not in their one form")
	}
	return t, nil
}

// readRatchet loads it when a root is away.
func (r *Ring) readRatchet() error {
	if !slices.ContainsFunc(r.roots, func(rt root) bool { return rt.kind == Away }) {
		return nil
	}
	f, err := r.store.load(fileRatchet)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("key file %s: %w: it has the MAC keys that are still needed; put it back from a backup, an older one serves too", r.store.paths(fileRatchet)[0], ErrMissing)
	}
	if err != nil {
		return err
	}
	if r.ratchet, err = decodeRatchet(f); err != nil {
		return fmt.Errorf("key file %s: %w: %w", r.store.paths(fileRatchet)[0], ErrDamaged, err)
	}
	return nil
}

// Forget says that the range with key K_j was sealed, for good: the keys of the
// stream up to that one, and those of older epochs, are not needed for writing any
// more. What of them is left on the host is wiped, durably, before Forget returns.
// As long as the root of an epoch is on the host it stays, and Forget does nothing
// about that epoch.
func (r *Ring) Forget(epoch uint32, stream string, j uint64) error {
	r.macs.Lock()
	defer r.macs.Unlock()
	next, changed := r.ratchet.without(epoch, stream, j)
	if !changed || r.store.readOnly {
		return nil
	}
	unlock, err := lockDir(r.store.dir)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.store.put(next.file()); err != nil {
		return fmt.Errorf("forget MAC key %d of stream %s: %w", j, stream, err)
	}
	r.ratchet = next
	for id, c := range r.chains {
		if id.stream == stream && id.epoch <= epoch && !r.roots[id.epoch-1].known {
			c.wipe()
			delete(r.chains, id)
		}
	}
	return nil
}

// without is the ratchet after a range was sealed.
func (t *ratchet) without(epoch uint32, stream string, j uint64) (next ratchet, changed bool) {
	next = ratchet{version: t.version + 1, next: maps.Clone(t.next)}
	for id, at := range t.next {
		switch {
		case id.stream != stream || id.epoch > epoch || id.epoch == epoch && at.j > j:
			continue
		case id.epoch < epoch || j >= MaxRatchet:
			delete(next.next, id)
		default:
			next.next[id] = link{j + 1, newChain(at.j, at.key).key(j + 1)}
		}
		changed = true
	}
	return next, changed
}

// validStream is the journal's rule for the names of streams.
func validStream(s string) bool {
	for i, c := range []byte(s) {
		alnum := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		if !alnum && (i == 0 || c != '-' && c != '_' && c != '.') {
			return false
		}
	}
	return s != "" && len(s) <= maxStreamName
}
