// SPDX-License-Identifier: Apache-2.0

//go:build linux && amd64

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

const (
	address  = "127.0.0.1:8514"
	disk     = "/dev/ubda"
	password = "TOCSIN_ADMIN_PASSWORD=correct horse battery staple"
)

// machine is the guest, from its first process' view.
type machine struct {
	mount, tocsin, round string
	faulty               bool

	mu  sync.Mutex
	out io.Writer // the console
}

// say writes a line to the console.
func (m *machine) say(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(m.out, format+"\n", args...)
}

// boot makes the machine ready, starts the server and sends for ever.
func (m *machine) boot(ctx context.Context) error {
	m.say("booted")
	if err := m.prepare(); err != nil {
		return err
	}
	if _, err := os.Stat(m.data()); err == nil {
		if err := m.verify(ctx); err != nil {
			return err
		}
	}
	if err := m.serve(ctx); err != nil {
		return err
	}
	ingest, err := m.token(ctx, "ingest")
	if err != nil {
		return err
	}
	read, err := m.token(ctx, "read")
	if err != nil {
		return err
	}
	m.say("ready")
	for c := range 4 {
		go m.feed(ctx, ingest, fmt.Sprintf("r%s-c%d", m.round, c))
	}
	m.prove(ctx, read)
	return nil
}

// prepare mounts the disk and brings the loopback interface up.
func (m *machine) prepare() error {
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if err := unix.Mount(disk, m.mount, "ext4", 0, "errors=panic"); err != nil {
		return fmt.Errorf("mount %s: %w", disk, err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return fmt.Errorf("loopback interface: %w", err)
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bring the loopback interface up: %w", err)
	}
	return nil
}

func (m *machine) data() string { return filepath.Join(m.mount, "data") }

// command is the binary under test, with or without its syncs. Only what it syncs
// itself may reach the disk for sure: this process syncs nothing.
func (m *machine) command(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{m.tocsin}, args...)
	if m.faulty {
		args = append([]string{"/proc/self/exe", "faulty"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = append(os.Environ(), password, "HOME="+m.mount, "TMPDIR="+m.mount)
	return cmd
}

func (m *machine) verify(ctx context.Context) error {
	out, err := m.command(ctx, "verify", "--data", m.data()).CombinedOutput()
	exit := new(exec.ExitError)
	switch {
	case errors.As(err, &exit):
		m.say("verified %d %q", exit.ExitCode(), out)
	case err != nil:
		return fmt.Errorf("verify: %w", err)
	default:
		m.say("verified 0")
	}
	return nil
}

// serve starts the server and waits until it is ready.
func (m *machine) serve(ctx context.Context) error {
	cmd := m.command(ctx, "serve", "--data", m.data(), "--listen", address, "--syslog", "")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	ready := make(chan bool, 1)
	go func() {
		in := bufio.NewScanner(stdout)
		for in.Scan() {
			if strings.HasPrefix(in.Text(), "ready on ") {
				ready <- true
			}
		}
		err := cmd.Wait()
		m.say("failed: the server ended: %v", err)
		ready <- false
	}()
	if !<-ready {
		return errors.New("the server ended before it was ready")
	}
	return nil
}

func (m *machine) token(ctx context.Context, scope string) (string, error) {
	out, err := m.command(ctx, "token", "create", "--name", scope+"-"+m.round, "--scope", scope, "--data", m.data()).Output()
	if err != nil {
		return "", fmt.Errorf("create a token: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}
