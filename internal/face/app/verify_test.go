// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/secret"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// snapshot is every name below dir with its mode, its time and what it holds.
func snapshot(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		h := sha256.New()
		if info.Mode().IsRegular() {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			if _, err := io.Copy(h, f); err != nil {
				return err
			}
		}
		files[path] = fmt.Sprintf("%v %v %x", info.Mode(), info.ModTime(), h.Sum(nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestVerifyWritesNothing hashes a data folder before and after, and then starts
// a server over it: verify never decides whether it starts.
func TestVerifyWritesNothing(t *testing.T) {
	t.Parallel()
	const right, other = "the first secret, long enough", "another secret, long enough"
	// made is a folder that a server was run over, once for each secret.
	made := map[string]string{"": t.TempDir(), right: t.TempDir()}
	for text, dir := range made {
		o := options(t, dir)
		o.SigningSecret = secret.New(text)
		r := start(t, o)
		writer := token(t, dir, "ingest")
		if status := r.call("POST", "/api/siem/events", writer, `{"source":"application","message":"evidence"}`, nil); status != 200 {
			t.Fatalf("status %d", status)
		}
		r.stop()
	}
	flip := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			for _, name := range names {
				path := filepath.Join(dir, name)
				raw, err := os.ReadFile(path)
				if err == nil {
					raw[len(raw)/2] ^= 4
					err = os.WriteFile(path, raw, 0o600)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	remove := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	copies := []string{"keys/copy/origin", "keys/copy/ring", "keys/copy/mac-root.1", "keys/copy/sign.checkpoint.1", "keys/copy/sign.receipt.1"}
	cases := []struct {
		name        string
		made, given string // secrets
		harm        func(*testing.T, string)
		macs        string
		keys        []string // files named
		starts      bool     // with the secret it was made with
	}{
		{name: "no secret", macs: "checked", starts: true},
		{name: "a secret over a folder without", given: right, macs: "checked", starts: true},
		{name: "its secret", made: right, given: right, macs: "checked", starts: true},
		{name: "without its secret", made: right, macs: "not checked", keys: []string{"keys/mac-root.1"}, starts: true},
		{name: "another secret", made: right, given: other, macs: "not checked", keys: []string{"keys/mac-root.1"}, starts: true},
		{name: "one copy damaged", harm: flip("keys/mac-root.1"), macs: "checked", keys: []string{"keys/mac-root.1"}, starts: true},
		{name: "one copy gone", harm: remove("keys/copy"), macs: "checked", keys: copies, starts: true},
		{
			name: "both copies damaged", harm: flip("keys/mac-root.1", "keys/copy/mac-root.1"),
			macs: "not checked", keys: []string{"keys/mac-root.1"},
		},
		{
			name: "both origins damaged", harm: flip("keys/origin", "keys/copy/origin"), given: other,
			macs: "not checked", keys: []string{"keys/origin"},
		},
		{name: "no key folder", harm: remove("keys"), given: right, macs: "not checked", keys: []string{"keys/origin", "keys/mac-root.1"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(made[c.made])); err != nil {
				t.Fatal(err)
			}
			if c.harm != nil {
				c.harm(t, dir)
			}
			before := snapshot(t, dir)
			o := options(t, dir)
			o.SigningSecret = secret.New(c.given)
			got, err := app.Verify(t.Context(), dir, app.VerifyOptions{Options: o})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, snapshot(t, dir)); diff != "" {
				t.Errorf("verify changed the folder (-before +after):\n%s", diff)
			}
			var keys []string
			for _, k := range got.Keys {
				keys = append(keys, k.File)
			}
			if diff := cmp.Diff(c.keys, keys); diff != "" || got.MACs != c.macs || got.Status != journal.Unanchored || got.Total == 0 || got.Verified != got.Total {
				t.Errorf("%s, %d of %d, macs %s, key files (-want +got):\n%s", got.Status, got.Verified, got.Total, got.MACs, diff)
			}
			o.SigningSecret = secret.New(c.made)
			if c.starts {
				r := start(t, o)
				r.stop()
				return
			}
			o.Stdout = io.Discard
			if err := app.Run(t.Context(), o); err == nil {
				t.Error("a server started over keys that cannot be used")
			}
		})
	}
}
