// SPDX-License-Identifier: Apache-2.0

package backup_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ground/backup"
)

var (
	makeGolden  = flag.Bool("golden", false, "write the golden backup of this format version, if there is none")
	forceGolden = flag.Bool("golden-force", false, "write it also in the place of one that is there")
)

func goldenParts() []put {
	return []put{{"journal/empty", ""}, {"journal/headers", "header after header"}, {"state/state.db", strings.Repeat("a row. ", 1000)}}
}

// TestGoldenBackups: this version writes what it has always written, and reads what every
// version wrote. What zstd makes of the parts is that library's: when another version of
// it packs them in another way, and both are read, -golden -golden-force is right; for
// anything else Version rises.
func TestGoldenBackups(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", fmt.Sprintf("v%d.tocsin", backup.Version))
	var now []byte
	synctest.Test(t, func(t *testing.T) { // in which it is always the same time
		var err error
		if now, err = os.ReadFile(write(t, goldenParts())); err != nil {
			t.Fatal(err)
		}
	})
	if *makeGolden {
		if _, err := os.Stat(path); err == nil && !*forceGolden {
			t.Fatalf("%s is there, and stays: raise Version and make a new one", path)
		}
		if err := os.WriteFile(path, now, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	frozen, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: make one with -golden, and keep those of earlier versions", err)
	}
	if !bytes.Equal(frozen, now) {
		t.Errorf("version %d is written in another way than ever: raise Version, go on reading the old form, and keep %s", backup.Version, path)
	}
	files, err := filepath.Glob(filepath.Join("testdata", "v*.tocsin"))
	if err != nil || len(files) < backup.Version {
		t.Fatalf("%d golden backups for %d versions, %v", len(files), backup.Version, err)
	}
	for _, file := range files {
		got, err := readAll(t, file)
		if diff := cmp.Diff(goldenParts(), got, cmp.AllowUnexported(put{})); diff != "" || err != nil {
			t.Errorf("%s: %v (-golden +now):\n%s", file, err, diff)
		}
	}
	frozen[len(frozen)/2] ^= 1 // the control
	bad := filepath.Join(t.TempDir(), "bad")
	if err := os.WriteFile(bad, frozen, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(t, bad); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("with a bit turned: %v", err)
	}
}
