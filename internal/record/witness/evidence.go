// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// maxEvidence bounds how many files are kept for a log: the first ones say it all,
// and who has the log's key must not be able to fill the disk.
const maxEvidence = 16

// keepFork keeps two checkpoints of one size and different roots, both signed by
// the log, as a file: nobody but the holder of the log's key can have made them.
// It says so loudly; that it cannot be kept changes no answer. The caller has the
// log's turn.
func (w *Witness) keepFork(ctx context.Context, last *memory, c proof.Checkpoint, n *note.Note) {
	path, err := w.writeFork(last, n)
	log := w.logger.With("origin", c.Origin, "size", c.Size,
		"root_cosigned", fmt.Sprintf("%x", last.checkpoint.Root), "root_refused", fmt.Sprintf("%x", c.Root), "evidence", path)
	if err != nil {
		log.ErrorContext(ctx, "FORK: the log has signed two trees of one size; the evidence could not be kept", "error", err)
		return
	}
	log.ErrorContext(ctx, "FORK: the log has signed two trees of one size")
}

// writeFork returns the file's path. What was written before is not written again.
func (w *Witness) writeFork(last *memory, n *note.Note) (string, error) {
	refused, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs})
	if err != nil {
		return "", fmt.Errorf("write the refused note: %w", err)
	}
	log := fileName(last.checkpoint.Origin)
	id := sha256.Sum256(append(bytes.Clone(last.checkpoint.Root[:]), n.Text...))
	dir := filepath.Join(w.dir, evidenceFolder)
	path := filepath.Join(dir, fmt.Sprintf("fork-%s-%x.txt", log, id[:8]))
	if _, err := os.Stat(path); err == nil || !errors.Is(err, os.ErrNotExist) {
		return path, err
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("read folder: %w", err)
	}
	kept := 0
	for _, f := range files {
		if strings.HasPrefix(f.Name(), "fork-"+log) {
			kept++
		}
	}
	if kept >= maxEvidence {
		return "", fmt.Errorf("%d files are kept of this log already", kept)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "Two checkpoints of one log, one size and two roots, both signed by the log.\n\nThe one that was co-signed:\n\n%s\nThe one that was refused:\n\n%s", last.note, refused)
	return path, replace(w.disk, path, b.Bytes())
}
