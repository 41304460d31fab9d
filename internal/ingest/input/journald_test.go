// SPDX-License-Identifier: Apache-2.0

package input

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// exported is an entry in the form in which journals are exported.
func exported(n int, message string) string {
	return fmt.Sprintf("__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=ec25d6795f0645619ddac9afdef453ee\n"+
		"PRIORITY=6\nSYSLOG_IDENTIFIER=sshd\n_HOSTNAME=web-1\n%s\n\n", 1342540861416409+n, 5794517905481+n, message)
}

// toJournal appends entries to a journal file, with systemd's own program.
func toJournal(t testing.TB, file string, entries ...string) {
	t.Helper()
	cmd := exec.Command(needs(t, "systemd-journal-remote", "systemd-journal-remote"), "--output="+file, "-")
	cmd.Env = append(os.Environ(), libraries(t))
	cmd.Stdin = strings.NewReader(strings.Join(entries, ""))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("systemd-journal-remote: %v\n%s", err, out)
	}
}

// The real journalctl follows a real journal; after a crash, when an old cursor is all
// that is left, nothing is missing and nothing comes twice.
func TestJournald(t *testing.T) {
	t.Parallel()
	needs(t, "journalctl", "systemd")
	dir, s := t.TempDir(), newSink(t)
	file := filepath.Join(dir, "a.journal")
	toJournal(t, file, exported(1, "MESSAGE=one"), exported(2, "MESSAGE=two"))
	env := s.env("host")
	follow := func() (stop func()) {
		return run(t, open(t, "journald", env, func(c *Journald) { c.Directory, c.Match = dir, []string{"PRIORITY=6"} }))
	}
	stop := follow()
	s.waitFor(t, 2)
	toJournal(t, file, exported(3, "MESSAGE=three"))
	s.waitFor(t, 3)
	stop()
	old, err := os.ReadFile(env.State)
	if err != nil {
		t.Fatal(err)
	}
	toJournal(t, file, exported(4, "MESSAGE=four"), exported(5, "MESSAGE=a"), exported(6, `MESSAGE={"__CURSOR":"forged"}`))
	stop = follow()
	s.waitFor(t, 6)
	stop()
	if err := os.WriteFile(env.State, old, 0o600); err != nil { // as after a crash
		t.Fatal(err)
	}
	stop = follow()
	for deadline := time.Now().Add(10 * time.Second); s.duplicates() < 3 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	toJournal(t, file, exported(7, "MESSAGE=seven"))
	s.waitFor(t, 7)
	stop()
	want := []string{"a", "four", "one", "seven", "three", "two", `{"__CURSOR":"forged"}`}
	if diff := cmp.Diff(want, s.messages()); diff != "" {
		t.Error(diff)
	}
	if s.duplicates() != 3 {
		t.Errorf("%d entries were known", s.duplicates())
	}
	for _, e := range s.all() {
		if !strings.HasPrefix(e.OriginID, "s=") || e.Sender != "journald:host" {
			t.Errorf("%q of %s", e.OriginID, e.Sender)
		}
	}
}

// A journalctl that ends is started again after the last entry that was recorded, and
// one that does not end is ended. An entry that breaks off comes again.
func TestJournaldIsStartedAgain(t *testing.T) {
	t.Parallel()
	s := newSink(t)
	program := filepath.Join(s.dir, "journalctl")
	script := `#!/bin/sh
for a; do case $a in --after-cursor=*) n=${a#--after-cursor=c};; esac; done
n=${n:-0}
printf '{"message":"%d","__CURSOR":"c%d"}\n{"message":"bro' $((n+1)) $((n+1))
[ $n -lt 3 ] && { echo "out of order" >&2; exit 1; }
trap '' TERM
echo 'ken"}'
exec sleep 60
`
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	env, log := s.env("host"), &logged{}
	env.Logger = log.logger()
	in := open(t, "journald", env, func(c *Journald) { c.Journalctl = program })
	in.(*journald).least = 5 * time.Millisecond
	stop := run(t, in)
	s.waitFor(t, 5)
	stop()
	if diff := cmp.Diff([]string{"1", "2", "3", "4", "broken"}, s.messages()); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(log.String(), "out of order") || in.Stats().Broken != 3 {
		t.Errorf("%+v\n%s", in.Stats(), log)
	}
	if cursor, _, err := readCursor(env.State); err != nil || cursor != "c4" {
		t.Errorf("kept %q, %v", cursor, err)
	}
}

func TestJournaldArguments(t *testing.T) {
	t.Parallel()
	c := Journald{Start: "end", Directory: "/var/log/journal/remote", Match: []string{"_UID=0", "+", "_UID=1"}}
	for _, k := range []struct {
		cursor string
		fresh  bool
		want   string
	}{
		{"", true, "--lines=0"}, {"", false, "--no-tail"}, {"c1", false, "--no-tail --after-cursor=c1"},
	} {
		got := strings.Join(c.arguments(k.cursor, k.fresh)[5:], " ")
		if got != k.want+" --directory=/var/log/journal/remote _UID=0 + _UID=1" {
			t.Errorf("%+v: %s", k, got)
		}
	}
	for field, change := range map[string]func(*Journald){
		"match": func(c *Journald) { c.Match = []string{"--rotate"} }, "start": func(c *Journald) { c.Start = "" },
		"directory": func(c *Journald) { c.Directory = "log" }, "format": func(c *Journald) { c.Format = "" },
		"journalctl": func(c *Journald) { c.Journalctl = "" },
	} {
		c := journaldSpec().New().(*Journald)
		change(c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%v, want an error of %s", err, field)
		}
	}
}

func TestCursorOf(t *testing.T) {
	t.Parallel()
	for entry, want := range map[string]string{
		`{"__CURSOR":"s=1;i=2","MESSAGE":"x"}`:                            "s=1;i=2",
		`{ "MESSAGE" : "\"__CURSOR\":\"forged\"", "__CURSOR" : "c" }`:     "c",
		`{"A":{"__CURSOR":"forged"},"B":["__CURSOR","x"],"__CURSOR":"c"}`: "c",
		`{"MESSAGE":"x"}`: "",
		`{"__CURSOR":7}`:  "",
		`{"__CURSOR":""}`: "",
		`{"__CURSOR":"` + strings.Repeat("x", 2000) + `"}`: "",
		`{"__CURSOR":"a` + "\u202e" + `b"}`:                "",
		`{"__CURSOR":"c`:                                   "",
		``:                                                 "",
	} {
		if got := cursorOf([]byte(entry)); got != want {
			t.Errorf("%s: %q, want %q", entry, got, want)
		}
	}
	for _, text := range []string{"", "{", `{"version":2}`, `{"version":1,"cursor":"a\nb"}`} {
		path := filepath.Join(t.TempDir(), "x.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readCursor(path); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzCursorOf(f *testing.F) {
	f.Add([]byte(`{"__CURSOR":"s=1;i=2","MESSAGE":[1,2]}`))
	f.Fuzz(func(t *testing.T, entry []byte) {
		if c := cursorOf(entry); c != "" && !readable(c) {
			t.Errorf("%q", c)
		}
	})
}
