// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// machine is a virtual machine and its disk; test/guest is what runs in it.
type machine struct {
	t                           *testing.T
	linux, guest, tocsin, syncs string
	dir, image                  string
	mkfs, e2fsck, debugfs       string
	everBooted                  bool
}

// boot is a machine that runs, and what it has said on its console.
type boot struct {
	cmd           *exec.Cmd
	booted, ready chan struct{}
	ended         chan struct{} // the console is at its end
	said          *said
	// To be read after the cut:
	verified, failed string
	proofs           int // given out
	headers          int // that the newest of them has under its checkpoint
}

// newMachine makes an empty disk. Syncs are "sound" or "faulty".
func newMachine(t *testing.T, syncs string) *machine {
	t.Helper()
	needsLong(t)
	if runtime.GOOS+"/"+runtime.GOARCH != "linux/amd64" {
		t.Skip("needs linux/amd64")
	}
	m := &machine{t: t, tocsin: binary(t), syncs: syncs, dir: t.TempDir()}
	for name, path := range map[string]*string{"linux.uml": &m.linux, "mkfs.ext4": &m.mkfs, "e2fsck": &m.e2fsck, "debugfs": &m.debugfs} {
		if *path = program(name); *path == "" {
			t.Skipf("needs %s (Debian: user-mode-linux, e2fsprogs)", name)
		}
	}
	m.guest = filepath.Join(m.dir, "guest")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", m.guest, "../guest")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	m.must(build)
	m.image = filepath.Join(m.dir, "disk")
	if err := os.WriteFile(m.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(m.image, 3<<30); err != nil {
		t.Fatal(err)
	}
	m.must(exec.Command(m.mkfs, "-q", "-F", m.image))
	for _, sub := range []string{"mount", "uml"} {
		if err := os.Mkdir(filepath.Join(m.dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// program finds a program, those of the administrator too.
func program(name string) string {
	for _, try := range []string{name, "/usr/sbin/" + name, "/sbin/" + name} {
		if path, err := exec.LookPath(try); err == nil {
			return path
		}
	}
	return ""
}

func (m *machine) must(cmd *exec.Cmd) {
	m.t.Helper()
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// boot starts the machine and waits until the server in it is ready.
func (m *machine) boot(round int, l *ledger) *boot {
	m.t.Helper()
	b := &boot{booted: make(chan struct{}), ready: make(chan struct{}), ended: make(chan struct{}), said: &said{}}
	b.cmd = exec.Command(m.guest, "launch", m.linux,
		"mem=512M", "umid=tocsin", "uml_dir="+filepath.Join(m.dir, "uml"), "quiet",
		"root=/dev/root", "rootfstype=hostfs", "ro", "ubda="+m.image,
		"con=null", "con0=null,fd:1", "console=tty0",
		"GODEBUG=cpu.all=off", // the guest's threads do not keep AVX registers: see noExtendedState of test/guest
		"init="+m.guest, "--", "boot", filepath.Join(m.dir, "mount"), m.tocsin, strconv.Itoa(round), m.syncs)
	b.cmd.Env = []string{"HOME=" + m.dir}
	// One group, killed at once; and a process namespace, so that nothing outlives
	// the machine whatever ends it.
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Cloneflags: syscall.CLONE_NEWPID}
	if os.Getuid() != 0 {
		b.cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		b.cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getuid(), HostID: os.Getuid(), Size: 1}}
		b.cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: os.Getgid(), HostID: os.Getgid(), Size: 1}}
	}
	console, w, err := os.Pipe()
	if err != nil {
		m.t.Fatal(err)
	}
	b.cmd.Stdout, b.cmd.Stderr = w, w
	err = b.cmd.Start()
	_ = w.Close()
	if err != nil {
		m.t.Skipf("User Mode Linux does not start here: %v", err)
	}
	m.t.Cleanup(func() { m.cut(b) })
	go b.listen(console, l)
	m.await(b, b.booted, time.Minute)
	m.everBooted = true
	m.await(b, b.ready, 2*time.Minute)
	return b
}

// await waits for a line of the guest. A machine that does not even run is a reason
// to skip, if none has run before.
func (m *machine) await(b *boot, line chan struct{}, limit time.Duration) {
	m.t.Helper()
	select {
	case <-line:
		return
	case <-b.ended:
	case <-time.After(limit):
	}
	m.cut(b)
	if !m.everBooted {
		m.t.Skipf("User Mode Linux does not run here: %q", tail(b.said.String(), 300))
	}
	m.t.Fatalf("the guest has ended or stands still; it said:\n%s", tail(b.said.String(), 4000))
}

// listen reads the console to its end.
func (b *boot) listen(console io.ReadCloser, l *ledger) {
	defer close(b.ended)
	defer console.Close()
	in := bufio.NewReader(console)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return // a line without an end is none
		}
		word, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch word {
		case "booted":
			close(b.booted)
		case "ready":
			close(b.ready)
		case "verified":
			b.verified = rest
		case "proved":
			b.proofs++
			b.headers, _ = strconv.Atoi(rest)
		case "failed:":
			b.failed = rest
			_, _ = io.WriteString(b.said, line)
		case "acked":
			var prefix string
			var n int
			if _, err := fmt.Sscan(rest, &prefix, &n); err == nil {
				for i := range n {
					l.acked[fmt.Sprintf("%s-%d", prefix, i)] = true
				}
			}
		default:
			_, _ = io.WriteString(b.said, line)
		}
	}
}

// cut takes the power away and waits until nothing of the machine is left.
func (m *machine) cut(b *boot) {
	m.t.Helper()
	if b.cmd.ProcessState != nil {
		return
	}
	_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL)
	_ = b.cmd.Wait()
	select {
	case <-b.ended:
	case <-time.After(20 * time.Second):
		m.t.Error("somebody still holds the console of a dead machine")
	}
	eventually(m.t, "no process of the machine is left", func() bool {
		return syscall.Kill(-b.cmd.Process.Pid, 0) == syscall.ESRCH
	})
}

// inspect gives the data folder on a copy of the disk, as it is after ext4 has
// replayed its journal. The disk itself stays as the cut has left it.
func (m *machine) inspect(look func(data string)) {
	m.t.Helper()
	image, out := filepath.Join(m.dir, "copy"), filepath.Join(m.dir, "out")
	defer os.RemoveAll(out)
	defer os.Remove(image)
	if err := os.Mkdir(out, 0o700); err != nil {
		m.t.Fatal(err)
	}
	m.must(exec.Command("cp", "--sparse=always", m.image, image))
	if said, err := exec.Command(m.e2fsck, "-y", "-E", "journal_only", image).CombinedOutput(); err != nil {
		m.t.Logf("e2fsck: %v: %s", err, said) // 1: repaired
	}
	m.must(exec.Command(m.debugfs, "-R", "rdump /data "+out, image))
	look(filepath.Join(out, "data"))
}
