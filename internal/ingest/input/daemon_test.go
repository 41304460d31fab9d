// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// unpacked is where scripts/test-deps.sh unpacks the Debian packages that cannot be
// installed beside others.
const unpacked = "../../../.tools/debian"

// needs returns the path of a program, and skips without it.
func needs(t testing.TB, program, pkg string) string {
	t.Helper()
	for _, dir := range []string{"/usr/sbin", "/lib/systemd"} { // not on everybody's path
		for _, root := range []string{"", unpacked} {
			path := filepath.Join(root, dir, program)
			if info, err := os.Stat(path); err == nil && info.Mode()&0o111 != 0 {
				return path
			}
		}
	}
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("needs %s (apt-get install %s)", program, pkg)
	}
	return path
}

func rsyslogd(t testing.TB) string {
	t.Helper()
	return needs(t, "rsyslogd", "rsyslog")
}

// libraries is where programs of unpacked packages find the libraries of others.
func libraries(t testing.TB) string {
	t.Helper()
	root, err := filepath.Abs(unpacked)
	if err != nil {
		t.Fatal(err)
	}
	dirs, _ := filepath.Glob(root + "/usr/lib/*-linux-gnu")
	more, _ := filepath.Glob(root + "/lib/*-linux-gnu")
	return "LD_LIBRARY_PATH=" + strings.Join(append(append(dirs, more...), root+"/usr/lib/syslog-ng"), ":")
}

// start starts a daemon, waits until a file of that path is there, and stops the
// daemon with the test.
func start(t testing.TB, awaited string, cmd *exec.Cmd) {
	t.Helper()
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		timer := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait()
		if timer.Stop(); t.Failed() {
			t.Logf("%s:\n%s", cmd.Path, out)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(awaited); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("%s does not start:\n%s", cmd.Path, out)
		}
	}
}

// output is what a daemon prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// logged is a log in memory.
type logged struct{ output }

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(&l.output, nil)) }
