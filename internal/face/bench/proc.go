// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// clockTick is the unit of the CPU times in /proc on Linux (USER_HZ).
const clockTick = 10 * time.Millisecond

// usage is what the server has used since it was started.
type usage struct {
	cpu  time.Duration
	peak int64
}

// usage reads the child's CPU time and peak memory from /proc.
func (c *child) usage() (usage, error) {
	dir := "/proc/" + strconv.Itoa(c.cmd.Process.Pid)
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return usage{}, fmt.Errorf("bench: CPU time of the server (needs Linux): %w", err)
	}
	// The second field is the program's name in brackets; utime and stime are
	// the 14th and 15th (proc(5)).
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return usage{}, fmt.Errorf("bench: %s/stat has %d fields", dir, len(fields))
	}
	var ticks int64
	for _, f := range fields[11:13] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return usage{}, fmt.Errorf("bench: %s/stat: %w", dir, err)
		}
		ticks += n
	}
	u := usage{cpu: time.Duration(ticks) * clockTick}
	u.peak, err = peakOf(c.cmd.Process.Pid)
	return u, err
}

// peakOf is the most memory that a process has had since its program began. What
// wait4 tells of a child is no less than what its parent had, and so no measure.
func peakOf(pid int) (int64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, fmt.Errorf("bench: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kb, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kb << 10, nil
		}
	}
	return 0, nil
}

// watchPeak looks at a process's peak memory until peak is called, which returns the
// last that was seen.
func watchPeak(ctx context.Context, pid int) (peak func() int64) {
	ctx, cancel := context.WithCancel(ctx)
	last := make(chan int64, 1)
	go func() {
		var seen int64
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			if p, err := peakOf(pid); err == nil {
				seen = max(seen, p)
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				last <- seen
				return
			}
		}
	}()
	return func() int64 {
		cancel()
		return <-last
	}
}

// ownCPU is this process's CPU time.
func ownCPU() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// ownPeak is the most memory that this process has had, in bytes.
func ownPeak() int64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return r.Maxrss << 10
}

// forgetPeak makes the peak of this process's memory what it has now, once it gave back
// what it does not use; false where the system does not let it.
func forgetPeak() bool {
	debug.FreeOSMemory()
	return os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) == nil // proc(5)
}

// loadAverage is the machine's load over the last minute, 0 where unknown.
func loadAverage() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(b), " ")
	f, _ := strconv.ParseFloat(first, 64)
	return f
}

// folderSize adds up the blocks that the folder's files take on disk.
func folderSize(dir string) (total int64) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if info, err := d.Info(); err == nil {
			total += info.Size()
		}
		return nil
	})
	return total
}

// metrics reads the server's metrics without labels' order mattering: a series
// is kept under its whole text, such as name{label="value"}.
func (c *child) metrics(ctx context.Context) (map[string]float64, error) {
	b, err := c.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	m := map[string]float64{}
	in := bufio.NewScanner(bytes.NewReader(b))
	for in.Scan() {
		line := in.Text()
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			if v, err := strconv.ParseFloat(line[i+1:], 64); err == nil {
				m[line[:i]] = v
			}
		}
	}
	return m, in.Err()
}
