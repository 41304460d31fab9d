// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// command runs a command of the binary under strace when in is set.
func command(t *testing.T, bin string, in *injection, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	name := bin
	if in != nil {
		strace, err := exec.LookPath("strace")
		if err != nil {
			t.Skip("needs strace")
		}
		args = append([]string{"-f", "-qq", "-o", "/dev/null", "-e", "trace=" + in.call, "-e", "inject=" + in.String(), bin}, args...)
		name = strace
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var o, e bytes.Buffer
	cmd.Stdout, cmd.Stderr = &o, &e
	err = cmd.Run()
	return o.String(), e.String(), err
}

// counts are the events of a source, by the sender's id.
func (s *server) counts(source string) map[string]int {
	s.t.Helper()
	seen := map[string]int{}
	for _, e := range all[event](s, "/api/siem/logs?source="+source) {
		seen[e.OriginID]++
	}
	return seen
}

// TestBackupUnderLoadComesBack makes a backup while clients send, restores it and
// holds it against the ledger: what was acknowledged before the backup began is there,
// once; and what came later is there once or not at all.
func TestBackupUnderLoadComesBack(t *testing.T) {
	t.Parallel()
	bin, dir := binary(t), t.TempDir()
	data, file, fresh := filepath.Join(dir, "data"), filepath.Join(dir, "backup"), filepath.Join(dir, "new")
	l := &ledger{acked: map[string]bool{}, sent: map[string]bool{}}
	s := start(t, bin, data)
	token := s.token("ingest")
	var stop atomic.Bool
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() { l.load(s, token, fmt.Sprintf("c%d", c), &stop) })
	}
	time.Sleep(2 * time.Second)
	l.mu.Lock()
	before := maps.Clone(l.acked)
	l.mu.Unlock()
	began := time.Now()
	out, errOut, code := s.run("backup", "--data", data, "-o", file)
	took := time.Since(began)
	if code != 0 || !strings.HasPrefix(out, "backed up ") {
		t.Fatalf("backup: exit %d: %s%s", code, out, errOut)
	}
	l.mu.Lock()
	after := len(l.acked)
	l.mu.Unlock()
	stop.Store(true)
	clients.Wait()
	s.stop()
	if len(before) < 1000 || after <= len(before) {
		t.Fatalf("%d events acknowledged before the backup, %d when it was done: the load was no load", len(before), after)
	}
	t.Logf("%d events acknowledged before the backup, %d more during its %v: %s", len(before), after-len(before), took.Round(time.Millisecond), strings.TrimSpace(out))
	if out, errOut, code := s.run("restore", "--data", fresh, "--erasures", "none", file); code != 0 {
		t.Fatalf("restore: exit %d: %s%s", code, out, errOut)
	}
	s = start(t, bin, fresh)
	lost, double, unknown := 0, 0, 0
	seen := s.counts("application")
	for id := range before {
		if seen[id] == 0 {
			lost++
		}
	}
	for id, n := range seen {
		if n > 1 {
			double++
		}
		if !l.sent[id] {
			unknown++
		}
	}
	if lost+double+unknown > 0 {
		t.Errorf("of %d events acknowledged before the backup %d are lost; %d are there twice, %d were never sent", len(before), lost, double, unknown)
	}
	s.stop()
	if out, errOut, code := s.run("verify", "--data", fresh); code != 0 {
		t.Errorf("verify: exit %d: %s%s", code, out, errOut)
	}
}

// filledFolder is the data folder of a server that has recorded some events.
func filledFolder(t *testing.T, bin string) (data string, s *server) {
	t.Helper()
	data = filepath.Join(t.TempDir(), "data")
	s = start(t, bin, data)
	token := s.token("ingest")
	for i := range 5 {
		var b bytes.Buffer
		for k := range 100 {
			b.WriteString(body(fmt.Sprintf("e-%d-%d", i, k)))
		}
		s.send("/api/siem/events", token, "application/x-ndjson", b.Bytes())
	}
	s.stop()
	return data, s
}

// killPoints are the system calls at which a command is killed.
func killPoints(last int) (points []injection) {
	step := 11
	if os.Getenv("TOCSIN_LONG") != "" {
		step = 1
	}
	for n, call := range []string{"write", "pwrite64", "fsync", "fdatasync", "/rename", "/unlink", "mkdirat", "openat"} {
		for k := 1 + n; k <= last; k += step {
			points = append(points, injection{call, "signal=KILL", strconv.Itoa(k)})
		}
	}
	return points
}

