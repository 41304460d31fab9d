// SPDX-License-Identifier: Apache-2.0

package witness

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var errDisk = errors.New("the disk failed")

// mode is what happens at the step of a faulty disk.
type mode struct {
	done  bool // the step is done all the same
	torn  bool // of a write, half is done
	dead  bool // and nothing happens after it
	power bool // names that were not synced are gone then
}

// faultyDisk fails at its nth step. It is for one goroutine.
type faultyDisk struct {
	osDisk

	at, steps int
	mode      mode
	lies      bool // syncDir syncs nothing, and says it did
	isDead    bool
	unsynced  []func() // put back what was before
	folders   []string // of unsynced
}

// step tells whether to do the step, and what to return then.
func (d *faultyDisk) step() (do bool, err error) {
	if d.isDead {
		return false, errDisk
	}
	if d.steps++; d.steps != d.at {
		return true, nil
	}
	d.isDead = d.mode.dead
	return d.mode.done, errDisk
}

func (d *faultyDisk) write(path string, raw []byte) error {
	do, err := d.step()
	switch {
	case do:
		return errors.Join(d.osDisk.write(path, raw), err)
	case d.mode.torn && d.steps == d.at:
		return errors.Join(d.osDisk.write(path, raw[:len(raw)/2]), err)
	}
	return err
}

func (d *faultyDisk) rename(from, to string) error {
	do, err := d.step()
	if !do {
		return err
	}
	old, missing := os.ReadFile(to)
	d.unsynced = append(d.unsynced, func() {
		if missing != nil {
			_ = os.Remove(to)
		} else {
			_ = os.WriteFile(to, old, 0o600)
		}
	})
	d.folders = append(d.folders, filepath.Dir(to))
	return errors.Join(d.osDisk.rename(from, to), err)
}

func (d *faultyDisk) syncDir(dir string) error {
	do, err := d.step()
	if !do || d.lies {
		return err
	}
	for i := range d.unsynced {
		if d.folders[i] == dir {
			d.unsynced[i] = func() {}
		}
	}
	return errors.Join(d.osDisk.syncDir(dir), err)
}

// lose is the power's end: what was renamed and not synced is as before.
func (d *faultyDisk) lose() {
	for _, restore := range slices.Backward(d.unsynced) {
		restore()
	}
	d.unsynced, d.folders = nil, nil
}

// play sends an honest log's checkpoints over that disk, then lets a fork try all
// that it could have over the folder that is left. It returns what went wrong.
func play(t *testing.T, d *faultyDisk) (problem string) {
	t.Helper()
	log, other := honest(t), forked(t, 0)
	dir := t.TempDir()
	var cosigned uint64
	w, err := Open(Options{Dir: dir, Key: cosigner(t, "witness.example", "w", new(clock).now), Logs: []string{log.vkey}, disk: d})
	if err == nil {
		for _, size := range []uint64{10, 20, 20, 30} {
			old := w.Logs()[0].Size
			if _, err := w.Add(t.Context(), log.request(old, size)); err == nil {
				cosigned = size
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if d.mode.power {
		d.lose()
	}
	s := openStation(t, dir, nil, log.vkey)
	if s.Logs()[0].Damage != "" {
		return "the log is refused: " + s.Logs()[0].Damage
	}
	if got := s.remembered(); got < cosigned {
		problem = "it has forgotten what it co-signed"
	}
	if cosigned > 0 {
		for old := range uint64(31) {
			if rec := s.post(other.request(old, max(old, cosigned))); rec.Code == 200 {
				return problem + "; it co-signs a fork of what it co-signed"
			}
		}
	}
	old := s.remembered()
	if rec := s.post(log.request(old, 40)); rec.Code != 200 {
		return "the honest log cannot go on: " + rec.Body.String()
	}
	return problem
}

// TestDiskFailsAtEachStep: whatever step fails or is the last, what was co-signed
// is remembered, a fork of it is refused, and the log can go on.
func TestDiskFailsAtEachStep(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mode{
		"fails":                            {},
		"fails, but it is done":            {done: true},
		"fails in the middle":              {torn: true},
		"crash before":                     {dead: true},
		"crash after":                      {done: true, dead: true},
		"crash in the middle":              {torn: true, dead: true},
		"power lost before":                {dead: true, power: true},
		"power lost after":                 {done: true, dead: true, power: true},
		"fails, and the power is lost":     {power: true},
		"fails, done, the power is lost":   {done: true, power: true},
		"fails halfway, the power is lost": {torn: true, power: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for at := 1; ; at++ {
				d := &faultyDisk{at: at, mode: m}
				if problem := play(t, d); problem != "" {
					t.Errorf("at step %d: %s", at, problem)
				}
				if d.steps < at { // it ran to its end
					if at < 14 { // 2 for the folders, 6 for the first, 3 for each of two more
						t.Errorf("only %d steps", at-1)
					}
					return
				}
			}
		})
	}
}

// TestWithoutSyncItForgets is the control: over a disk that only says that names are
// durable, the same test must fail.
func TestWithoutSyncItForgets(t *testing.T) {
	t.Parallel()
	problem := play(t, &faultyDisk{at: 1 << 30, mode: mode{power: true}, lies: true})
	if !strings.Contains(problem, "forgotten") || !strings.Contains(problem, "fork") {
		t.Errorf("no problem is found: %q", problem)
	}
}

// TestAnErrorOfTheDiskIsAnAnswer: nothing is co-signed, and the sender hears it.
func TestAnErrorOfTheDiskIsAnAnswer(t *testing.T) {
	t.Parallel()
	log := honest(t)
	d := &faultyDisk{at: 3}
	s := openStation(t, t.TempDir(), d, log.vkey)
	s.want(500, "the checkpoint could not be stored\n", log.request(0, 10))
	if s.remembered() != 0 || !strings.Contains(s.said.String(), "the disk failed") {
		t.Errorf("it remembers %d and said %q", s.remembered(), s.said)
	}
	s.want(200, "", log.request(0, 10))
}
