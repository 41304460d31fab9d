// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
)

// shelvedKeys opens the keys of an archive.
func shelvedKeys(dir string) Archived {
	r, damage := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, ArchiveKeys), Closed: true})
	return Archived{Keys: r, Damage: damage}
}

// restored makes a data folder of the backup of another one. It stops what the other
// one does not need to do any more: nothing.
func restored(t *testing.T, from string, r Restoration) (dir string, out Restored) {
	t.Helper()
	dir, parts := t.TempDir(), t.TempDir()
	into := intoFolder(t, parts)
	var names []string
	_, err := Backup(t.Context(), filepath.Join(from, "journal"), BackupOptions{Secrets: true, Put: func(name string, size int64, in io.Reader) error {
		names = append(names, name)
		return into.Put(name, size, in)
	}})
	if err != nil {
		t.Fatal(err)
	}
	places, keys := Shelve(names)
	for name, place := range places {
		to := filepath.Join(dir, "journal", filepath.FromSlash(place))
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o700), os.Rename(filepath.Join(parts, name), to)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := keyring.Files(filepath.Join(from, "keys"), true)
	if err == nil {
		err = keyring.Shelve(filepath.Join(dir, "journal", keys), files)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range names { // key files of archives have second copies again
		if strings.Contains(own, "/"+ArchiveKeys+"/") {
			to := filepath.Join(dir, "journal", filepath.FromSlash(places[own]))
			raw, err := os.ReadFile(to)
			second := filepath.Join(filepath.Dir(to), "copy", filepath.Base(to))
			if err = errors.Join(err, os.MkdirAll(filepath.Dir(second), 0o700), os.WriteFile(second, raw, 0o600)); err != nil {
				t.Fatal(err)
			}
		}
	}
	j, stop := openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
	if out, err = j.BeginRestored(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	stop()
	return dir, out
}

// verifyRestored verifies a folder with archives.
func verifyRestored(t *testing.T, dir string, anchors ...[]byte) Report {
	t.Helper()
	keys, _ := keyring.Inspect(keyring.Options{Dir: filepath.Join(dir, "keys")})
	r, err := Verify(t.Context(), filepath.Join(dir, "journal"), VerifyOptions{Keys: keys, Archived: shelvedKeys, Anchors: anchors})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// content is what an event says, without its place.
func content(e *event.Event) string {
	c := *e
	c.Place = event.Place{}
	return canonical(&c)
}

func saidBy(events []*event.Event) (all []string) {
	for _, e := range events {
		all = append(all, content(e))
	}
	return all
}

// recordedFolder makes a folder with sealed and unsealed events of several streams.
func recordedFolder(t *testing.T) (dir string, events []*event.Event, signed []byte) {
	t.Helper()
	dir = t.TempDir()
	j, stop := openTest(t, dir, nil)
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 6 {
		if _, err := j.Append(t.Context(), someEvents(r, 0, 30)); err != nil {
			t.Fatal(err)
		}
		if i < 4 {
			if err := j.Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	events = all(t, j)
	signed, _, _, _ = j.Checkpoint()
	stop()
	return dir, events, bytes.Clone(signed)
}

func TestRestoreKeepsWhatWasRecorded(t *testing.T) {
	t.Parallel()
	from, want, signed := recordedFolder(t)
	dir, out := restored(t, from, Restoration{Actor: "admin", Backup: time.Now()})
	if out.Carried != 60 || out.Unreadable != 0 || out.Origin == out.Before || out.Before != want[0].Place.Origin {
		t.Errorf("restored: %+v", out)
	}
	j, stop := openTest(t, dir, nil)
	got := all(t, j)
	if diff := cmp.Diff(saidBy(want), saidBy(got)); diff != "" {
		t.Fatalf("events (-want +got):\n%s", diff)
	}
	for i := range got {
		if got[i].Place.Ord != want[i].Place.Ord || got[i].ID != want[i].ID {
			t.Fatalf("event %d has ord %d, before %d", i, got[i].Place.Ord, want[i].Place.Ord)
		}
	}
	if j.Head() != want[len(want)-1].Place.Ord {
		t.Errorf("head %d, before %d", j.Head(), want[len(want)-1].Place.Ord)
	}
	if n := len(snapshotRows(t, j)); n != len(want) {
		t.Errorf("%d rows in a snapshot, want %d", n, len(want))
	}
	first := want[0].Place
	asked := BundleRequest{Origin: first.Origin, Entries: []event.Range{{Stream: first.Stream, First: first.Seq, Last: first.Seq}}}
	if err := j.WriteBundle(t.Context(), io.Discard, asked); err != nil {
		t.Errorf("a bundle of an archived entry: %v", err)
	}
	ranges, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, 1)), 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	if e := all(t, j)[len(want)]; e.Place.Ord <= want[len(want)-1].Place.Ord || e.Place.Origin != out.Origin || e.Place.Seq != ranges[0].First {
		t.Errorf("the next event: %+v", e.Place)
	}
	stop()

	r := verifyRestored(t, dir, signed)
	if !r.OK() || r.Verified != r.Total || len(r.Archives) != 1 || r.MACs != "checked" || len(r.Files) != 0 {
		t.Fatalf("verify: %+v", r)
	}
	a := r.Archives[0]
	if a.Total != 120 || a.Verified != 120 || !a.Named || a.Origin != out.Before || len(a.Anchors) != 1 || a.Checkpoint == nil || a.MACs != "checked" {
		t.Errorf("the archive: %+v", a)
	}
	// nothing is signed by the old journal any more, and its log is not taken for ours
	for _, name := range []string{"origins/1/wal", "origins/1/head", "origins/1/keys/sign.checkpoint.1"} {
		if _, err := os.Stat(filepath.Join(dir, "journal", name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", name, err)
		}
	}
}

// TestRestoreKeepsHolds: also when the file of holds is gone, and one of them was
// placed and not sealed.
func TestRestoreKeepsHolds(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	fill(t, j, "30d", 20, 10, 40*24*time.Hour)
	for _, id := range []string{"a", "b", "c"} {
		if err := j.Place(t.Context(), Hold{ID: id, Reason: "a court asked", Actor: "admin", Stream: "30d"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Lift(t.Context(), "b", "admin"); err != nil {
		t.Fatal(err)
	}
	stop()
	want := j.Holds()
	for range 2 {
		if err := os.Remove(filepath.Join(from, "journal", holdsName)); err != nil {
			t.Fatal(err)
		}
		dir, _ := restored(t, from, Restoration{})
		j, stop := openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
		got := j.Holds()
		if !slices.EqualFunc(want, got, func(a, b Hold) bool { return a.same(&b) && b.Placed.Sub(a.Placed).Abs() < time.Minute }) {
			t.Errorf("holds %+v, want %+v", got, want)
		}
		if got, err := j.Retain(t.Context(), Retention{Now: time.Now(), Actor: "test"}); err != nil || got.Files != 0 || got.Held != 1 {
			t.Errorf("dropped under a hold: %+v, %v", got, err)
		}
		stop()
		if r := verifyRestored(t, dir); !r.OK() || len(r.Files) != 0 {
			t.Errorf("verify: %+v", r)
		}
		from = dir
	}
}

func TestRestoringTwiceGivesTwoOrigins(t *testing.T) {
	t.Parallel()
	from, _, _ := recordedFolder(t)
	_, a := restored(t, from, Restoration{})
	_, b := restored(t, from, Restoration{})
	if a.Origin == b.Origin || a.Before != b.Before {
		t.Errorf("%+v and %+v", a, b)
	}
}

// TestRestoreOfARestoredJournal keeps all archives, through three lives.
func TestRestoreOfARestoredJournal(t *testing.T) {
	t.Parallel()
	dir, want, signed := recordedFolder(t)
	var origins []string
	checkpoints := [][]byte{signed}
	for life := range 3 {
		var out Restored
		dir, out = restored(t, dir, Restoration{Actor: "admin"})
		origins = append(origins, out.Before)
		j, stop := openTest(t, dir, func(o *Options) { o.Archived = shelvedKeys })
		for range 2 {
			if _, err := j.Append(t.Context(), someEvents(rand.New(rand.NewPCG(1, uint64(life))), 0, 5)); err != nil {
				t.Fatal(err)
			}
			if err := j.Seal(t.Context(), "90d"); err != nil {
				t.Fatal(err)
			}
		}
		got := all(t, j)
		if diff := cmp.Diff(saidBy(want), saidBy(got)[:len(want)]); diff != "" || len(got) != len(want)+10 {
			t.Fatalf("life %d: %d events (-want +got):\n%s", life, len(got), diff)
		}
		want = got
		now, _, _, _ := j.Checkpoint()
		checkpoints = append(checkpoints, bytes.Clone(now))
		stop()
		r := verifyRestored(t, dir, checkpoints...)
		if !r.OK() || r.Verified != r.Total || len(r.Archives) != life+1 || r.Status != Valid || len(r.Files) != 0 {
			t.Fatalf("life %d: %+v", life, r)
		}
		for i, a := range r.Archives {
			if !a.Named || a.Origin != origins[i] || a.Archive != i+1 || len(a.Anchors) != 1 {
				t.Errorf("life %d, archive %d: %+v", life, i, a)
			}
		}
	}
}

func TestRestoreErasesAgain(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	fill(t, j, "90d", 60, 10, 0)
	var last []*event.Event
	for i := range 10 { // not sealed
		e := benchEvent(i)
		e.Place, e.User, e.Message = event.Place{Stream: "90d"}, "user3", "mail of user3"
		last = append(last, e)
	}
	if _, err := j.Append(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	before := t.TempDir() // a backup from before the erasure
	if err := os.CopyFS(before, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Erase(t.Context(), Erasure{ID: "order-1", Subject: "user3", Actor: "admin"}); err != nil {
		t.Fatal(err)
	}
	stop()
	list, err := os.ReadFile(filepath.Join(from, "journal", erasuresName))
	if err != nil {
		t.Fatal(err)
	}
	other := []byte(`{"id":"x","origin":"another/journal","stream":"90d","slot0":[{"First":1,"Last":2}]}` + "\n")
	for name, c := range map[string]struct {
		from   string
		list   []byte
		erased int64
		gone   bool
		others int
	}{
		"a backup from before, with the file":     {before, append(slices.Clone(list), other...), 16, true, 1},
		"a backup from before, without":           {before, nil, 0, false, 0},
		"a backup from afterwards, with the file": {from, list, 0, true, 0},
		"a backup from afterwards, without":       {from, nil, 0, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, out := restored(t, c.from, Restoration{Actor: "admin", Erasures: c.list})
			if out.Erased != c.erased || out.OtherErasures != c.others {
				t.Errorf("restored: %+v", out)
			}
			j, stop := openTest(t, dir, nil)
			found := 0
			for _, e := range all(t, j) {
				if strings.Contains(canonical(e), "user3") {
					found++
				}
			}
			stop()
			if (found == 0) != c.gone {
				t.Errorf("%d events have the subject", found)
			}
			r := verifyRestored(t, dir)
			if want := int64(6); !r.OK() || len(r.Files) != 0 || r.Verified != r.Total || c.from == before && c.list != nil && r.Erased != want {
				t.Errorf("verify: %+v", r)
			}
			if !c.gone {
				return
			}
			err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
				if err != nil || d.IsDir() {
					return err
				}
				raw, err := os.ReadFile(path)
				if bytes.Contains(raw, []byte("user3")) {
					t.Errorf("%s still has the subject", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if kept, err := os.ReadFile(filepath.Join(dir, "journal", erasuresName)); c.list != nil && (err != nil || !bytes.HasPrefix(kept, c.list)) {
				t.Errorf("the file of erasures is not kept: %v", err)
			}
		})
	}
}

// TestRestoreEndsAnErasure: the backup was made when the tombstones were there, and
// the values too.
func TestRestoreEndsAnErasure(t *testing.T) {
	t.Parallel()
	from := t.TempDir()
	j, stop := openTest(t, from, nil)
	fill(t, j, "90d", 30, 10, 0)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := j.Erase(ctx, Erasure{ID: "order", Subject: "user3", Actor: "admin", Progress: func(p Progress) {
		if p.Stage == StageRewrite {
			cancel()
		}
	}})
	if err == nil {
		t.Fatal("the erasure was not cut off")
	}
	if err := j.Seal(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	dir, out := restored(t, from, Restoration{})
	r := verifyRestored(t, dir)
	if !r.OK() || r.Erased != 3 || out.Erased > 3 {
		t.Errorf("restored %+v, verify: %+v", out, r)
	}
}

func TestBeginRestoredRefuses(t *testing.T) {
	t.Parallel()
	j, _ := openTest(t, t.TempDir(), nil)
	if _, err := j.BeginRestored(t.Context(), Restoration{}); !errors.Is(err, ErrBegun) {
		t.Errorf("without an archive: %v", err)
	}
	from, _, _ := recordedFolder(t)
	dir, _ := restored(t, from, Restoration{})
	j, _ = openTest(t, dir, nil)
	if _, err := j.BeginRestored(t.Context(), Restoration{}); !errors.Is(err, ErrBegun) {
		t.Errorf("twice: %v", err)
	}
	for _, raw := range []string{
		"x", "{}", `{"id":"x","origin":"o/x","stream":"../x"}`, `{"id":"x","origin":"o/x","stream":"90d","slot0":[{"First":2,"Last":1}]}`,
		`{"id":"x","origin":"o/x","stream":"90d","slot1":[{"First":1,"Last":5},{"First":5,"Last":6}]}`,
		`{"id":"x","origin":"o/x","stream":"90d","slot1":[{"First":1,"Last":9223372036854775808}]}`,
	} {
		if err := CheckErasures([]byte("{\"id\":\"x\",\"origin\":\"o/x\",\"stream\":\"90d\"}\n" + raw + "\n")); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: %v", raw, err)
		}
	}
}
