// SPDX-License-Identifier: Apache-2.0

package keyring

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNewerKeyFilesAreRefused: by file and version, and nothing is healed from them,
// nor over them.
func TestNewerKeyFilesAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"origin", "ring", "mac-root.1", "sign.checkpoint.1"} {
		for what, copies := range map[string][]string{"both": {"", "copy"}, "the first": {""}} {
			dir := filepath.Join(t.TempDir(), "keys")
			open(t, Options{Dir: dir, Name: "host"})
			for _, c := range copies {
				path := filepath.Join(dir, c, name)
				raw, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				raw = resum(bytes.Replace(raw, []byte("tocsin-key 1\n"), []byte("tocsin-key 2\n"), 1))
				if err := os.WriteFile(path, raw, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := snapshot(t, dir)
			_, err := Open(Options{Dir: dir, Existing: true})
			if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "tocsin-key 2") {
				t.Errorf("%s of %s: %v", what, name, err)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("%s of %s: the folder changed:\n%s", what, name, diff)
			}
		}
	}
}
