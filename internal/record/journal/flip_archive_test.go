// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// archiveKeys is where the keys of the first archive are.
const archiveKeys = archivesDir + "/1/" + ArchiveKeys + "/"

// judgeArchive wants the harm of an archive's segment file to be in the archive's report,
// in the file's stream, and nothing of the journal itself to be named.
func (h *harmed) judgeArchive(t *testing.T, got *Report) {
	t.Helper()
	if len(got.Entries) > 0 || len(got.Archives) != 1 {
		t.Fatalf("entries of the journal itself are named: %+v, of %d archives", got.Entries, len(got.Archives))
	}
	for _, f := range got.Files {
		if !strings.HasPrefix(f.File, archivesDir+"/1/") {
			t.Errorf("a file is named that was not harmed: %+v", f)
		}
	}
	if derivedFile(h.name) {
		return
	}
	stream := strings.Split(h.name, "/")[3]
	found := false
	for _, f := range got.Archives[0].Entries {
		found = found || f.Stream == stream
		// without a tombstone, what it excused is named as well
		if f.Stream != stream && stream != SystemStream {
			t.Errorf("stream %s is named, harmed is %s", f.Stream, stream)
		}
	}
	if a := &got.Archives[0]; !found && a.Verified != a.Total {
		t.Errorf("nothing of stream %s is named: %+v", stream, a.Entries)
	}
}

// namesKey tells whether the harmed file is named as a key file of an archive: of two
// copies the good one is used.
func (h *harmed) namesKey(got *Report) bool {
	name, ok := strings.CutPrefix(h.name, archiveKeys)
	if !ok || len(got.Archives) != 1 || got.Archives[0].MACs != "checked" {
		return false
	}
	for _, k := range got.Archives[0].Keys {
		if k.File == name {
			return true
		}
	}
	return false
}

// remains tells whether the harm is not mended when the journal opens: nobody can sign
// for an archive any more, and its keys are left as they are.
func (h *harmed) remains() bool {
	return strings.HasPrefix(h.name, archivesDir+"/") && (path.Base(h.name) == checkpointName || strings.HasPrefix(h.name, archiveKeys))
}

// TestManifestsCutBetweenRecords: a manifest that ends too early looks whole. What it does
// not say any more is found and, by the next start, put right: that a file came in the
// place of another, too.
func TestManifestsCutBetweenRecords(t *testing.T) {
	t.Parallel()
	dir := restoredEstate(t)
	for _, name := range []string{"manifest", archivesDir + "/1/manifest"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarmed(t, dir)
			h.name, h.what = name, "a cut"
			raw, err := os.ReadFile(filepath.Join(dir, "journal", filepath.FromSlash(name)))
			if err != nil {
				t.Fatal(err)
			}
			records := 0
			for at := manifestHead; at < len(raw); records++ {
				h.at, h.raw = at, raw[:at]
				h.run(t)
				_, size, ok := recordAt(raw[at:])
				if !ok {
					t.Fatalf("no record at %d", at)
				}
				at += size
			}
			if records < 3 {
				t.Errorf("%d records", records)
			}
		})
	}
}
