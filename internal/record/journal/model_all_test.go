// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

const modelSteps = 40

// playModel plays the script of a seed. The power goes at operation k of the first
// life, and again in the second when again is not 0; the rest of the script follows.
func playModel(t *testing.T, seed uint64, k, again int, change func(*faultDisk)) (m *model, ops int) {
	t.Helper()
	x := newModelRun(t, seed)
	if seed%2 == 0 {
		x = newModelRun(t, seed+4) // the first scripts seal little before their restore
		early := 0
		if k%4 == 1 {
			early = k
		}
		x.begin(seed+50, early, modelSteps/2)
	}
	for n, crashAt := range []int{k, again, 0} {
		disk := newFaultDisk(t.TempDir(), seed+uint64(n), crashAt)
		if change != nil && n < 2 {
			change(disk)
		}
		if len(x.m.problems) > 0 {
			break
		}
		done, crashed := x.life(disk, modelSteps)
		ops = max(ops, done)
		x.stopped(crashed)
		if len(x.m.problems) > 0 || !crashed && x.step >= modelSteps {
			break
		}
	}
	if len(x.m.problems) == 0 {
		x.finish()
	}
	return x.m, ops
}

// finish opens the journal once more and lets the consumer read to the end.
func (x *modelRun) finish() {
	j, stop := openTest(x.t, x.dir, func(o *Options) { o.SealEvents, o.LogFileBytes, o.RingBytes = 12, 16<<10, 8<<10 })
	x.j, x.ctx = j, x.t.Context()
	x.resume()
	if orders, err := j.Erasures(); err != nil || len(orders) > 0 {
		for _, h := range j.Holds() { // that is what they wait for
			if err := j.Lift(x.ctx, h.ID, "admin"); err != nil {
				x.m.wrong("lift: %v", err)
			}
			delete(x.m.holds, h.ID)
		}
		x.resume()
		if orders, err := j.Erasures(); err != nil || len(orders) > 0 {
			x.m.wrong("erasures cannot be finished: %v, %v", orders, err)
		}
	}
	if len(x.m.erasing) > 0 {
		x.m.wrong("what became of these erasures nobody can tell: %v", x.m.erasing)
	}
	x.m.consume(x.ctx, j, 1<<20)
	x.m.compare(x.t.Context(), j)
	x.m.consumed()
	stop()
	x.stopped(false)
}

// TestModel plays random scripts of all that can be done to a journal, and turns the
// power off at every k-th operation of the disk: what the model says must be there is
// there, once and byte for byte, and nothing else; verify never raises an alarm; what
// was cut off can be finished; every checkpoint that was ever signed is continued. With
// every other seed the journal becomes the archive of another one half way.
func TestModel(t *testing.T) {
	t.Parallel()
	seeds, crashes := uint64(2), 9
	n, err := strconv.Atoi(os.Getenv("TOCSIN_SEEDS"))
	switch {
	case err == nil:
		seeds, crashes = uint64(n), 120
	case os.Getenv("TOCSIN_LONG") != "":
		seeds, crashes = 12, 400
	case testing.Short():
		seeds, crashes = 1, 4
	}
	for seed := range seeds {
		m, ops := playModel(t, seed, 0, 0, nil)
		if len(m.problems) > 0 {
			t.Fatalf("seed %d, without a loss:\n%s", seed, strings.Join(m.problems, "\n"))
		}
		gone := 0
		for _, x := range m.sorted() {
			if x.gone {
				gone++
			}
		}
		t.Logf("seed %d: %d operations, %d entries, %d of them dropped, %d checkpoints", seed, ops, len(m.entries), gone, len(m.signed))
		every := max(1, ops/crashes)
		for k := 1 + int(seed)%every; k < ops; k += every {
			again := 0
			if k%3 == 0 {
				again = 1 + k%97
			}
			if m, _ := playModel(t, seed, k, again, nil); len(m.problems) > 0 {
				t.Fatalf("seed %d, the power goes at operation %d, and at %d of the next life:\n%s", seed, k, again, strings.Join(m.problems, "\n"))
			}
		}
	}
}

// TestModelControls takes a protection away: the model must notice.
func TestModelControls(t *testing.T) {
	t.Parallel()
	segments := string(filepath.Separator) + "segments" + string(filepath.Separator)
	for name, change := range map[string]func(*faultDisk){
		"nothing is synced":                       func(d *faultDisk) { d.lieSync = true },
		"the log is not synced":                   func(d *faultDisk) { d.lie = func(p string) bool { return strings.HasSuffix(p, ".wal") } },
		"segments are not synced before the rest": func(d *faultDisk) { d.lie = func(p string) bool { return strings.Contains(p, segments) } },
		"headers are not synced before the rest": func(d *faultDisk) {
			d.lie = func(p string) bool { return strings.HasPrefix(filepath.Base(p), "headers") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, ops := playModel(t, 1, 0, 0, nil)
			for k := ops / 3; k < ops; k += 29 {
				if m, _ := playModel(t, 1, k, 0, change); len(m.problems) > 0 {
					t.Logf("at operation %d: %.300s", k, m.problems[0])
					return
				}
			}
			t.Error("nobody notices")
		})
	}
	t.Run("retention without a tombstone", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		j, stop := openTest(t, dir, nil)
		fill(t, j, "30d", 20, 10, 40*24*time.Hour)
		j.wal.fresh.Store(true) // so that the log does not hold them any more
		fill(t, j, "90d", 2, 1, 0)
		err := j.do(t.Context(), func(context.Context) error {
			gone := j.frontOf(nil, "30d", 2)
			r := record{Change: changeDrop, Stream: "30d", UpTo: 2}
			for _, f := range gone {
				r.Old = append(r.Old, f.Name)
			}
			if err := j.addRecord(nil, r); err != nil {
				return err
			}
			return j.retire(gone, nil)
		})
		if err != nil {
			t.Fatal(err)
		}
		stop()
		if r := verifyDir(t, dir); r.Status != Invalid || r.Tampered != 20 {
			t.Errorf("verify: %s", brief(&r))
		}
	})
}
