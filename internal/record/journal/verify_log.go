// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// logRange is a range as it lies in the log.
type logRange struct {
	open rangeOpen
	h    hasher
	keys bool
	line lineup
}

// readLogs reads the log files, oldest first. A file that vanishes meanwhile was
// sealed meanwhile.
func (v *verifier) readLogs(ctx context.Context) error {
	dir := filepath.Join(v.dir, "wal")
	names, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read log folder: %w", err)
	}
	var files []string
	for _, n := range names {
		hex, ok := strings.CutSuffix(n.Name(), ".wal")
		if _, err := strconv.ParseUint(hex, 16, 64); ok && err == nil {
			files = append(files, n.Name())
		}
	}
	slices.Sort(files) // the numbers have a fixed width
	for i, name := range files {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read log: %w", err)
		}
		var next *walHeader
		if i+1 < len(files) {
			next = peekHeader(filepath.Join(dir, files[i+1]))
		}
		v.readLog("wal/"+name, raw, next, i+1 == len(files))
	}
	for _, n := range v.head.Next {
		v.saw(n.Stream, n.Seq-1)
	}
	return nil
}

// suspect is the last damage to the log of which it is not known what it hid.
type suspect struct{ file, damage string }

// saw notes that the log has come to a sequence number of a stream: those that were
// passed over lay in what is damaged.
func (v *verifier) saw(stream string, seq uint64) {
	s := v.stream(stream)
	if s.logged > 0 && seq > s.logged+1 && v.suspect != nil {
		v.report.file(v.suspect.file, v.suspect.damage, true, event.Range{Stream: stream, First: s.logged + 1, Last: seq - 1})
	}
	s.logged = max(s.logged, seq)
}

// readLog takes one log file apart.
func (v *verifier) readLog(name string, raw []byte, next *walHeader, newest bool) {
	number, _ := strconv.ParseUint(strings.TrimSuffix(filepath.Base(name), ".wal"), 16, 64)
	begun := newest && v.head.File < number
	l, err := scanLog(raw)
	if err != nil {
		if begun {
			if v.stopped && !allZero(raw) {
				v.report.file(name, "begun, but never used", false)
			}
			return
		}
		if !allZero(raw) {
			v.report.file(name, "both copies of the header are damaged", true)
			v.hole()
		}
		return
	}
	if v.report.Origin == "" {
		v.report.Origin = l.Header.Origin
	}
	if l.Copies < 2 && !begun {
		v.report.file(name, "a copy of the header is damaged", false)
	}
	if v.last != (link{}) && v.last != l.Header.Prev && v.file+1 == number {
		v.report.file(name, "does not continue the file before it", true)
	}
	v.last, v.file = l.Header.Prev, number
	dirty := l.Dirty
	for i := range l.Batches {
		b := &l.Batches[i]
		n := v.last.Batch + 1
		if b.Ended {
			n = b.Trailer.Batch
		}
		if next != nil && n > next.Prev.Batch {
			break // given up after an error, and written again to the next file
		}
		whole := b.Whole && b.Trailer.Prev == v.last.Chain && b.Trailer.Batch == v.last.Batch+1
		if !whole && i == len(l.Batches)-1 && next == nil && v.head.Batch < n {
			break // being written, now or when the process ended
		}
		touched := v.takeBatch(b, whole)
		if !whole {
			damage := fmt.Sprintf("batch %d is damaged", n)
			v.report.file(name, damage, true, touched...)
			v.suspect = &suspect{name, damage}
			if !b.Ended {
				dirty = -1 // already named
			}
		}
		if b.Ended {
			v.last = b.Trailer.link
		}
	}
	if dirty >= 0 && v.stopped {
		v.report.file(name, fmt.Sprintf("not zero after its last batch, at byte %d", dirty), false)
	}
}

// hole notes in every stream that something unreadable follows.
func (v *verifier) hole() {
	for _, s := range v.streams {
		if n := len(s.log); n > 0 {
			s.log[n-1].line.hole()
		}
	}
}

// takeBatch checks a batch's entries and returns the sequence numbers in it. Of a
// whole one it leaves out the entries that are checked in their segment file.
func (v *verifier) takeBatch(b *scannedBatch, whole bool) []event.Range {
	var touched []*event.Event
	bad := b.Bad
	for i := range b.Frames {
		f := &b.Frames[i]
		for len(bad) > 0 && bad[0].From < f.Off {
			v.hole()
			bad = bad[1:]
		}
		switch f.Kind {
		case frameOpen:
			if o, err := decodeRangeOpen(f.Body); err == nil {
				v.takeOpen(&o)
			} else {
				v.hole()
			}
		case frameEntry:
			if whole && v.inSegment(f.Body) {
				continue
			}
			if e := v.takeEntry(f.Body); e != nil {
				touched = append(touched, e)
				v.saw(e.Place.Stream, e.Place.Seq)
			} else {
				v.hole()
			}
		}
	}
	if len(bad) > 0 {
		v.hole()
	}
	return ranges(touched)
}

