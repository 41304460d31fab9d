// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/backup"
)

// backUp makes a backup of a data folder.
func backUp(t *testing.T, dir string, change func(*app.BackupOptions)) (string, app.BackupReport) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.tocsin")
	o := app.BackupOptions{Options: options(t, dir)}
	if change != nil {
		change(&o)
	}
	done, err := app.Backup(t.Context(), dir, file, o)
	if err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(left) != 1 || left[0].Name() != "backup.tocsin" {
		t.Fatalf("the backup left %v, %v", left, err)
	}
	return file, done
}

// record sends n events and fails when one is not taken.
func (r *running) record(writer string, from, n int) {
	r.t.Helper()
	var body strings.Builder
	for i := range n {
		fmt.Fprintf(&body, `{"id":"o-%d","source":"application","message":"event number %d","user":"user%d"}`+"\n", from+i, from+i, (from+i)%10)
	}
	var answer struct{ Accepted int }
	if status := r.call("POST", "/api/siem/events", writer, body.String(), &answer); status != 200 || answer.Accepted != n {
		r.t.Fatalf("status %d, accepted %d of %d", status, answer.Accepted, n)
	}
}

func TestBackupBesideAServerAndWithout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	writer, reader := token(t, dir, "ingest"), token(t, dir, "read")
	r.record(writer, 0, 50)
	_, done := backUp(t, dir, nil)
	if done.Journal.Events < 50 || done.Verified.Status != "UNANCHORED" || !done.Keys || !done.State || done.Verified.MACs != "checked" {
		t.Errorf("beside a server: %+v", done)
	}
	var found struct {
		Items []struct{ Message, User string }
	}
	eventually(t, "the backup is an event", func() bool {
		return r.call("GET", "/api/siem/logs?category=backup_made", reader, "", &found) == 200 && len(found.Items) == 1
	})
	if m := found.Items[0].Message; !strings.HasPrefix(m, "Tocsin: backup made by cli:") || !strings.Contains(m, "backup.tocsin") {
		t.Errorf("its event: %q", m)
	}
	r.stop()
	file, done := backUp(t, dir, nil)
	if done.Journal.Events < 50 {
		t.Errorf("without one: %+v", done)
	}
	parts := map[string]bool{}
	b, err := backup.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, p := range b.Contents().Parts {
		parts[p.Name] = true
	}
	for _, name := range []string{"journal/headers", "journal/head", "journal/manifest", "keys/origin", "keys/ring", "keys/mac-root.1", "state/state.db"} {
		if !parts[name] {
			t.Errorf("%s is not in the backup", name)
		}
	}
	if len(parts) != done.Parts {
		t.Errorf("%d parts are told, %d are there", done.Parts, len(parts))
	}
}

// TestBackupLeavesOut what must not be in it: the file of erasures, orders, and with
// --without-keys every secret.
func TestBackupLeavesOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.record(token(t, dir, "ingest"), 0, 5)
	r.stop()
	for name, text := range map[string]string{"journal/erasures.ndjson": "{}\n", "journal/erasing/order.json": `{"subject":"somebody"}`} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	with, _ := backUp(t, dir, nil)
	without, done := backUp(t, dir, func(o *app.BackupOptions) { o.WithoutKeys = true })
	if done.Keys || done.Verified.MACs != "not checked" {
		t.Errorf("without keys: %+v", done)
	}
	secrets := secretsOf(t, filepath.Join(dir, "keys"))
	for file, want := range map[string]bool{with: true, without: false} {
		b, err := backup.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, p := range b.Contents().Parts {
			if strings.Contains(p.Name, "eras") {
				t.Errorf("%s is in the backup", p.Name)
			}
			var content bytes.Buffer
			if err := b.Extract(t.Context(), p.Name, &content); err != nil {
				t.Fatal(err)
			}
			for name, secret := range secrets {
				if bytes.Contains(content.Bytes(), []byte(secret)) {
					found[name] = true
				}
			}
		}
		if want && len(found) != len(secrets) || !want && len(found) > 0 {
			t.Errorf("with keys %v: %v of %d secrets are in the backup", want, found, len(secrets))
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// secretsOf reads the secret values of a key folder, in base64.
func secretsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	secrets := map[string]string{}
	for _, pattern := range []string{"mac-root.*", "sign.*", "secret.*"} {
		files, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(raw), "\ndata ")
			data, _, _ := strings.Cut(rest, "\n")
			if _, err := base64.StdEncoding.DecodeString(data); err != nil || data == "" {
				t.Fatalf("%s: no data", file)
			}
			secrets[filepath.Base(file)] = data
		}
	}
	if len(secrets) < 4 {
		t.Fatalf("secrets found: %v", secrets)
	}
	return secrets
}

func TestBackupRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := start(t, options(t, dir))
	r.record(token(t, dir, "ingest"), 0, 5)
	r.stop()
	out := t.TempDir()
	try := func(what, data, file string, want error) {
		t.Helper()
		if _, err := app.Backup(t.Context(), data, file, app.BackupOptions{Options: options(t, dir)}); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: %v", what, err)
		}
	}
	mine := filepath.Join(out, "mine")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	try("over a file", dir, mine, backup.ErrExists)
	try("no journal", t.TempDir(), filepath.Join(out, "b"), nil)
	try("no folder for it", dir, filepath.Join(out, "nowhere", "b"), fs.ErrNotExist)
	damaged := t.TempDir()
	if err := os.CopyFS(damaged, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	spoil(t, filepath.Join(damaged, "journal"), "event number 3")
	try("a damaged journal", damaged, filepath.Join(out, "b"), app.ErrInvalidJournal)
	for _, name := range []string{"keys/origin", "keys/copy/origin"} {
		if err := os.WriteFile(filepath.Join(damaged, name), []byte("no key"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	try("damaged keys", damaged, filepath.Join(out, "b"), nil)
	left, err := os.ReadDir(out)
	if err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
	before := snapshot(t, dir)
	backUp(t, dir, nil)
	after := snapshot(t, dir)
	for _, m := range []map[string]string{before, after} {
		for name := range m {
			if strings.HasPrefix(name, filepath.Join(dir, "state")) { // the audit event
				delete(m, name)
			}
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("a backup changed the folder (-before +after):\n%s", diff)
	}
}

// spoil changes a letter of a text in the files below a folder.
func spoil(t *testing.T, dir, text string) {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if at := bytes.Index(raw, []byte(text)); err == nil && at >= 0 {
			raw[at] ^= 1
			found = true
			return os.WriteFile(path, raw, 0o600)
		}
		return err
	})
	if err != nil || !found {
		t.Fatalf("%q is nowhere: %v", text, err)
	}
}
