// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

var errCrashed = errors.New("the machine is off")

// faultDisk is a disk over the real one that can lose its power: at a chosen
// operation, which is done partly or not at all, it stops, and what was not
// synced is lost in sectors and names by chance. It can also fail single
// operations.
type faultDisk struct {
	osDisk
	mu      sync.Mutex
	rand    *rand.Rand
	ops     int
	crashAt int // 0 never
	crashed bool
	trash   string // where removed files wait
	files   map[string]*faultFile
	names   []nameChange

	// fail is asked before each operation.
	fail func(op, path string) error
	// lieSync makes sync do nothing: the control that must lose events.
	lieSync bool
	// lie makes the sync of some files, and the writing of some segments, not durable.
	lie func(path string) bool
	// onCrash is called once, when the power goes.
	onCrash func()
	torn    []string // segment files that are not durable
}

// nameChange is a rename or a removal that syncDir has not made durable; over is where
// the file waits whose name it took.
type nameChange struct{ dir, from, to, over string }

// faultFile remembers what its file held before each write that is not synced.
type faultFile struct {
	disk  *faultDisk
	path  string
	under file
	undo  []undoWrite
}

type undoWrite struct {
	at  int64
	old []byte
}

const sector = 512

func newFaultDisk(dir string, seed uint64, crashAt int) *faultDisk {
	d := &faultDisk{
		rand: rand.New(rand.NewPCG(seed, uint64(crashAt))), crashAt: crashAt,
		trash: filepath.Join(dir, "trash"), files: map[string]*faultFile{},
	}
	if err := os.MkdirAll(d.trash, 0o700); err != nil {
		panic(err)
	}
	return d
}

// step counts an operation. partly is true for the one that is cut in the middle.
func (d *faultDisk) step(op, path string) (partly bool, err error) {
	if d.crashed {
		return false, errCrashed
	}
	if d.fail != nil {
		if err := d.fail(op, path); err != nil {
			return false, fmt.Errorf("%s %s: %w", op, filepath.Base(path), err)
		}
	}
	d.ops++
	if d.ops == d.crashAt {
		d.crashed = true
		if d.onCrash != nil {
			d.onCrash()
		}
		return true, nil
	}
	return false, nil
}

// off loses what was not durable.
func (d *faultDisk) off() {
	for _, v := range slices.Backward(d.names) {
		if n := v; d.rand.IntN(2) == 0 {
			_ = os.Rename(n.to, n.from)
			if n.over != "" {
				_ = os.Rename(n.over, n.to)
			}
			if f := d.files[n.to]; f != nil {
				f.path = n.from
			}
		}
	}
	for _, f := range d.files {
		f.lose()
	}
	for _, path := range d.torn {
		_ = os.Truncate(path, 0)
	}
}

// lose puts back old sectors of what was written and not synced, by chance.
func (f *faultFile) lose() {
	for _, u := range slices.Backward(f.undo) {
		for at := 0; at < len(u.old); {
			end := min(len(u.old), at+sector-int((u.at+int64(at))%sector))
			if f.disk.rand.IntN(2) == 0 {
				if fd, err := os.OpenFile(f.path, os.O_RDWR, 0); err == nil {
					_, _ = fd.WriteAt(u.old[at:end], u.at+int64(at))
					_ = fd.Close()
				}
			}
			at = end
		}
	}
	f.undo = nil
}

func (d *faultDisk) wrap(path string, f file, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	ff := &faultFile{disk: d, path: path, under: f}
	if old := d.files[path]; old != nil {
		ff.undo = old.undo
	}
	d.files[path] = ff
	return ff, nil
}

func (d *faultDisk) create(path string, size int64) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("create", path)
	if err != nil {
		return nil, err
	}
	if partly {
		_ = os.WriteFile(path, make([]byte, d.rand.Int64N(size+1)), 0o600)
		return nil, errCrashed
	}
	delete(d.files, path)
	f, err := d.osDisk.create(path, size)
	return d.wrap(path, f, err)
}