func (v *verifier) takeOpen(o *rangeOpen) {
	s := v.stream(o.Stream)
	if n := len(s.log); n > 0 && s.log[n-1].open == *o {
		return
	}
	v.saw(o.Stream, o.First-1)
	c := &logRange{open: *o, line: lineup{stream: o.Stream, first: o.First}}
	c.h.Blind.Reset(&o.Seed)
	if key := v.key(o.Stream, o.Epoch, o.Ratchet); key != nil {
		c.h.mac.reset(key, o.Stream)
		c.keys = true
	}
	s.log = append(s.log, c)
}

// inSegment tells whether an entry is of a range that checkLog passes over, since
// the manifest has it. It reads no more of the entry than its place.
func (v *verifier) inSegment(body []byte) bool {
	stream, seq, ok := placeOf(body)
	s := v.streams[string(stream)]
	if !ok || s == nil {
		return false
	}
	at := sort.Search(len(s.indexes), func(i int) bool { return v.headers[s.indexes[i]].Header.Last() >= seq })
	if at == len(s.indexes) || !s.listed[v.headers[s.indexes[at]].Header.Number] {
		return false
	}
	v.saw(string(stream), seq)
	return true
}

// rangeOf is the place in the log of the range that a sequence number is of, -1
// when its beginning is not there.
func (s *verified) rangeOf(seq uint64) int {
	i := len(s.log) - 1
	for i >= 0 && s.log[i].open.First > seq {
		i--
	}
	return i
}

// takeEntry checks an entry against its leaf and MAC; nil when it is none.
func (v *verifier) takeEntry(body []byte) *event.Event {
	en, err := decodeEntry(body)
	if err != nil {
		return nil
	}
	e := &event.Event{}
	if err := event.Decode(string(en.Public), string(en.Slot0), string(en.Slot1), e); err != nil {
		return nil
	}
	s := v.streams[e.Place.Stream]
	if s == nil {
		return e // of a range whose beginning is not there: judged as missing
	}
	i := max(s.rangeOf(e.Place.Seq), 0) // what is before all of them is judged with the first
	if len(s.log) == 0 {
		return e
	}
	c := s.log[i]
	n := e.Place.Seq - c.open.First
	good := false
	if n < maxRangeEntries {
		leaf := c.h.Leaf(uint32(n), en.Public, en.Slot0, en.Slot1)
		good = leaf == en.Leaf && (!c.keys || c.h.mac.sum(e.Place.Seq, &leaf) == en.MAC)
	}
	c.line.add(e.Place.Seq, good)
	if good {
		v.found(e.Place.Stream, e.Place.Seq, []hash{en.Leaf}, false)
	}
	return e
}

// checkLog judges the entries of a stream that are not sealed: from next on, up to
// end at least.
func (v *verifier) checkLog(name string, s *verified, next, end uint64, out *StreamReport) {
	for i, c := range s.log {
		first := c.open.First
		if first < next {
			continue // sealed meanwhile, or the log is still to be removed
		}
		if first > next {
			gone := Removed
			if i == 0 { // of a sealed range whose file and record are gone
				gone = Missing
			}
			v.report.find(name, next, first-1, gone)
			v.report.Total += int64(first - next) //nolint:gosec // counts stay far below 2^63
		}
		last := c.line.newest()
		final := i == len(s.log)-1
		if !final {
			last = max(last, s.log[i+1].open.First-1)
		} else if end > 0 {
			last = max(last, end-1)
		}
		if last < first || last-first >= maxRangeEntries {
			last = max(first, c.line.newest()) - 1
			if last < first {
				continue
			}
		}
		verdict := Removed
		if final {
			verdict = Truncated
		}
		n := c.line.judge(&v.report, last, nil, Removed, verdict)
		out.Unsealed += n
		v.report.Verified += n
		v.report.Total += int64(last-first) + 1 //nolint:gosec // counts stay far below 2^63
		next = last + 1
	}
	if next < end {
		v.report.find(name, next, end-1, Truncated)
		v.report.Total += int64(end - next) //nolint:gosec // counts stay far below 2^63
		next = end
	}
	out.Last = next - 1
}
