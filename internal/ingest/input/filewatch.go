// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"log/slog"
	"sync"

	"github.com/fsnotify/fsnotify"
)

// fileWatch lets the system tell of changes in folders, so that they are seen before
// the next look. Without it, or where the system tells nothing (a network file
// system), the looks see everything. Its methods are called by one goroutine.
type fileWatch struct {
	watcher *fsnotify.Watcher // nil where the system has none
	logger  *slog.Logger
	folders map[string]bool
	wake    chan struct{}
	ended   sync.WaitGroup

	mu      sync.Mutex // guards what follows
	scan    bool
	touched map[string]struct{}
}

// maxTouched bounds the names that are remembered between two looks.
const maxTouched = 1000

func newFileWatch(ctx context.Context, logger *slog.Logger) *fileWatch {
	w := &fileWatch{logger: logger, folders: map[string]bool{}, wake: make(chan struct{}, 1)}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		logger.WarnContext(ctx, "changes of files are seen a second later", "error", err)
		return w
	}
	w.watcher = watcher
	w.ended.Go(w.collect)
	return w
}

// collect takes what the system tells until the watcher is closed.
func (w *fileWatch) collect() {
	events, errs := w.watcher.Events, w.watcher.Errors
	for events != nil || errs != nil {
		select {
		case e, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			if e.Op == fsnotify.Chmod {
				continue
			}
			w.note(e.Name, e.Op != fsnotify.Write)
		case _, ok := <-errs: // the queue has run over: look at everything
			if !ok {
				errs = nil
				continue
			}
			w.note("", true)
		}
	}
}

func (w *fileWatch) note(name string, scan bool) {
	w.mu.Lock()
	if len(w.touched) < maxTouched {
		if w.touched == nil {
			w.touched = map[string]struct{}{}
		}
		w.touched[name] = struct{}{}
	} else {
		scan = true
	}
	w.scan = w.scan || scan
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns what has happened since the last time: whether there may be other
// files, and the paths that were written to.
func (w *fileWatch) take() (scan bool, touched map[string]struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	scan, touched = w.scan, w.touched
	w.scan, w.touched = false, nil
	return scan, touched
}

// follow watches these folders and no others. One that cannot be watched is looked at
// like the rest.
func (w *fileWatch) follow(folders []string) {
	if w.watcher == nil {
		return
	}
	now := make(map[string]bool, len(folders))
	for _, dir := range folders {
		if now[dir] = true; w.folders[dir] {
			continue
		}
		if err := w.watcher.Add(dir); err != nil {
			w.logger.Debug("folder is not watched", "folder", dir, "error", err)
			delete(now, dir)
		}
	}
	for dir := range w.folders {
		if !now[dir] {
			_ = w.watcher.Remove(dir) // it may be gone
		}
	}
	w.folders = now
}

func (w *fileWatch) close() {
	if w.watcher != nil {
		_ = w.watcher.Close()
	}
	w.ended.Wait()
}