func (d *faultDisk) open(path string) (file, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.crashed {
		return nil, errCrashed
	}
	f, err := d.osDisk.open(path)
	return d.wrap(path, f, err)
}

func (d *faultDisk) mkdir(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("mkdir", path)
	if err != nil {
		return err
	}
	if partly {
		return errCrashed
	}
	if _, err := os.Stat(path); err == nil {
		return nil // its name may still be lost, with all that is in it
	}
	if err := d.osDisk.mkdir(path); err != nil {
		return err
	}
	d.names = append(d.names, nameChange{filepath.Dir(path), filepath.Join(d.trash, "dir"+strconv.Itoa(d.ops)), path, ""})
	return nil
}

func (d *faultDisk) rename(from, to string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("rename", to)
	if err != nil {
		return err
	}
	if partly {
		return errCrashed
	}
	over := filepath.Join(d.trash, "over"+strconv.Itoa(d.ops))
	if os.Link(to, over) != nil {
		over = "" // it takes nobody's name
	}
	if err := d.osDisk.rename(from, to); err != nil {
		return err
	}
	if f := d.files[from]; f != nil {
		f.path = to
		d.files[to] = f
		delete(d.files, from)
	}
	d.names = append(d.names, nameChange{filepath.Dir(to), from, to, over})
	return nil
}

func (d *faultDisk) remove(path string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("remove", path)
	if err != nil {
		return err
	}
	if partly {
		return errCrashed
	}
	to := filepath.Join(d.trash, strconv.Itoa(d.ops))
	if err := d.osDisk.rename(path, to); err != nil {
		return err
	}
	d.names = append(d.names, nameChange{filepath.Dir(path), path, to, ""})
	return nil
}

func (d *faultDisk) syncDir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("syncdir", dir)
	if err != nil {
		return err
	}
	if partly {
		return errCrashed
	}
	left := d.names[:0]
	for _, n := range d.names {
		if n.dir != dir {
			left = append(left, n)
		}
	}
	d.names = left
	return nil
}

func (d *faultDisk) writeSegment(path string, rows segment.Reader, meta []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	partly, err := d.step("segment", path)
	if err != nil {
		return err
	}
	if err := d.osDisk.writeSegment(path, rows, meta); err != nil {
		return err
	}
	if partly {
		if st, err := os.Stat(path); err == nil {
			_ = os.Truncate(path, d.rand.Int64N(st.Size()+1))
		}
		return errCrashed
	}
	if d.lie != nil && d.lie(path) {
		d.torn = append(d.torn, strings.TrimSuffix(path, ".tmp"))
	}
	return nil
}

func (f *faultFile) WriteAt(b []byte, at int64) (int, error) {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	partly, err := f.disk.step("write", f.path)
	if err != nil {
		return 0, err
	}
	old := make([]byte, len(b))
	n, err := f.under.ReadAt(old, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	_ = n // what lies behind the end is zero
	f.undo = append(f.undo, undoWrite{at, old})
	if partly {
		b = b[:f.disk.rand.IntN(len(b)+1)]
		_, _ = f.under.WriteAt(b, at)
		return 0, errCrashed
	}
	return f.under.WriteAt(b, at)
}

func (f *faultFile) sync() error {
	f.disk.mu.Lock()
	defer f.disk.mu.Unlock()
	partly, err := f.disk.step("sync", f.path)
	if err != nil {
		return err
	}
	if partly {
		return errCrashed
	}
	if f.disk.lieSync || f.disk.lie != nil && f.disk.lie(f.path) {
		return nil
	}
	if err := f.under.sync(); err != nil {
		return err
	}
	f.undo = nil
	return nil
}

func (f *faultFile) ReadAt(b []byte, at int64) (int, error) { return f.under.ReadAt(b, at) }
func (f *faultFile) Close() error                           { return f.under.Close() }
