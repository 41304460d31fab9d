// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestGoldenFolders runs testdata/golden/*.txtar over each data folder that a version of
// the format has left in package app.
func TestGoldenFolders(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(filepath.Join("..", "app", "testdata", "golden", "v*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("golden folders: %v, %v", dirs, err)
	}
	for _, dir := range dirs {
		whole, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			p := scripts(t, "testdata/golden")
			setup := p.Setup
			p.Setup = func(env *testscript.Env) error {
				env.Setenv("GOLDEN", whole)
				return setup(env)
			}
			testscript.Run(t, p)
		})
	}
}