// TestBackupKilledAtSystemCalls: whatever a kill leaves behind, a file with the
// backup's name is a whole one.
func TestBackupKilledAtSystemCalls(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	data, s := filledFolder(t, bin)
	killed, whole := 0, 0
	for i, in := range killPoints(40) {
		dir := t.TempDir()
		file := filepath.Join(dir, "backup")
		out, _, err := command(t, bin, &in, "backup", "--data", data, "-o", file)
		if err == nil {
			whole++
			continue
		}
		killed++
		// The runtime writes too, to wake its threads: a kill may come after the words.
		_, err = os.Stat(file)
		if said := strings.Contains(out, "backed up"); said && err != nil {
			t.Errorf("%v: it said so before it was there: %s", in, out)
		}
		if err == nil {
			if out, errOut, code := s.run("restore", "--data", filepath.Join(dir, "new"), "--erasures", "none", file); code != 0 {
				t.Errorf("%v: a backup that is not whole has its name: %s%s", in, out, errOut)
			}
			continue
		}
		if i%4 == 0 { // what is left is no hindrance
			if out, errOut, code := s.run("backup", "--data", data, "-o", file); code != 0 {
				t.Errorf("%v: again: %s%s", in, out, errOut)
			}
			if left, _ := filepath.Glob(file + ".*"); len(left) > 0 {
				t.Errorf("%v: left behind: %v", in, left)
			}
		}
	}
	t.Logf("%d backups were killed, %d came to their end first", killed, whole)
	if killed < 8 {
		t.Error("too few were killed: the test proves nothing")
	}
	if out, errOut, code := s.run("verify", "--data", data); code != 0 {
		t.Errorf("verify: exit %d: %s%s", code, out, errOut)
	}
}

// TestRestoreKilledAtSystemCalls: whatever a kill leaves behind is refused, or is
// whole; and the restore can be run again.
func TestRestoreKilledAtSystemCalls(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	data, s := filledFolder(t, bin)
	dir := t.TempDir()
	file := filepath.Join(dir, "backup")
	if out, errOut, code := s.run("backup", "--data", data, "-o", file); code != 0 {
		t.Fatalf("backup: %s%s", out, errOut)
	}
	killed, marked, nothing := 0, 0, 0
	for i, in := range killPoints(60) {
		fresh := filepath.Join(dir, "new"+strconv.Itoa(i))
		out, _, err := command(t, bin, &in, "restore", "--data", fresh, "--erasures", "none", file)
		if err == nil {
			continue
		}
		killed++
		_, errOut, code := s.run("verify", "--data", fresh)
		if said := strings.Contains(out, "restored"); said && code != 0 {
			t.Errorf("%v: it said so before it was there: %s", in, out)
		}
		switch {
		case code == 0: // killed after the mark was removed
		case strings.Contains(errOut, "is not finished"):
			marked++
			if _, errOut, code := s.run("serve", "--data", fresh, "--listen", "127.0.0.1:0", "--syslog", ""); code != 1 || !strings.Contains(errOut, "run `tocsin restore` again") {
				t.Errorf("%v: a server took it: %d %s", in, code, errOut)
			}
		case strings.Contains(errOut, "holds no journal"):
			if names, err := os.ReadDir(fresh); err == nil && len(names) > 0 {
				t.Errorf("%v: half of it is there without a mark: %v", in, names)
			}
			nothing++
		default:
			t.Errorf("%v: verify: exit %d: %s", in, code, errOut)
		}
		if code == 0 || i%3 != 0 {
			continue
		}
		if out, errOut, code := s.run("restore", "--data", fresh, "--erasures", "none", file); code != 0 {
			t.Errorf("%v: again: %s%s", in, out, errOut)
		}
		if out, errOut, code := s.run("verify", "--data", fresh); code != 0 {
			t.Errorf("%v: verify after a restore that was run again: %s%s", in, out, errOut)
		}
	}
	t.Logf("%d restores were killed: %d left a mark, %d nothing", killed, marked, nothing)
	if marked < 10 {
		t.Error("too few were killed in the middle: the test proves nothing")
	}
}

// TestBackupToAFullDisk says that the disk is full, and leaves nothing.
func TestBackupToAFullDisk(t *testing.T) {
	t.Parallel()
	bin := binary(t)
	data, s := filledFolder(t, bin)
	whole := filepath.Join(t.TempDir(), "backup")
	if out, errOut, code := s.run("backup", "--data", data, "-o", whole); code != 0 {
		t.Fatalf("backup: %s%s", out, errOut)
	}
	disk := smallDisk(t, 1)
	for _, room := range []int{0, 4 << 10, 40 << 10, 200 << 10} {
		ballast := filepath.Join(disk, "ballast")
		fill(t, ballast)
		info, err := os.Stat(ballast)
		if err == nil {
			err = os.Truncate(ballast, info.Size()-int64(room))
		}
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(disk, "backup")
		out, errOut, code := s.run("backup", "--data", data, "-o", file)
		if code == 0 {
			t.Logf("%d bytes are room enough", room)
			if err := os.Remove(file); err != nil {
				t.Error(err)
			}
		} else if code != 1 || out != "" || !strings.Contains(errOut, "disk is full") {
			t.Errorf("%d bytes of room: exit %d: %s%s", room, code, out, errOut)
		}
		if names, err := os.ReadDir(disk); err != nil || len(names) != 1 {
			t.Errorf("%d bytes of room: left %v, %v", room, names, err)
		}
		if code == 0 {
			break
		}
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
		// a restore onto the same disk
		if _, errOut, code := s.run("restore", "--data", filepath.Join(disk, "new"), "--erasures", "none", whole); code != 1 || !strings.Contains(errOut, "disk is full") {
			t.Errorf("restore: exit %d: %s", code, errOut)
		}
		if names, err := os.ReadDir(disk); err != nil || len(names) != 0 {
			t.Errorf("restore left %v, %v", names, err)
		}
	}
}
