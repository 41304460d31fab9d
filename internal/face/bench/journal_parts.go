// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// measureWriting appends everything, seals and merges it. The CPU time ends when the
// last event is sealed, the wall clock with the last acknowledgement.
func measureWriting(ctx context.Context, data string, p *producers, r *JournalReport) (err error) {
	j, err := openJournal(ctx, data, nil)
	if err != nil {
		return err
	}
	stop := running(ctx, j)
	defer func() { err = errors.Join(err, stop()) }()
	path := filepath.Join(filepath.Dir(data), "cpu.pprof")
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = f.Close() }()
	if err := pprof.StartCPUProfile(f); err != nil {
		return fmt.Errorf("bench: profile: %w", err)
	}
	before := ownCPU()
	took, acks, err := appendAll(ctx, j, p)
	if err == nil {
		if err = j.Seal(ctx); err != nil {
			err = fmt.Errorf("bench: seal: %w", err)
		}
	}
	cpu := ownCPU() - before
	pprof.StopCPUProfile()
	if err != nil {
		return err
	}
	n := float64(p.options.Events)
	r.WallRate, r.MicrosOn = n/took.Seconds(), cpu.Seconds()*1e6/n
	r.AckP50, r.AckP99 = percentile(acks, 50), percentile(acks, 99)
	r.PeakRSS = ownPeak()
	if r.Integrity, err = integrity(path, n); err != nil {
		return err
	}
	if r.IdleP50, err = idle(ctx, j, p); err != nil {
		return err
	}
	if err := j.Seal(ctx); err != nil {
		return err
	}
	if _, err := j.Merge(ctx); err != nil {
		return err
	}
	_, r.Headers, _, _ = j.Checkpoint()
	r.Segments = j.Stats().Segments
	dir := filepath.Join(data, "journal")
	r.DiskEvent = float64(folderSize(filepath.Join(dir, "segments"))+fileSizes(dir, "headers", "headers.copy", "manifest", "checkpoint")) / n
	return nil
}

func fileSizes(dir string, names ...string) (total int64) {
	for _, name := range names {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			total += info.Size()
		}
	}
	return total
}

// idle is the median acknowledgement of one client with one event at a time.
func idle(ctx context.Context, j *journal.Journal, p *producers) (float64, error) {
	var acks []float64
	for i := range 300 {
		e := *p.pool[i]
		e.Place = event.Place{Stream: "365d"}
		start := time.Now()
		if _, err := j.Append(ctx, []*event.Event{&e}); err != nil {
			return 0, err
		}
		acks = append(acks, float64(time.Since(start).Microseconds())/1000)
	}
	return percentile(acks, 50), nil
}

// measureOpening opens the sealed journal.
func measureOpening(ctx context.Context, data string, _ *producers, r *JournalReport) error {
	start := time.Now()
	j, err := openJournal(ctx, data, nil)
	if err != nil {
		return err
	}
	r.OpenSeconds = time.Since(start).Seconds()
	return j.Close()
}

// measureVerifying verifies the folder in a process of its own.
func measureVerifying(ctx context.Context, data string, p *producers, r *JournalReport) error {
	cmd := exec.CommandContext(ctx, p.options.Binary, "verify", "--data", data, "--json") //nolint:gosec // the caller names the binary
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("bench: verify: %w", err)
	}
	peak := watchPeak(ctx, cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		return errors.Join(fmt.Errorf("bench: verify: %w: %.500s%.500s", err, out.String(), said.String()), ctx.Err())
	}
	took := time.Since(start)
	r.VerifyRSS = peak()
	var report struct{ Total, Verified int64 }
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return fmt.Errorf("bench: verify: %w", err)
	}
	if report.Verified < int64(p.options.Events) || report.Verified != report.Total {
		return fmt.Errorf("bench: %d of %d entries verified", report.Verified, report.Total)
	}
	r.VerifyRate = float64(report.Verified) / took.Seconds()
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.VerifyMicros = time.Duration(u.Utime.Nano()+u.Stime.Nano()).Seconds() * 1e6 / float64(report.Verified)
	}
	return nil
}

// measureProving writes the bundle of one event and checks it with the key alone.
func measureProving(ctx context.Context, data string, p *producers, r *JournalReport) (err error) {
	j, err := openJournal(ctx, data, nil)
	if err != nil {
		return err
	}
	stop := running(ctx, j)
	defer func() { err = errors.Join(err, stop()) }()
	keys, _ := keyring.Inspect(keyring.Options{Dir: filepath.Join(data, "keys")})
	var trusted []string
	for _, k := range keys.Public() {
		if k.Purpose == keyring.Checkpoint {
			trusted = append(trusted, k.VKey)
		}
	}
	var write, check []float64
	for i := range 50 {
		seq := uint64(1 + i*p.options.Events/50) //nolint:gosec // a count
		var out bytes.Buffer
		start := time.Now()
		if err := j.WriteBundle(ctx, &out, journal.BundleRequest{Entries: []event.Range{{Stream: "365d", First: seq, Last: seq}}}); err != nil {
			return fmt.Errorf("bench: prove: %w", err)
		}
		write = append(write, float64(time.Since(start).Microseconds())/1000)
		start = time.Now()
		got, err := proof.CheckBundle(&out, trusted, proof.BundleOptions{})
		if err != nil || !got.OK() {
			return fmt.Errorf("bench: check of a bundle: %w, %s", err, got.Status)
		}
		check = append(check, float64(time.Since(start).Microseconds())/1000)
	}
	r.ProveMillis, r.OfflineMillis = percentile(write, 50), percentile(check, 50)
	return nil
}

// measureRecovery fills a write-ahead log of which nothing is sealed, stops, and
// opens it again.
func measureRecovery(ctx context.Context, data string, p *producers, r *JournalReport) error {
	j, err := openJournal(ctx, data, func(o *journal.Options) {
		o.TailBytes, o.SealBytes, o.SealAge, o.LogFiles = 16<<30, 1<<30, time.Hour, 1<<20
	})
	if err != nil {
		return err
	}
	stop := running(ctx, j)
	events := int(float64(p.options.RecoveryBytes) / (r.Bytes + 150))
	streams := 1 + events/60_000 // none is full
	err = p.each(ctx, events, func(i int) string { return fmt.Sprintf("%dd", 1+i/p.options.Batch%streams) }, func(ctx context.Context, e []*event.Event) error {
		_, err := j.Append(ctx, e)
		return err
	})
	if err = errors.Join(err, stop()); err != nil {
		return fmt.Errorf("bench: fill the log: %w", err)
	}
	r.RecoveryBytes = folderSize(filepath.Join(data, "journal", "wal"))
	start := time.Now()
	if j, err = openJournal(ctx, data, nil); err != nil {
		return err
	}
	r.RecoverySeconds = time.Since(start).Seconds() * float64(1<<30) / float64(r.RecoveryBytes)
	return j.Close()
}
