// SPDX-License-Identifier: Apache-2.0

package segment_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

var update = flag.Bool("update", false, "write the golden file of this format version anew")

// TestGolden reads the file that was kept of each version of the format. It is not
// made anew when what is compared is the reader.
func TestGolden(t *testing.T) {
	t.Parallel()
	const newest = 3
	for version := 2; version <= newest; version++ {
		path := filepath.Join("testdata", fmt.Sprintf("v%d.seg", version))
		if *update && version == newest {
			if err := os.WriteFile(path, sampleOf(t, small()), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		f, err := segment.OpenFile(path, nil)
		if err != nil {
			t.Fatal(err)
		}
		same(t, f, small())
		if err := f.Check(t.Context()); err != nil || string(f.Meta()) != "meta" {
			t.Errorf("%s: %v, meta %q", path, err, f.Meta())
		}
		if has := pagesWith(t, f.Filter(), segment.ColUser, segment.ValueHashes("user", "70000000")...); !has.Has(0) {
			t.Errorf("%s: the filter does not know the users", path)
		}
		if has := pagesWith(t, f.Filter(), segment.ColUser, segment.ValueHashes("user", "70000001")...); has.Has(0) != (version == 2) {
			t.Errorf("%s: a user who is nowhere: %b", path, has)
		}
		_ = f.Close()
	}
	if b := sampleOf(t, nil); b[7] != newest {
		t.Errorf("a file of version %d is written, and none is kept in testdata", b[7])
	}
}
