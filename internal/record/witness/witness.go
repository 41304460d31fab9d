// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// Options are what a witness is opened with.
type Options struct {
	// Dir is the witness's folder; it is made when it is not there.
	Dir string
	// Key is the witness's own key. What was co-signed with another one is refused.
	Key *proof.Cosigner
	// Logs are the public keys of the logs that are watched, in the form of
	// c2sp.org/signed-note; a key's name is its log's origin. A log has several keys
	// while it changes them.
	Logs []string
	// Logger gets what an operator must know; nil logs nothing.
	Logger *slog.Logger

	disk disk // for tests
}

// Witness co-signs the checkpoints of the logs that it watches.
type Witness struct {
	dir     string
	key     *proof.Cosigner
	own     note.Verifier
	disk    disk
	logger  *slog.Logger
	known   *register
	origins []string // sorted
	logs    map[string]*trackedLog
	unlock  func() error
}

// Open reads what is known of each log and takes the folder's lock (ErrLocked).
// A log whose file is damaged or missing does not keep the others from being
// watched: Logs tells of it, and each request about it is refused.
func Open(o Options) (*Witness, error) {
	w := &Witness{dir: o.Dir, key: o.Key, disk: o.disk, logger: o.Logger, logs: map[string]*trackedLog{}}
	if w.disk == nil {
		w.disk = osDisk{}
	}
	if w.logger == nil {
		w.logger = slog.New(slog.DiscardHandler)
	}
	var err error
	if w.own, err = proof.NewVerifier(o.Key.VerifierKey()); err != nil {
		return nil, fmt.Errorf("key of the witness: %w", err)
	}
	keys, err := keysByOrigin(o.Logs)
	if err != nil {
		return nil, err
	}
	if err := makeFolders(w.disk, o.Dir); err != nil {
		return nil, err
	}
	if w.unlock, err = lockFolder(o.Dir); err != nil {
		return nil, err
	}
	if err := w.open(keys); err != nil {
		return nil, errors.Join(err, w.unlock())
	}
	return w, nil
}

func (w *Witness) open(keys map[string][]note.Verifier) error {
	var err error
	if w.known, err = openRegister(w.disk, w.dir); err != nil {
		return err
	}
	for origin, list := range keys {
		l := newTrackedLog(w.dir, origin, note.VerifierList(list...))
		if l.damage = l.load(w.own, w.known.has(origin)); l.damage != nil {
			w.logger.Error("a log is refused", "origin", origin, "error", l.damage)
		}
		w.logs[origin] = l
		w.origins = append(w.origins, origin)
	}
	slices.Sort(w.origins)
	return nil
}

// Close gives the folder free. No request may be under way.
func (w *Witness) Close() error {
	if err := w.unlock(); err != nil {
		return fmt.Errorf("close witness: %w", err)
	}
	return nil
}

// VerifierKey is the key with which the cosignatures are checked, in note form.
func (w *Witness) VerifierKey() string { return w.key.VerifierKey() }

// keysByOrigin reads the keys; two of one name are keys of one log.
func keysByOrigin(vkeys []string) (map[string][]note.Verifier, error) {
	keys := map[string][]note.Verifier{}
	for _, vkey := range vkeys {
		v, err := proof.NewVerifier(vkey)
		if err != nil {
			return nil, fmt.Errorf("key of a log: %w", err)
		}
		if slices.ContainsFunc(keys[v.Name()], func(o note.Verifier) bool { return o.KeyHash() == v.KeyHash() }) {
			return nil, fmt.Errorf("key of a log: %s is there twice", vkey)
		}
		keys[v.Name()] = append(keys[v.Name()], v)
	}
	return keys, nil
}

// Add answers one add-checkpoint request: the cosignature's line, or a *StatusError.
// Any other error says that the state could not be stored; nothing was co-signed
// then. A context that ends keeps a request from beginning, not from finishing.
func (w *Witness) Add(ctx context.Context, body []byte) (cosignature []byte, err error) {
	r, err := ParseRequest(body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "%v", err)
	}
	origin, _, _ := bytes.Cut(r.Checkpoint, []byte("\n"))
	l := w.logs[string(origin)]
	if l == nil {
		return nil, refuse(http.StatusNotFound, "no log %.255q is watched here", origin)
	}
	leave, err := l.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	c, n, err := openSubmitted(r.Checkpoint, l.keys)
	if err != nil {
		return nil, err
	}
	if r.Old > c.Size {
		return nil, refuse(http.StatusBadRequest, "old size %d is larger than the checkpoint's, %d", r.Old, c.Size)
	}
	if err := l.take(ctx); err != nil {
		return nil, err
	}
	defer l.release()
	return w.decide(ctx, l, &r, c, n)
}

// openSubmitted checks the log's signature and reads the checkpoint.
func openSubmitted(msg []byte, keys note.Verifiers) (proof.Checkpoint, *note.Note, error) {
	c, n, err := proof.OpenCheckpoint(msg, keys)
	if err == nil {
		return c, n, nil
	}
	var unsigned *note.UnverifiedNoteError
	var forged *note.InvalidSignatureError
	if errors.As(err, &unsigned) || errors.As(err, &forged) {
		return c, nil, refuse(http.StatusForbidden, "%v", err)
	}
	return c, nil, refuse(http.StatusBadRequest, "%v", err)
}

// decide compares a signed checkpoint with what is remembered, and stores it. The
// caller has the log's turn.
func (w *Witness) decide(ctx context.Context, l *trackedLog, r *Request, c proof.Checkpoint, n *note.Note) ([]byte, error) {
	if l.damage != nil {
		return nil, refuse(http.StatusInternalServerError, "this witness does not sign for the log any more: %v", l.damage)
	}
	last := l.last.Load()
	forked := c.Size == last.checkpoint.Size && c.Root != last.checkpoint.Root
	if forked {
		w.keepFork(ctx, last, c, n)
	}
	if r.Old != last.checkpoint.Size {
		return nil, &StatusError{Status: http.StatusConflict, Size: last.checkpoint.Size, Stale: true, Reason: "old size is not the one co-signed last"}
	}
	if forked {
		return nil, refuse(http.StatusConflict, "another root was co-signed for size %d", c.Size)
	}
	if err := proof.CheckConsistency(r.Old, c.Size, last.checkpoint.Root, c.Root, r.Proof); err != nil {
		w.logger.WarnContext(ctx, "a checkpoint is not shown to follow from the last one",
			"origin", c.Origin, "remembered", last.checkpoint.Size, "submitted", c.Size, "root", fmt.Sprintf("%x", c.Root), "error", err)
		return nil, refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	m, line, err := w.cosign(c, n)
	if err != nil {
		return nil, err
	}
	if c.Size == last.checkpoint.Size && !last.isNone() {
		return line, nil // nothing new to remember
	}
	if err := w.store(l, m); err != nil {
		w.logger.ErrorContext(ctx, "a checkpoint could not be stored and is not co-signed", "origin", c.Origin, "size", c.Size, "error", err)
		return nil, fmt.Errorf("store the checkpoint of %s: %w", c.Origin, err)
	}
	l.last.Store(m)
	w.logger.DebugContext(ctx, "co-signed", "origin", c.Origin, "size", c.Size)
	return line, nil
}

// store makes the memory durable, and that there is one.
func (w *Witness) store(l *trackedLog, m *memory) error {
	if err := replace(w.disk, l.path, m.encode()); err != nil {
		return err
	}
	return w.known.add(w.disk, l.origin)
}
