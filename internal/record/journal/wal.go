// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// wal writes the log: one file at a time, batch after batch. Only the committer
// calls it, except prepare and drop.
type wal struct {
	disk   disk
	dir    string // <journal>/wal
	size   int64  // of a file, headers included
	origin string
	boot   uint64

	last  link // the last batch that is durable
	chain chainer
	buf   []byte

	cur    file   // nil when there is none to write to
	number uint64 // of the newest file; changed under mu
	seed   uint32 // CRC of cur's salt
	at     int64  // where the next batch begins
	limit  int64  // the size of cur

	fresh atomic.Bool   // the next batch begins a new file
	taken chan struct{} // the spare file was used: somebody should prepare one

	mu    sync.Mutex
	files []uint64 // numbers of the files that exist, in order, cur included
	spare bool     // spare.tmp is zeroed and waits for its turn

	damaged map[uint64]bool // files that are kept as evidence; set at the opening
}

func walName(number uint64) string { return fmt.Sprintf("%016x.wal", number) }

func (w *wal) sparePath() string { return filepath.Join(w.dir, "spare.tmp") }

// commit writes the frames as one batch and makes it durable. ord is the last
// one in it. When it fails, nothing of the batch counts, the file is never used
// again and the same frames can be given once more: they go to a new file.
func (w *wal) commit(frames [][]byte, ord uint64) (link, error) {
	t := trailer{Boot: w.boot, Prev: w.last.Chain, link: link{Batch: w.last.Batch + 1, Ord: ord}}
	size := int64(frameHead + 256)
	for _, f := range frames {
		size += int64(len(f))
	}
	if w.fresh.Swap(false) || w.cur == nil || w.at+size > w.limit {
		if err := w.rotate(size); err != nil {
			return link{}, err
		}
	}
	b := w.buf[:0]
	w.chain.reset()
	for _, f := range frames {
		at := len(b)
		b = append(b, f...)
		t.Frames += w.patch(b[at:])
	}
	t.Chain = w.chain.sum(&t)
	at := len(b)
	b = openFrame(b, frameTrailer)
	b = t.append(b)
	closeFrame(b, at)
	w.setCRC(b[at:])
	w.buf = b
	_, err := w.cur.WriteAt(b, w.at)
	if err == nil {
		err = w.cur.sync()
	}
	if err != nil {
		w.poison()
		return link{}, fmt.Errorf("log file %d: %w", w.number, err)
	}
	w.at += int64(len(b))
	w.last = t.link
	return t.link, nil
}

// patch sets the CRCs of encoded frames and adds them to the chain; it returns
// their number.
func (w *wal) patch(b []byte) (n uint32) {
	for len(b) > 0 {
		size := frameHead + int(binary.BigEndian.Uint32(b))
		w.setCRC(b[:size])
		w.chain.add(b[8], b[frameHead:size])
		b = b[size:]
		n++
	}
	return n
}

func (w *wal) setCRC(f []byte) {
	binary.BigEndian.PutUint32(f[4:], frameCRC(w.seed, f[:4], f[8], f[frameHead:]))
}

// poison gives up the current file: it is closed without another sync.
func (w *wal) poison() {
	if w.cur != nil {
		_ = w.cur.Close() // the error that led here counts
		w.cur = nil
	}
}

// rotate begins the next file, which takes at least a batch of need bytes.
func (w *wal) rotate(need int64) error {
	w.poison() // the old file is whole: there is nothing to sync in it
	number := w.number + 1
	path := filepath.Join(w.dir, walName(number))
	limit := max(w.size, headerBytes+need)
	if err := w.take(number, limit); err != nil {
		return fmt.Errorf("new log file: %w", err)
	}
	if err := w.disk.syncDir(w.dir); err != nil {
		return fmt.Errorf("new log file: %w", err)
	}
	f, err := w.disk.open(path)
	if err != nil {
		return fmt.Errorf("new log file: %w", err)
	}
	h := walHeader{Number: number, Boot: w.boot, Prev: w.last, Origin: w.origin}
	rand.Read(h.Salt[:])
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		return errors.Join(fmt.Errorf("new log file: %w", err), f.Close())
	}
	w.cur, w.at, w.limit = f, headerBytes, limit
	w.seed = crc32.Checksum(h.Salt[:], castagnoli)
	return nil
}

// take gives the spare file, made now if need be, the name of a log file. The
// lock keeps prepare away from the spare until it has its name.
func (w *wal) take(number uint64, limit int64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.spare || limit > w.size {
		w.spare = false
		if err := w.zero(limit); err != nil {
			return err
		}
	}
	if err := w.disk.rename(w.sparePath(), filepath.Join(w.dir, walName(number))); err != nil {
		return err //nolint:wrapcheck // the caller says what was done
	}
	w.spare = false
	w.files = append(w.files, number)
	w.number = number // a number is used once, whatever happens next
	select {
	case w.taken <- struct{}{}:
	default:
	}
	return nil
}

// current is the number of the newest file.
func (w *wal) current() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.number
}

// zero makes the spare file. The caller holds mu: whoever needs a file now waits
// for the one that is being made.
func (w *wal) zero(size int64) error {
	f, err := w.disk.create(w.sparePath(), size)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close spare log file: %w", err)
	}
	return nil
}

// prepare makes the next file ahead of time.
func (w *wal) prepare() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spare {
		return nil
	}
	if err := w.zero(w.size); err != nil {
		return err
	}
	w.spare = true
	return nil
}

// drop removes the files below the number keep, oldest first. Damaged ones go to
// the quarantine instead.
func (w *wal) drop(keep uint64, quarantine string) error {
	w.mu.Lock()
	old := 0
	for old < len(w.files) && w.files[old] < keep {
		old++
	}
	gone := append([]uint64(nil), w.files[:old]...)
	w.mu.Unlock()
	for _, n := range gone {
		path := filepath.Join(w.dir, walName(n))
		var err error
		if w.damaged[n] {
			err = w.disk.rename(path, filepath.Join(quarantine, walName(n)))
		} else {
			err = w.disk.remove(path)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err //nolint:wrapcheck // it names the file
		}
		w.mu.Lock()
		w.files = w.files[1:]
		w.mu.Unlock()
	}
	if len(gone) == 0 {
		return nil
	}
	return w.disk.syncDir(w.dir)
}

// count is the number of files.
func (w *wal) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.files)
}

// close closes the current file. What it holds is durable already.
func (w *wal) close() { w.poison() }

// nth is the number of the i-th oldest file.
func (w *wal) nth(i int) uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i >= len(w.files) {
		return w.number
	}
	return w.files[i]
}

// below are the numbers of the files before one.
func (w *wal) below(number uint64) []uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	var old []uint64
	for _, n := range w.files {
		if n < number {
			old = append(old, n)
		}
	}
	return old
}
