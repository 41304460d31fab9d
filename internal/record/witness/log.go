// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const (
	logsFolder     = "logs"
	evidenceFolder = "evidence"

	// maxAtOnce is how many requests about one log are worked on or wait.
	maxAtOnce = 16
)

// trackedLog is one log that is watched.
type trackedLog struct {
	origin string
	keys   note.Verifiers
	path   string
	damage error // set at Open: the log is refused

	room chan struct{} // one place for each request
	turn chan struct{} // held while last is compared and replaced
	last atomic.Pointer[memory]
}

func newTrackedLog(dir, origin string, keys note.Verifiers) *trackedLog {
	l := &trackedLog{
		origin: origin, keys: keys, path: filepath.Join(dir, logsFolder, fileName(origin)),
		room: make(chan struct{}, maxAtOnce), turn: make(chan struct{}, 1),
	}
	l.last.Store(none(origin))
	return l
}

// fileName is a log's file: an origin can have any letters and 255 bytes.
func fileName(origin string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(origin))) }

// load reads the log's file. Without one the log begins, unless it is known to
// have had one.
func (l *trackedLog) load(own note.Verifier, known bool) error {
	const remedy = "put it back from a backup that is not older than the last cosignature, or give this witness up: a new one has another key"
	raw, err := readBounded(l.path, maxMemoryBytes)
	if errors.Is(err, os.ErrNotExist) {
		if known {
			return fmt.Errorf("%s is missing: what was co-signed is not known; %s", l.path, remedy)
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w; %s", err, remedy)
	}
	m, err := decodeMemory(raw, l.origin, own)
	if err != nil {
		return fmt.Errorf("%s is damaged: %w; %s", l.path, err, remedy)
	}
	l.last.Store(m)
	return nil
}

// enter takes a place; there are few, so that one log's sender cannot take the
// witness's memory and time.
func (l *trackedLog) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, fmt.Errorf("enter: %w", ctx.Err())
	}
	select {
	case l.room <- struct{}{}:
		return func() { <-l.room }, nil
	default:
		return nil, refuse(http.StatusServiceUnavailable, "too many requests about this log at once")
	}
}

// take waits for the turn.
func (l *trackedLog) take(ctx context.Context) error {
	select {
	case l.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the log: %w", ctx.Err())
	}
}

func (l *trackedLog) release() { <-l.turn }

// LogStatus says what is known of a log.
type LogStatus struct {
	Origin string
	// Size and At are of the last checkpoint that was co-signed, zero when there
	// is none.
	Size uint64
	At   time.Time
	// Damage says why the log is refused, "" when it is not.
	Damage string
}

// Logs tells what is known of each log, by origin. It waits for nothing.
func (w *Witness) Logs() []LogStatus {
	list := make([]LogStatus, 0, len(w.origins))
	for _, origin := range w.origins {
		l := w.logs[origin]
		m := l.last.Load()
		s := LogStatus{Origin: origin, Size: m.checkpoint.Size, At: m.at}
		if l.damage != nil {
			s.Damage = l.damage.Error()
		}
		list = append(list, s)
	}
	return list
}

// makeFolders makes the folders and their names durable.
func makeFolders(d disk, dir string) error {
	for _, name := range []string{"", logsFolder, evidenceFolder} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			return fmt.Errorf("make folder: %w", err)
		}
	}
	return errors.Join(d.syncDir(dir), d.syncDir(filepath.Dir(filepath.Clean(dir))))
}
