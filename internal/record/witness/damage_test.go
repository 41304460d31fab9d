// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDamagedFileRefusesTheLog flips a bit in each byte of a log's file and cuts it
// at each length. Whatever comes of it, the log is refused with a reason, and another
// log is watched as before.
func TestDamagedFileRefusesTheLog(t *testing.T) {
	t.Parallel()
	log := honest(t)
	second := honest(t)
	second.origin = "log.example/second"
	second.signer, second.vkey = logKey(t, second.origin, "key three")
	s := openStation(t, t.TempDir(), nil, log.vkey, second.vkey)
	s.want(200, "", log.request(0, 20))
	s.want(200, "", second.request(0, 20))
	path := s.logs[origin].path
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	try := func(what string, at int, raw []byte) {
		t.Helper()
		if err := errors.Join(s.Close(), os.WriteFile(path, raw, 0o600)); err != nil {
			t.Fatal(err)
		}
		s = openStation(t, s.dir, nil, log.vkey, second.vkey)
		l := s.Logs()
		if !strings.Contains(l[0].Damage, path) || !strings.Contains(l[0].Damage, "backup") || l[1].Damage != "" || l[1].Size != 20 {
			t.Fatalf("%s %d: %+v", what, at, l)
		}
		for _, body := range [][]byte{log.request(0, 20), log.request(20, 30), log.request(0, 30)} {
			if rec := s.post(body); rec.Code != 500 || !strings.Contains(rec.Body.String(), "does not sign for the log any more") {
				t.Fatalf("%s %d: %d %q", what, at, rec.Code, rec.Body)
			}
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, raw) {
			t.Fatalf("%s %d: the file was changed", what, at)
		}
	}
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 1 << (i % 8)
		try("byte", i, bad)
	}
	for i := range whole {
		if i%7 == 0 {
			try("length", i, whole[:i])
		}
	}
	try("a file that is too large", 0, append(bytes.Clone(whole), make([]byte, maxMemoryBytes)...))
	s.want(200, "", second.request(20, 30))
	// The whole file put back: all is as before.
	if err := errors.Join(s.Close(), os.WriteFile(path, whole, 0o600)); err != nil {
		t.Fatal(err)
	}
	s = openStation(t, s.dir, nil, log.vkey, second.vkey)
	s.want(200, "", log.request(20, 30))
}

// TestStateThatCannotBeBelieved: files that are whole, and not this witness's.
func TestStateThatCannotBeBelieved(t *testing.T) {
	t.Parallel()
	log := honest(t)
	stranger := cosigner(t, "witness.example", "another key", new(clock).now)
	elsewhere := honest(t)
	elsewhere.origin = "log.example/other"
	elsewhere.signer, _ = logKey(t, elsewhere.origin, "key one")
	for name, c := range map[string]struct {
		change func(t *testing.T, s *station, path string) error
		says   string
	}{
		"the file is gone": {func(_ *testing.T, _ *station, path string) error { return os.Remove(path) }, "is missing"},
		"all files are gone": {func(_ *testing.T, s *station, _ string) error {
			return os.RemoveAll(filepath.Join(s.dir, logsFolder))
		}, "is missing"},
		"not co-signed, with a sum that fits": {func(_ *testing.T, _ *station, path string) error {
			return os.WriteFile(path, (&memory{note: log.checkpoint(10)}).encode(), 0o600)
		}, "co-signed by another witness"},
		"co-signed by another": {func(_ *testing.T, _ *station, path string) error {
			return os.WriteFile(path, (&memory{note: log.checkpoint(10, stranger)}).encode(), 0o600)
		}, "co-signed by another witness"},
		"of another log": {func(_ *testing.T, s *station, path string) error {
			return os.WriteFile(path, (&memory{note: elsewhere.checkpoint(10, s.key)}).encode(), 0o600)
		}, `it is about the log "log.example/other"`},
		"it cannot be read": {func(_ *testing.T, _ *station, path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStation(t)
			s.want(200, "", log.request(0, 20))
			if err := c.change(t, s, s.logs[origin].path); err != nil {
				t.Fatal(err)
			}
			s = s.again()
			if got := s.Logs()[0].Damage; !strings.Contains(got, c.says) {
				t.Errorf("refused for %q, want %q", got, c.says)
			}
			s.want(500, "", log.request(0, 20))
			s.want(500, "", log.request(20, 30))
			if !strings.Contains(s.said.String(), "a log is refused") {
				t.Errorf("said %q", s.said)
			}
		})
	}
}

func TestRegister(t *testing.T) {
	t.Parallel()
	log, s := honest(t), newStation(t)
	existing := func(want bool) {
		t.Helper()
		if got, err := Existing(s.dir); err != nil || got != want {
			t.Errorf("existing: %v, %v, want %v", got, err, want)
		}
	}
	existing(false)
	s.want(200, "", log.request(0, 20))
	existing(true)
	path := filepath.Join(s.dir, registerName)
	if err := os.Remove(path); err != nil { // as after a crash between the two files
		t.Fatal(err)
	}
	existing(true)
	s = s.again()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the list is not written anew: %v", err)
	}
	if err := os.Remove(s.logs[origin].path); err != nil {
		t.Fatal(err)
	}
	existing(true)
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-2] ^= 1
	if err := errors.Join(os.WriteFile(path, raw, 0o600), s.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Dir: s.dir, Key: s.key, Logs: []string{log.vkey}})
	if err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("opened over a damaged list: %v", err)
	}
	if got, err := Existing(filepath.Join(s.dir, "nowhere")); got || err != nil {
		t.Errorf("an empty place: %v, %v", got, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	log := honest(t)
	s := newStation(t)
	open := func(dir string, vkeys ...string) error {
		w, err := Open(Options{Dir: dir, Key: s.key, Logs: vkeys})
		if err == nil {
			_ = w.Close()
		}
		return err
	}
	if err := open(s.dir, log.vkey); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: %v", err)
	}
	if err := open(t.TempDir(), log.vkey, log.vkey); err == nil {
		t.Error("a key that is there twice")
	}
	if err := open(t.TempDir(), log.vkey+"x"); err == nil {
		t.Error("a key that is none")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), open(file, log.vkey)); err == nil {
		t.Error("a folder that is a file")
	}
	info, err := os.Stat(s.dir + "/" + logsFolder)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder is open to others: %v %v", info.Mode(), err)
	}
	s.want(200, "", log.request(0, 20))
	if info, err = os.Stat(s.logs[origin].path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is open to others: %v %v", info.Mode(), err)
	}
}
