// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process has the folder open; it names its pid.
var ErrLocked = errors.New("journal is open in another process")

// lock is the folder's LOCK file: held by flock while the journal is open, with
// the holder's pid and the boot number in it.
type lock struct {
	f    *os.File
	boot uint64
}

// A journal that this process has just closed may seem open for a moment: a child
// that is being started holds what its parent had, until its program begins.
const (
	ownTries = 50
	ownWait  = 10 * time.Millisecond
)

// takeLock takes the folder's lock, ErrLocked when somebody else has it.
func takeLock(dir string) (*lock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "LOCK"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	l := &lock{f: f}
	pid := l.read()
	err = flock(f, unix.LOCK_EX)
	for try := 0; pid == os.Getpid() && errors.Is(err, unix.EWOULDBLOCK) && try < ownTries; try++ {
		<-time.After(ownWait)
		err = flock(f, unix.LOCK_EX)
	}
	if err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			holder := fmt.Sprintf("process %d", pid)
			if pid == 0 || errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
				holder = "a verification or backup"
			}
			err = fmt.Errorf("%w: %s has %s", ErrLocked, holder, dir)
		}
		return nil, errors.Join(err, f.Close())
	}
	return l, nil
}

// read returns the pid and sets the boot number that the file holds; what cannot
// be read is zero.
func (l *lock) read() (pid int) {
	raw := make([]byte, lockBytes)
	n, _ := l.f.ReadAt(raw, 0)
	if _, err := fmt.Sscanf(string(raw[:n]), "pid %d\nboot %d\n", &pid, &l.boot); err != nil || lockLine(pid, l.boot) != string(raw[:n]) {
		l.boot = 0 // the log and the head have it too
	}
	return pid
}

// lockLine is what the file holds: 64 bytes.
func lockLine(pid int, boot uint64) string {
	line := fmt.Sprintf("pid %d\nboot %d\n", pid, boot)
	line += fmt.Sprintf("crc %08x\n", crc32.Checksum([]byte(line), castagnoli))
	return line + fmt.Sprintf("%*s\n", lockBytes-1-len(line), "") // over all of an older line
}

const lockBytes = 64

// lockDamaged tells whether the folder's LOCK file is not what a journal writes to it.
func lockDamaged(dir string) bool {
	raw, err := os.ReadFile(filepath.Join(dir, "LOCK"))
	var pid int
	var boot uint64
	if err == nil {
		_, err = fmt.Sscanf(string(raw), "pid %d\nboot %d\n", &pid, &boot)
	}
	return err != nil || lockLine(pid, boot) != string(raw)
}

// raise writes the next boot number, above every one that was seen, and makes it
// durable.
func (l *lock) raise(seen uint64) error {
	l.boot = max(l.boot, seen) + 1
	if _, err := l.f.WriteAt([]byte(lockLine(os.Getpid(), l.boot)), 0); err != nil {
		return fmt.Errorf("write boot number: %w", err)
	}
	if err := l.f.Truncate(lockBytes); err != nil {
		return fmt.Errorf("write boot number: %w", err)
	}
	if err := l.f.Sync(); err != nil {
		return fmt.Errorf("sync boot number: %w", err)
	}
	return nil
}

func (l *lock) release() error {
	if err := l.f.Close(); err != nil {
		return fmt.Errorf("release lock: %w", err)
	}
	return nil
}

// tryShared takes the lock for reading; ok is false while a journal has it.
func tryShared(dir string) (release func(), ok bool) {
	f, err := os.Open(filepath.Join(dir, "LOCK"))
	if err != nil {
		return func() {}, errors.Is(err, os.ErrNotExist)
	}
	if err := flock(f, unix.LOCK_SH); err != nil {
		_ = f.Close()
		return func() {}, false
	}
	return func() { _ = f.Close() }, true
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err //nolint:wrapcheck // the callers look at it
		}
	}
}
