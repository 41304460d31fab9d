// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestDiskFaults lets operations of one kind fail by chance, with each error that a
// disk gives, while a journal records, seals, merges, drops, erases and signs: nothing
// is acknowledged that is not there, errors say what is the matter, it goes on by
// itself when the disk is well, what was cut off can be finished, and no descriptor
// and no goroutine is left behind.
func TestDiskFaults(t *testing.T) {
	t.Parallel()
	kinds := []string{"create", "write", "sync", "rename", "remove", "syncdir", "segment", "mkdir"}
	for i, kind := range kinds {
		for k, errno := range []unix.Errno{unix.ENOSPC, unix.EIO, unix.EROFS} {
			if testing.Short() && k != i%3 {
				continue
			}
			t.Run(kind+" "+unix.ErrnoName(errno), func(t *testing.T) {
				t.Parallel()
				// every goroutine that this one starts has the label too
				pprof.SetGoroutineLabels(pprof.WithLabels(t.Context(), pprof.Labels("faults", t.Name())))
				seeds := uint64(1)
				n, err := strconv.Atoi(os.Getenv("TOCSIN_SEEDS"))
				switch {
				case err == nil:
					seeds = uint64(n)
				case os.Getenv("TOCSIN_LONG") != "":
					seeds = 20
				}
				failed, must := 0, kind != "mkdir"
				for seed := uint64(0); seed < seeds || must && failed == 0 && seed < seeds+10; seed++ { // a busy machine may not come to it in time
					failed += faultRun(t, kind, errno, 100*seed+uint64(10*i+k))
				}
				if must && failed == 0 {
					t.Error("nothing failed: that is no test")
				}
				pprof.SetGoroutineLabels(context.Background()) // without it
				noGoroutines(t)
			})
		}
	}
}

// faultRun plays a script during which operations of a kind fail for a while, and returns
// how many did.
func faultRun(t *testing.T, kind string, errno unix.Errno, seed uint64) (failed int) {
	t.Helper()
	ctx := t.Context()
	x := newModelRun(t, seed)
	disk := newFaultDisk(t.TempDir(), seed, 0)
	var broken atomic.Bool
	chance := rand.New(rand.NewPCG(seed, 5))
	disk.fail = func(op, _ string) error { // under the disk's lock
		if op != kind || !broken.Load() || chance.IntN(3) == 0 {
			return nil
		}
		failed++
		return errno
	}
	opts := testOptions(t, x.dir)
	opts.disk, opts.SealEvents, opts.LogFileBytes, opts.RingBytes = disk, 12, 16<<10, 8<<10
	j, err := Open(ctx, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	runCtx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- j.Run(runCtx) }()
	x.j, x.ctx = j, ctx
	x.wants = func(err error) bool {
		return errors.Is(err, context.DeadlineExceeded) || broken.Load() && errors.Is(err, errno)
	}
	const from, to, end = 6, 30, 40
	for ; x.step < end; x.step++ {
		broken.Store(x.step >= from && x.step < to)
		if x.step == to {
			x.heals()
		}
		x.playFor(300 * time.Millisecond)
	}
	x.ctx, x.wants = ctx, nil
	if err := j.Seal(ctx); err != nil {
		t.Errorf("seal: %v", err)
	}
	x.resume()
	if _, err := j.Merge(ctx); err != nil {
		t.Errorf("merge: %v", err)
	}
	x.m.compare(ctx, j)
	x.releaseSnapshot()
	if n, most := descriptors(t, x.dir), len(j.view.files())+8; n > most {
		t.Errorf("%d descriptors are open, at most %d are needed", n, most)
	}
	stop()
	if err := errors.Join(<-ended, j.Close()); err != nil {
		t.Errorf("stop: %v", err)
	}
	if n := descriptors(t, x.dir); n > 0 {
		t.Errorf("%d descriptors are open after the journal was closed", n)
	}
	x.stopped(false)
	if len(x.m.problems) == 0 {
		x.finish()
	}
	if len(x.m.problems) > 0 {
		t.Errorf("seed %d, %d operations failed:\n%s", seed, failed, strings.Join(x.m.problems, "\n"))
	}
	return failed
}

// heals waits until the journal writes again by itself.
func (x *modelRun) heals() {
	for range 1000 {
		events := x.events()
		_, err := x.j.Append(x.t.Context(), events)
		x.m.appended(events, err)
		if err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	x.m.wrong("writing does not go on after the disk is well")
}

// playFor plays a step that is given up after a while.
func (x *modelRun) playFor(d time.Duration) {
	var cancel context.CancelFunc
	x.ctx, cancel = context.WithTimeout(x.t.Context(), d)
	defer cancel()
	x.play()
}

// descriptors counts the files below a folder that this process has open.
func descriptors(t *testing.T, dir string) (n int) {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("needs /proc")
	}
	for _, d := range list {
		if path, err := os.Readlink(filepath.Join("/proc/self/fd", d.Name())); err == nil && strings.HasPrefix(path, dir+"/") {
			n++
		}
	}
	return n
}

// noGoroutines wants every goroutine to have ended that the test has begun.
func noGoroutines(t *testing.T) {
	t.Helper()
	for range 200 {
		var b bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `"faults":"`+t.Name()+`"`) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("goroutines are left behind")
}
