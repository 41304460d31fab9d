// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// TestGoldenFolderServes: a server takes the folder as it is, shows what was in it, and
// goes on.
func TestGoldenFolderServes(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		want, dir := g.expected(t), unpack(t, g.file("data.tar.gz"))
		r := start(t, options(t, dir))
		if diff := cmp.Diff(want.Seen, r.seen(want.Token)); diff != "" {
			t.Errorf("what it shows (-golden +now):\n%s", diff)
		}
		r.login()
		writer := token(t, dir, "ingest")
		var answer struct{ Accepted, Duplicates int }
		if status := r.call("POST", "/api/siem/events", writer, `{"id":"kept-1","source":"application","message":"kept one"}`, &answer); status != 200 {
			t.Errorf("status %d", status)
		}
		r.record(writer, 1000, 5)
		r.stop()
		if diff := cmp.Diff(string(g.read(t, "events.ndjson")), string(goldenEvents(t, unpack(t, g.file("data.tar.gz"))))); diff != "" {
			t.Errorf("events of a copy that no server had (-golden +now):\n%s", diff)
		}
		list := contents(t, goldenEvents(t, dir))
		for i, l := range contents(t, g.read(t, "events.ndjson")) {
			if i >= len(list) || list[i] != l {
				t.Fatalf("event %d is not what it was: %s", i, l)
			}
		}
		v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir), Checkpoints: [][]byte{g.read(t, "kept.ckpt")}})
		if err != nil || v.Status != journal.Valid || v.Verified != v.Total || v.MACs != "checked" {
			t.Errorf("verify: %s, %+v, %v", v.Status, v.Entries, err)
		}
	})
}

// TestGoldenBackupIsRestored: it gives the same events, with a file of erasures of that
// time too, and what was promised then still counts.
func TestGoldenBackupIsRestored(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		want, was := g.expected(t), unpack(t, g.file("data.tar.gz"))
		for _, erasures := range []string{app.NoErasures, filepath.Join(was, "journal", "erasures.ndjson")} {
			dir, done := putBack(t, g.file("backup.tocsin"), func(o *app.RestoreOptions) { o.Erasures = erasures })
			if done.Restored.Erased != 0 || done.Restored.Unreadable != 0 || done.Restored.OtherErasures != 0 || done.Restored.Carried < 10 {
				t.Errorf("restored: %+v", done.Restored)
			}
			if diff := cmp.Diff(contents(t, g.read(t, "events.ndjson")), contents(t, goldenEvents(t, dir))); diff != "" {
				t.Errorf("events (-golden +restored):\n%s", diff)
			}
			v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir), Checkpoints: [][]byte{g.read(t, "kept.ckpt")}})
			if err != nil || !v.OK() || v.Verified != v.Total || len(v.Archives) != 1 || v.Erased != want.Report.Erased || v.Pruned != want.Report.Pruned {
				t.Errorf("verify: %+v, %v", v.Report, err)
			}
		}
	})
}

// TestGoldenRestoredFolder: one that was restored then is read as it was, archive and
// all, is compared with what was kept before the restore, and can be restored again.
func TestGoldenRestoredFolder(t *testing.T) {
	t.Parallel()
	eachGolden(t, func(t *testing.T, g goldenFolder) {
		t.Helper()
		want, dir := g.expected(t), unpack(t, g.file("restored.tar.gz"))
		v, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir), Checkpoints: [][]byte{g.read(t, "kept.ckpt")}})
		if diff := cmp.Diff(want.Restored, reported(&v.Report)); diff != "" || err != nil || len(v.Files)+len(v.Keys) > 0 {
			t.Errorf("verify: %v %+v (-golden +now):\n%s", err, v.Files, diff)
		}
		if len(v.Archives) != 1 || len(v.Archives[0].Anchors) != 1 || !v.Archives[0].Named || v.Archives[0].Erased <= want.Report.Erased {
			t.Errorf("its archive: %+v", v.Archives)
		}
		list := string(g.read(t, "restored.ndjson"))
		if diff := cmp.Diff(list, string(goldenEvents(t, unpack(t, g.file("restored.tar.gz"))))); diff != "" {
			t.Errorf("events (-golden +now):\n%s", diff)
		}
		if v, err = app.Verify(t.Context(), dir, app.VerifyOptions{Options: options(t, dir), Checkpoints: [][]byte{g.read(t, "fork.ckpt")}}); err != nil || v.Status != journal.Diverged {
			t.Errorf("the checkpoint of a fork: %s, %v", v.Status, err)
		}
		file, _ := backUp(t, dir, nil)
		again, _ := putBack(t, file, nil)
		r := start(t, options(t, again))
		if got := r.seen(want.Token); got.Found["source=llm&user_id=bob"] != want.Seen.Found["source=llm&user_id=bob"] {
			t.Errorf("found: %+v", got.Found)
		}
		r.stop()
		if v, err = app.Verify(t.Context(), again, app.VerifyOptions{Options: options(t, again)}); err != nil || !v.OK() || len(v.Archives) != 2 || v.MACs != "checked" {
			t.Errorf("restored again: %+v, %v", v.Report, err)
		}
	})
}
