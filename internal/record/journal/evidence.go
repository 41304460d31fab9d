// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// ErrDiverged says that a checkpoint of this journal is known which the journal
// does not continue: it was rolled back, or there are two of it. It signs nothing
// any more, so that a second history is never vouched for; it goes on recording.
var ErrDiverged = errors.New("journal does not continue a checkpoint of its own")

// evidence is the log of headers and the newest checkpoint over it. The sealer
// changes it, anybody reads it.
type evidence struct {
	mu   sync.RWMutex
	log  headerLog
	last map[string]lastRange // of each stream, the newest that is in the log
	// streams has where each stream's headers are, by the number of the range.
	streams map[string][]headerPlace
	// note is the newest signed checkpoint, size how many headers it covers, at
	// when it was signed.
	note     []byte
	size     uint64
	at       time.Time
	diverged error
	// opened is when the journal was, sealedAt the newest header's time then.
	opened   time.Time
	sealedAt int64
	// changed is closed and replaced with each new checkpoint.
	changed chan struct{}
}

// lastRange is the newest range of a stream in the log.
type lastRange struct {
	header Header
	leaf   hash
	index  uint64
}

// headerPlace is where the log has the header of a range.
type headerPlace struct{ number, index uint64 }

const (
	checkpointName = "checkpoint"
	cosignedName   = "cosignatures" // beside it, kept by who asks the witnesses
)

// openEvidence reads the log of headers and the checkpoint, and compares them.
func (j *Journal) openEvidence(ctx context.Context) ([]logged, error) {
	v := &j.evidence
	v.changed = make(chan struct{})
	v.last, v.streams = map[string]lastRange{}, map[string][]headerPlace{}
	list, err := v.log.open(ctx, j)
	if err != nil {
		return nil, err
	}
	for i := range list {
		h := &list[i].Header
		if h.Origin != j.Origin() {
			return nil, fmt.Errorf("%w: it is %s, the keys are of %s; put its own keys back", ErrForeign, h.Origin, j.Origin())
		}
		v.remember(h, uint64(i))
		v.sealedAt = max(v.sealedAt, h.SealedAt)
	}
	v.opened = time.Now()
	return list, j.meetCheckpoints(ctx)
}

// verifiers are those of the keys that ever signed checkpoints.
func verifiers(keys *keyring.Ring) note.Verifiers {
	var list []note.Verifier
	for _, k := range keys.Public() {
		if k.Purpose != keyring.Checkpoint {
			continue
		}
		if v, err := note.NewVerifier(k.VKey); err == nil { // the ring made it
			list = append(list, v)
		}
	}
	return note.VerifierList(list...)
}

// addHeader appends a header to the log. The sealer's.
func (j *Journal) addHeader(l logged) (index uint64, err error) {
	v := &j.evidence
	v.mu.Lock()
	defer v.mu.Unlock()
	if index, err = v.log.add(l); err != nil {
		return 0, err
	}
	v.remember(&l.Header, index)
	return index, nil
}

// remember remembers where a header is. The caller holds mu.
func (v *evidence) remember(h *Header, index uint64) {
	v.last[h.Stream] = lastRange{header: *h, leaf: v.log.leaves[index], index: index}
	v.streams[h.Stream] = append(v.streams[h.Stream], headerPlace{h.Number, index})
}

// lastOf is the newest range of a stream in the log.
func (v *evidence) lastOf(stream string) (lastRange, bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	l, ok := v.last[stream]
	return l, ok
}

// sign makes the checkpoint over all headers in the log, durable when it returns.
// The sealer's. A journal that has diverged signs nothing and is no error.
func (j *Journal) sign() error {
	v := &j.evidence
	v.mu.RLock()
	c := proof.Checkpoint{Origin: j.Origin(), Size: v.log.size(), Root: v.log.root(v.log.size())}
	done := v.size == c.Size || v.diverged != nil
	v.mu.RUnlock()
	if done {
		return nil
	}
	raw, err := proof.SignCheckpoint(c, j.opts.Keys.Signers(keyring.Checkpoint)...)
	if err != nil {
		return fmt.Errorf("sign checkpoint: %w", err)
	}
	if err := j.opts.Keys.Remember(raw); err != nil {
		return fmt.Errorf("keep checkpoint beside the keys: %w", err)
	}
	if err := replaceFile(j.opts.disk, j.path(checkpointName), raw); err != nil {
		return fmt.Errorf("write checkpoint: %w", err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.note, v.size, v.at = raw, c.Size, time.Now()
	close(v.changed)
	v.changed = make(chan struct{})
	return nil
}

// Checkpoint is the newest signed checkpoint, the number of headers it covers and
// when it was signed; nil before the first. changed is closed when there is a newer.
func (j *Journal) Checkpoint() (signed []byte, size uint64, at time.Time, changed <-chan struct{}) {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.note, v.size, v.at, v.changed
}

// Diverge ends the signing of checkpoints: somebody outside knows a history that
// this journal does not continue.
func (j *Journal) Diverge(reason string) {
	v := &j.evidence
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.diverged == nil {
		v.diverged = fmt.Errorf("%w: %s", ErrDiverged, reason)
	}
}

// Diverged is why the journal signs no checkpoints, nil when it does.
func (j *Journal) Diverged() error {
	v := &j.evidence
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.diverged
}
