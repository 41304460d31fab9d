// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// flipStep is how far apart the places are at which a file of so many bytes is harmed:
// TOCSIN_FLIPS is their number.
func flipStep(size int) int {
	places := 8
	n, err := strconv.Atoi(os.Getenv("TOCSIN_FLIPS"))
	switch {
	case err == nil:
		places = n
	case os.Getenv("TOCSIN_LONG") != "":
		places = 400
	case testing.Short():
		places = 3
	}
	return max(1, size/places)
}

// derivedFile tells whether a file can be made anew from the others.
func derivedFile(name string) bool {
	if _, in, ok := strings.Cut(name, "/"); ok && strings.HasPrefix(name, archivesDir+"/") {
		_, in, _ = strings.Cut(in, "/")
		return derivedFile(in)
	}
	return !strings.HasPrefix(name, "segments/") && !strings.HasPrefix(name, "wal/")
}

// harmed is one way in which a file of a folder is harmed.
type harmed struct {
	dir    string // the whole folder
	name   string // of the file, below the journal's folder
	what   string
	at     int
	raw    []byte
	want   map[place]string // what the whole folder holds
	next   map[string]uint64
	before Report
}

// TestEveryByteOfEveryFile flips one bit of every file below the journal's folder, and
// cuts every file, at every place: it is found, and located by stream and sequence
// number where it is evidence; the journal starts, gives all that was not hit, goes on
// with the right numbers, and what is derived is whole again afterwards.
func TestEveryByteOfEveryFile(t *testing.T) {
	t.Parallel()
	newHarmed(t, estate(t)).files(t, "", harmed.everywhere)
}

// TestEveryByteOfEveryArchive is TestEveryByteOfEveryFile for the files of an archive:
// the harm is found, and located in the archive and nowhere else.
func TestEveryByteOfEveryArchive(t *testing.T) {
	t.Parallel()
	newHarmed(t, restoredEstate(t)).files(t, archivesDir+"/", harmed.everywhere)
}

func newHarmed(t *testing.T, dir string) harmed {
	t.Helper()
	h := harmed{dir: dir, want: contents(t, copied(t, dir)), before: verifyDir(t, dir), next: map[string]uint64{}}
	if !h.before.OK() || len(h.before.Files) > 0 {
		t.Fatalf("the control: %s", brief(&h.before))
	}
	for _, s := range h.before.Streams {
		h.next[s.Stream] = s.Last + 1
	}
	return h
}

// files runs a test for each file whose name begins so.
func (h harmed) files(t *testing.T, begin string, harm func(h harmed, t *testing.T, raw []byte)) {
	t.Helper()
	root := filepath.Join(h.dir, "journal")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		name, _ := filepath.Rel(root, path)
		if h.name = filepath.ToSlash(name); strings.HasPrefix(h.name, begin) {
			t.Run(h.name, func(t *testing.T) { harm(h, t, raw) })
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (h harmed) everywhere(t *testing.T, raw []byte) {
	t.Parallel()
	end := len(raw)
	if strings.HasPrefix(h.name, "wal/") {
		end = min(trimZeros(raw), len(raw)) // beyond it a few places are enough
	}
	step := flipStep(end)
	for at := step / 3; at < len(raw) && !t.Failed(); at += step {
		if at > end {
			step = max(step, (len(raw)-end)/3)
		}
		h.what, h.at, h.raw = "a flipped bit", at, bytes.Clone(raw)
		h.raw[at] ^= 1 << (at / step % 8)
		h.run(t)
		if h.what, h.raw = "a cut", raw[:at]; at < end {
			h.run(t)
		}
	}
	if !t.Failed() && h.name != "LOCK" && !strings.HasSuffix(h.name, ".tmp") {
		h.what, h.at, h.raw = "a removal", 0, nil
		h.run(t)
	}
}

// run checks in a test of its own, so that what it has opened goes at once.
func (h *harmed) run(t *testing.T) {
	t.Helper()
	t.Run(h.what+"-"+strconv.Itoa(h.at), h.check)
}

func (h *harmed) check(t *testing.T) {
	t.Helper()
	dir := copied(t, h.dir)
	path := filepath.Join(dir, "journal", filepath.FromSlash(h.name))
	if err := os.WriteFile(path, h.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if h.raw == nil {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	got := verifyDir(t, dir)
	lost := h.judge(t, &got)
	if t.Failed() {
		t.Fatalf("%s of %s at %d: %s", h.what, h.name, h.at, brief(&got))
	}
	j, stop := openTest(t, dir, nil)
	back := contentsOf(t, j)
	for p, want := range h.want {
		if back[p] != want && !lost[p] {
			t.Errorf("%s of %s at %d: entry %d of %s is not named, but gone", h.what, h.name, h.at, p.seq, p.stream)
		}
	}
	for stream, next := range h.next {
		if stream == SystemStream {
			continue
		}
		e := inStream(1, stream)
		e.Received = time.Now().UnixNano()
		if _, err := j.Append(t.Context(), []*event.Event{e}); err != nil || e.Place.Seq != next {
			t.Errorf("%s of %s at %d: append to %s gave seq %d, want %d: %v", h.what, h.name, h.at, stream, e.Place.Seq, next, err)
		}
	}
	if err := j.Seal(t.Context()); err != nil {
		t.Errorf("seal: %v", err)
	}
	stop()
	after := verifyDir(t, dir)
	if derived := got.OK() && !h.remains(); derived && (!after.OK() || len(after.Files)+len(after.Entries) > 0 || after.Verified != after.Total) {
		t.Errorf("%s of %s at %d, opened again: %s", h.what, h.name, h.at, brief(&after))
	}
	if t.Failed() {
		t.FailNow()
	}
}

// judge says whether a report is right about the harm, and which entries it names.
func (h *harmed) judge(t *testing.T, got *Report) (lost map[place]bool) {
	t.Helper()
	lost = map[place]bool{}
	note := func(list []Finding, origin string) {
		for _, f := range list {
			for seq := f.Seq; seq <= max(f.Seq, f.LastSeq); seq++ {
				p := place{f.Stream, seq}
				if origin != "" {
					p.stream = archivedStream(origin, f.Stream)
				}
				lost[p] = true
			}
		}
	}
	note(got.Entries, "")
	for i := range got.Archives {
		note(got.Archives[i].Entries, got.Archives[i].Origin)
	}
	if strings.HasPrefix(h.name, archivesDir+"/") {
		h.judgeArchive(t, got)
	}
	named := slices.IndexFunc(got.Files, func(f FileFinding) bool { return f.File == h.name })
	if len(got.Files)+len(lost) == 0 {
		if !h.silent() && !h.namesKey(got) {
			t.Error("nothing is found")
		}
		return lost
	}
	if derivedFile(h.name) {
		if !got.OK() || named < 0 || len(lost) > 0 {
			t.Error("a derived file must be named, and be no reason to call the journal INVALID")
		}
		return lost
	}
	located := len(lost) > 0
	for _, f := range got.Files {
		located = located || len(f.Entries) > 0
	}
	if !got.OK() && !located && got.Verified != got.Total { // a batch may hold no entry, only the end of a range
		t.Error("no stream and no sequence number is named")
	}
	return lost
}

// silent tells whether the harm is none: a cut that leaves what a crash may leave.
func (h *harmed) silent() bool {
	if h.what == "a flipped bit" {
		return false
	}
	switch {
	case h.name == "manifest":
		c := scanManifest(h.raw)
		return !c.damaged && !c.torn
	case strings.HasPrefix(h.name, "wal/"):
		return allZero(h.raw)
	}
	return false
}
