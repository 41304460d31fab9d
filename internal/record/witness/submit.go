// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// maxTries is how often one exchange begins again because the witness says that it
// is at another size.
const maxTries = 4

// divergence says that a witness and the log do not have one history.
type divergence struct{ reason string }

func (d *divergence) Error() string { return d.reason }

func diverged(format string, args ...any) error {
	return &divergence{fmt.Sprintf(format, args...)}
}

// latest reads the log's newest checkpoint; msg is nil while there is none.
func (f *Follower) latest() (msg []byte, c proof.Checkpoint, err error) {
	msg, size := f.opt.Latest()
	if msg == nil {
		return nil, c, nil
	}
	text, err := noteText(msg)
	if err == nil {
		c, err = proof.ParseCheckpoint(text)
	}
	if err == nil && (c.Origin != f.opt.Origin || c.Size != size) {
		err = fmt.Errorf("it is of %q with size %d, not of %q with size %d", c.Origin, c.Size, f.opt.Origin, size)
	}
	if err != nil {
		return nil, c, fmt.Errorf("the log's newest checkpoint: %w", err)
	}
	return msg, c, nil
}

// submit brings a witness up to the log's newest checkpoint. A *divergence says
// that the log must stop.
func (f *Follower) submit(ctx context.Context, p *peer) error {
	ctx, cancel := context.WithTimeout(ctx, submitTimeout)
	defer cancel()
	msg, c, err := f.latest()
	if err != nil || msg == nil {
		return err
	}
	last := f.remembered(p)
	var old uint64
	if last != nil {
		if last.checkpoint == c {
			return nil
		}
		old = last.checkpoint.Size
	}
	for range maxTries {
		if old > c.Size {
			return diverged("%s has co-signed size %d of the log, which has only %d itself: it was cut off or rolled back", p.client.Name(), old, c.Size)
		}
		mine := last != nil && last.checkpoint.Size == old // then its root is known here
		path, err := f.prove(p, old, c, last, mine)
		if err != nil {
			return err
		}
		lines, err := p.client.Add(ctx, old, path, msg)
		var other *ConflictError
		var refused *RefusedError
		switch {
		case err == nil:
			return f.keep(p, msg, lines)
		case errors.As(err, &other) && other.OtherRoot:
			return diverged("%s has co-signed another root for size %d", p.client.Name(), c.Size)
		case errors.As(err, &other):
			if last != nil && other.Size < last.checkpoint.Size {
				f.logger.WarnContext(ctx, "a witness knows less than it has co-signed: it was set back",
					"witness", p.client.Name(), "cosigned", last.checkpoint.Size, "knows", other.Size)
			}
			old = other.Size
			if old > c.Size { // the log may have grown meanwhile
				if msg, c, err = f.latest(); err != nil {
					return err
				}
			}
		case errors.As(err, &refused) && refused.Status == http.StatusUnprocessableEntity && !mine:
			return diverged("%s has co-signed a tree of size %d that the log's tree of size %d does not continue: %s", p.client.Name(), old, c.Size, refused.Reason)
		default:
			return err
		}
	}
	return fmt.Errorf("%w: it is at another size each time it is asked", ErrAnswer)
}

// prove makes the proof for a witness that is at size old. When the root there is
// known (mine), the log's tree must continue it.
func (f *Follower) prove(p *peer, old uint64, c proof.Checkpoint, last *memory, mine bool) (path []proof.Hash, err error) {
	if old != 0 && old != c.Size {
		if path, err = f.opt.Consistency(old, c.Size); err != nil {
			return nil, fmt.Errorf("prove that size %d continues %d: %w", c.Size, old, err)
		}
	}
	if mine {
		if err := proof.CheckConsistency(old, c.Size, last.checkpoint.Root, c.Root, path); err != nil {
			return nil, diverged("the log does not continue what %s has co-signed: %v", p.client.Name(), err)
		}
	}
	return path, nil
}

// keep stores a cosignature.
func (f *Follower) keep(p *peer, msg, lines []byte) error {
	m, err := readCosigned(append(append([]byte(nil), msg...), lines...), f.opt.Origin, p.client.key)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if err := f.store(p.client.vkey, m); err != nil {
		return fmt.Errorf("co-signed up to %d, but that could not be kept: %w", m.checkpoint.Size, err)
	}
	if f.opt.Cosigned != nil {
		f.opt.Cosigned(Cosigned{Key: p.client.vkey, Checkpoint: m.checkpoint, At: m.at, Note: m.note})
	}
	return nil
}

func (f *Follower) store(vkey string, m *memory) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	next := maps.Clone(f.kept)
	next[vkey] = m
	if err := replace(f.disk, f.opt.File, next.encode()); err != nil {
		return err
	}
	f.kept = next
	return nil
}

// Ahead tells whether a witness knows more of the log than size, or knows that size
// with another root: the log was rolled back, and must not go on. It is asked at
// the log's start, before anything is written, with Latest as what the folder
// holds; knows is the largest size. An error is about the witnesses that could not
// be asked, also beside a true answer. ErrNoCheckpoint means that none could, since
// there is nothing signed; a log of size 0 can sign that. ErrDiverged, with true,
// means that the log was told to stop before.
func (f *Follower) Ahead(ctx context.Context, size uint64) (ahead bool, knows uint64, err error) {
	for _, c := range f.Cosigned() {
		knows = max(knows, c.Checkpoint.Size)
	}
	if reason := f.isStopped(); reason != "" {
		return true, knows, fmt.Errorf("%w: %s; remove %s when the log is in order", ErrDiverged, reason, markName(f.opt.File))
	}
	msg, c, err := f.latest()
	switch {
	case err != nil:
		return knows > size, knows, err
	case msg == nil:
		return knows > size, knows, ErrNoCheckpoint
	}
	var mu sync.Mutex
	var asked sync.WaitGroup
	for _, p := range f.peers {
		asked.Go(func() {
			n, e := p.client.Size(ctx, msg)
			mu.Lock()
			defer mu.Unlock()
			var other *ConflictError
			switch {
			case errors.As(e, &other): // the same size with another root
				ahead, knows = true, max(knows, c.Size)
			case e != nil:
				err = errors.Join(err, fmt.Errorf("ask witness %s: %w", p.client.Name(), e))
			default:
				knows = max(knows, n)
			}
		})
	}
	asked.Wait()
	return ahead || knows > size, knows, err
}
