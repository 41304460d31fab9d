// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// TestANewerFolderIsLeftAlone: whoever is asked to use it says which file is of which
// version, and touches nothing: neither keys, nor state.
func TestANewerFolderIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.record(token(t, dir, "ingest"), 0, 5)
	r.stop()
	path := filepath.Join(dir, "journal", "format")
	body := fmt.Sprintf("tocsin-journal %d\n", journal.FormatVersion+1)
	if err := os.WriteFile(path, fmt.Appendf(nil, "%ssum %x\n", body, sha256.Sum256([]byte(body))), 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	for name, err := range everyUse(t, dir) {
		if !errors.Is(err, journal.ErrFormat) || !strings.Contains(err.Error(), fmt.Sprintf("%s says version %d", path, journal.FormatVersion+1)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
		t.Errorf("the folder changed:\n%s", diff)
	}
}
