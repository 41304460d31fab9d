// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
)

// The mark of a divergence is a file beside the one of the cosignatures, with the
// reason as its text, so that a restart does not forget it.

const maxMarkBytes = 4096

// Marked is why a log whose cosignatures are kept in file was told to stop, "" when it
// was not: somebody has to look, and to remove the mark.
func Marked(file string) (reason string, err error) { return readMark(file) }

func markName(file string) string { return file + ".diverged" }

// readMark reads the reason of a divergence, "" when there was none. A file that
// says nothing is a mark too.
func readMark(file string) (reason string, err error) {
	raw, err := readBounded(markName(file), maxMarkBytes)
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("mark of a divergence: %w", err)
	}
	if reason = strings.TrimSpace(string(raw)); reason == "" {
		reason = "the reason was not kept"
	}
	return reason, nil
}

func (f *Follower) isStopped() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stopped
}

// stop tells the log to stop and remembers it. That it cannot be remembered is said
// and changes nothing.
func (f *Follower) stop(ctx context.Context, reason string) {
	f.logger.ErrorContext(ctx, "DIVERGED: the log must sign nothing any more", "reason", reason)
	f.opt.Diverged(reason)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stopped != "" {
		return
	}
	f.stopped = reason
	if err := replace(f.disk, markName(f.opt.File), []byte(reason[:min(len(reason), maxMarkBytes-1)]+"\n")); err != nil {
		f.logger.ErrorContext(ctx, "the divergence is not remembered over a restart", "error", err)
	}
}
