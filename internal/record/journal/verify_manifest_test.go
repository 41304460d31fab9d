// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// pinned makes a stopped journal's folder in which the open range of one stream
// keeps the log files of another one's sealed ranges: one event of "366d", then
// n of "30d" in sealed ranges of 50.
func pinned(t *testing.T, n int) string {
	t.Helper()
	dir := t.TempDir()
	j, stop := openTest(t, dir, func(o *Options) { o.SealEvents, o.LogFileBytes = 50, 16<<10 })
	for i := range n + 1 {
		e := benchEvent(i)
		e.Place = event.Place{Stream: "30d"}
		if i == 0 {
			e.Place.Stream = "366d"
		}
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
	waitSealed(t, j)
	stop()
	return dir
}

// TestDamageToTheManifestAlone overwrites four bytes at a time all over the
// manifest, cuts it, and empties it: it is derived, so that the manifest is named
// and every entry is verified from the segment files and the log.
func TestDamageToTheManifestAlone(t *testing.T) {
	t.Parallel()
	layouts := map[string]struct {
		dir   string
		total int64
	}{
		"log files kept by another stream": {pinned(t, 170), 171},
		"log files dropped":                {build(t, 170), 170},
	}
	for name, l := range layouts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(l.dir, "journal", "manifest")
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			check := func(t *testing.T, bad []byte, what string, at int) {
				t.Helper()
				if err := os.WriteFile(path, bad, 0o600); err != nil {
					t.Fatal(err)
				}
				got := verifyDir(t, l.dir)
				if got.Status != Unanchored || got.Verified != l.total || got.Total != l.total || len(got.Entries) != 0 || got.MACs != "checked" {
					t.Fatalf("%s at %d of %d: %s, %d of %d verified, %v", what, at, len(whole), got.Status, got.Verified, got.Total, got.Entries)
				}
				for _, f := range got.Files {
					if f.File != "manifest" || f.Evidence {
						t.Errorf("%s at %d: names %+v", what, at, f)
					}
				}
				if len(got.Files) == 0 && len(bad) == len(whole) && !bytes.Equal(bad, whole) {
					t.Errorf("%s at %d of %d is not named", what, at, len(whole))
				}
			}
			step := 12
			if testing.Short() {
				step = 60
			}
			for at := 0; at < len(whole); at += step {
				bad := bytes.Clone(whole)
				for i := at; i < min(at+4, len(bad)); i++ {
					bad[i] ^= 0xa5
				}
				check(t, bad, "overwritten", at)
				if at%60 == 0 {
					check(t, whole[:at], "cut", at)
				}
			}
			check(t, nil, "emptied", 0)
			check(t, whole, "put back", 0)
		})
	}
}

// TestTheNextStartMendsTheManifest opens a journal with a damaged first record.
func TestTheNextStartMendsTheManifest(t *testing.T) {
	t.Parallel()
	dir := pinned(t, 170)
	overwrite(t, filepath.Join(dir, "journal", "manifest"), 60)
	if got := verifyDir(t, dir); got.Status != Unanchored || got.Verified != 171 {
		t.Fatalf("before: %+v", got)
	}
	j, stop := openTest(t, dir, nil)
	waitSealed(t, j)
	stop()
	got := verifyDir(t, dir)
	if got.Status != Unanchored || got.Verified != 171 || len(got.Files) != 0 {
		t.Errorf("after the next start: %+v", got)
	}
}

// TestSegmentsThatAreGone damages the manifest as well as the evidence: that the
// manifest cannot tell what there was hides nothing.
func TestSegmentsThatAreGone(t *testing.T) {
	t.Parallel()
	const first, ninth = "000000000001.seg", "000000000009.seg"
	cases := []struct {
		name     string
		manifest bool // damaged too, in the record of the first range
		harm     func(path string) error
		want     []Finding
		files    []string
	}{
		{"segment gone", false, os.Remove, []Finding{{"30d", 1, 50, Missing}}, []string{first}},
		{"segment and its record gone, its log is there", true, os.Remove, []Finding{}, []string{"manifest"}},
		{"segment emptied and its record gone", true, func(path string) error { return os.Truncate(path, 0) }, []Finding{}, []string{"manifest", first}},
		{"segment under another name", true, func(path string) error {
			return os.Rename(path, filepath.Join(filepath.Dir(path), ninth))
		}, []Finding{}, []string{"manifest"}},
		{"segment twice", false, func(path string) error {
			return os.Link(path, filepath.Join(filepath.Dir(path), ninth))
		}, []Finding{}, []string{ninth}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := pinned(t, 170)
			path := segmentPath(t, dir, "30d", 1)
			if c.manifest {
				overwrite(t, filepath.Join(dir, "journal", "manifest"), 60)
			}
			if err := c.harm(path); err != nil {
				t.Fatal(err)
			}
			got := verifyDir(t, dir)
			if diff := cmp.Diff(c.want, got.Entries); diff != "" || got.OK() != (len(c.want) == 0) {
				t.Errorf("%s, findings (-want +got):\n%s", got.Status, diff)
			}
			var files []string
			for _, f := range got.Files {
				files = append(files, filepath.Base(f.File))
			}
			if diff := cmp.Diff(c.files, files); diff != "" {
				t.Errorf("files (-want +got):\n%s%+v", diff, got.Files)
			}
			if got.Total != 171 || got.Verified != 171-got.Tampered {
				t.Errorf("%d of %d verified, %d tampered", got.Verified, got.Total, got.Tampered)
			}
		})
	}
}

// overwrite changes four bytes of a file.
func overwrite(t *testing.T, path string, at int) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := at; i < at+4; i++ {
		raw[i] ^= 0xa5
	}
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}
