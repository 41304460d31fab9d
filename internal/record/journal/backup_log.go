// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// capturedLogs are the log files up to their last whole trailer, held open: who
// removes them meanwhile takes only their names.
type capturedLogs struct {
	files  []capturedLog
	origin string
	runs   map[string][]proof.SeqRun // of each stream, the entries in them
}

type capturedLog struct {
	name string
	f    *os.File
	end  int64 // of its last whole batch, 0 when there is nothing in it
}

func (l *capturedLogs) close() {
	if l == nil {
		return
	}
	for i := range l.files {
		_ = l.files[i].f.Close() // it was only read
	}
}

// logNames lists the log files of a folder, oldest first.
func logNames(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read log folder: %w", err)
	}
	for _, e := range entries {
		hex, ok := strings.CutSuffix(e.Name(), ".wal")
		if number, err := strconv.ParseUint(hex, 16, 64); ok && err == nil && walName(number) == e.Name() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names) // the numbers have a fixed width
	return names, nil
}

// captureLogs opens the log files and looks through them, one at a time in memory.
// One that vanishes was sealed.
// known is the last batch that the head knows.
func captureLogs(dir string, known uint64) (l *capturedLogs, err error) {
	l = &capturedLogs{}
	names, err := logNames(dir)
	if err != nil {
		return l, err
	}
	for _, name := range names {
		f, err := os.Open(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return l, fmt.Errorf("open log: %w", err)
		}
		l.files = append(l.files, capturedLog{name: name, f: f})
	}
	headers := make([]*walHeader, len(l.files)+1)
	for i := range l.files {
		if headers[i] = headerOf(l.files[i].f); headers[i] != nil {
			l.origin = headers[i].Origin
		}
	}
	for i := range l.files {
		if err := l.scan(&l.files[i], headers[i+1], known); err != nil {
			return l, err
		}
	}
	return l, nil
}

// scan finds where a file's last whole batch ends and notes its entries. next is the
// header of the file after it.
func (l *capturedLogs) scan(f *capturedLog, next *walHeader, known uint64) error {
	raw, err := io.ReadAll(io.NewSectionReader(f.f, 0, 1<<62))
	if err != nil {
		return fmt.Errorf("read log %s: %w", f.name, err)
	}
	s, err := scanLog(raw)
	if err != nil { // begun and not used yet, or damaged, which Verify tells
		if !allZero(raw) {
			f.end = int64(trimZeros(raw))
		}
		return nil
	}
	f.end = int64(s.Tail)
	for k := range s.Batches {
		b := &s.Batches[k]
		if next != nil && b.Trailer.Batch > next.Prev.Batch {
			break // given up, and written again to the next file
		}
		if next == nil && k == len(s.Batches)-1 && !b.Whole && (!b.Ended || b.Trailer.Batch > known) {
			f.end = min(f.end, int64(b.From))
			break // being written, now or when the process ended
		}
		for i := range b.Frames {
			if b.Frames[i].Kind == frameEntry {
				l.note(b.Frames[i].Body)
			}
		}
	}
	return nil
}

// note notes the place of an entry.
func (l *capturedLogs) note(body []byte) {
	stream, seq, ok := placeOf(body)
	if !ok {
		return
	}
	if l.runs == nil {
		l.runs = map[string][]proof.SeqRun{}
	}
	runs := l.runs[string(stream)]
	if n := len(runs); n > 0 && runs[n-1].Last+1 == seq {
		runs[n-1].Last = seq
		return
	}
	l.runs[string(stream)] = append(runs, proof.SeqRun{First: seq, Last: seq})
}

// placeOf reads no more of an entry than its place.
func placeOf(body []byte) (stream []byte, seq uint64, ok bool) {
	en, err := decodeEntry(body)
	if err != nil {
		return nil, 0, false
	}
	c := cursor{B: en.Public}
	c.U8() // version
	c.Take(int(c.U16()))
	stream = c.Take(int(c.U16()))
	seq = c.U64()
	return stream, seq, !c.Bad
}

// count is how many entries of a stream the log has from first to last.
func (l *capturedLogs) count(stream string, first, last uint64) (n uint64) {
	runs := slices.Clone(l.runs[stream])
	slices.SortFunc(runs, func(a, b proof.SeqRun) int { return cmpUint(a.First, b.First) })
	for _, r := range runs {
		if r.First = max(r.First, first); r.First <= min(r.Last, last) {
			n += min(r.Last, last) - r.First + 1
			first = r.Last + 1 // what a given-up batch has twice counts once
		}
	}
	return n
}

// holds tells whether the log has a whole range.
func (l *capturedLogs) holds(h *Header) bool {
	return l.count(h.Stream, h.First, h.Last()) == uint64(h.Count-h.Lost)
}
