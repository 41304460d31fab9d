// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// ErrDisputed says that retention or an erasure is refused because the journal has
// diverged: of two histories nobody has decided yet which one is right, and what is
// here may be the evidence.
var ErrDisputed = fmt.Errorf("nothing is destroyed before somebody has looked at it: %w", ErrDiverged)

// mayDestroy is why nothing of the journal may go that cannot come back. It is asked
// again before each step: a witness may object at any time.
func (j *Journal) mayDestroy() error {
	if j.Diverged() != nil { // whose reason is in the log: it may be a stranger's words
		return ErrDisputed
	}
	return nil
}

// discard removes a segment file that counts no more, whose ranges are elsewhere; of a
// journal that has diverged it goes into quarantine.
func (j *Journal) discard(path, name string) error {
	if j.Diverged() == nil {
		return j.opts.disk.remove(path)
	}
	away := quarantined(name)
	for n := 1; ; n++ { // what lies there is evidence too
		if _, err := os.Lstat(j.path("quarantine", away)); err != nil {
			return j.opts.disk.rename(path, j.path("quarantine", away))
		}
		away = strconv.Itoa(n) + "-" + quarantined(name)
	}
}

// quarantined is the name in quarantine of a file below the journal's folder.
func quarantined(name string) string {
	return strings.ReplaceAll(name, string(filepath.Separator), "-")
}

// below is the name of a file below the journal's folder.
func (j *Journal) below(path string) string {
	return strings.TrimPrefix(path, filepath.Clean(j.opts.Dir)+string(filepath.Separator))
}
