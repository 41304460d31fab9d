// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// IsDamage tells whether an error of a Reader is about what lies on the disk: the
// page or dictionary cannot be read, the others of the file may be. It is false
// for nil, for what does not exist, and for files that are closed.
func IsDamage(err error) bool {
	return err != nil && !errors.Is(err, ErrRange) && !errors.Is(err, os.ErrClosed) &&
		!errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// Readable reads all rows of a page and returns the first error.
func Readable(r Reader, page int) error {
	rows := NewRows(r)
	var e event.Event
	for i := range PageLen(r, page) {
		if err := rows.Event(page*PageRows+i, &e); err != nil {
			return err
		}
	}
	return nil
}

// maxNoted bounds what a Damages remembers; beyond that nothing more is told.
const maxNoted = 1 << 14

// Damages remembers what could not be read, so that it is told and counted once
// however often it is met. It is safe for concurrent use.
type Damages struct {
	tell func(file string, err error)

	mu   sync.Mutex
	seen map[string]struct{}
	rows int64
}

// NewDamages returns an empty Damages. It calls tell, which may be nil, for each
// file and reason once, from whatever goroutine met it.
func NewDamages(tell func(file string, err error)) *Damages {
	return &Damages{tell: tell, seen: map[string]struct{}{}}
}

// Note takes in an error of a reader that costs no row: that of a filter or of a
// rollup.
func (d *Damages) Note(r Reader, err error) {
	file := FileOf(r)
	if d.first("reason "+file+" "+err.Error()) && d.tell != nil {
		d.tell(file, err)
	}
}

// Page takes in that a page of a reader cannot be read, and why.
func (d *Damages) Page(r Reader, page int, err error) {
	if d.first("page " + strconv.Itoa(page) + " " + FileOf(r)) {
		d.mu.Lock()
		d.rows += int64(PageLen(r, page))
		d.mu.Unlock()
	}
	d.Note(r, err)
}

// Rows is how many rows lie in the pages that were taken in.
func (d *Damages) Rows() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rows
}

func (d *Damages) first(key string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.seen[key]; known || len(d.seen) >= maxNoted {
		return false
	}
	d.seen[key] = struct{}{}
	return true
}

// FileOf is the path of a reader's file, "" in memory.
func FileOf(r Reader) string {
	if f, ok := r.(interface{ Path() string }); ok {
		return f.Path()
	}
	return ""
}

// Lost stands in for a file that cannot be opened, so that whoever reads meets
// the rows that are missing: it has their number and bounds, and everything else
// is the error.
type Lost struct {
	path   string
	stream string
	rows   int
	bounds Bounds
	err    error
}

var _ Reader = (*Lost)(nil)

// NewLost returns the stand-in for the file at path with that many rows.
func NewLost(path, stream string, rows int, b Bounds, err error) *Lost {
	return &Lost{path: path, stream: stream, rows: rows, bounds: b, err: fmt.Errorf("segment %s: %w", path, err)}
}

// Err is why the file cannot be opened.
func (l *Lost) Err() error { return l.err }

// Path is the file's name.
func (l *Lost) Path() string { return l.path }

// Rows is the number of rows that the file had.
func (l *Lost) Rows() int { return l.rows }

// Bounds covers all rows.
func (l *Lost) Bounds() Bounds { return l.bounds }

// PageBounds covers all rows, whatever the page: more is not known.
func (l *Lost) PageBounds(int) Bounds { return l.bounds }

// Origin is not known.
func (l *Lost) Origin() string { return "" }

// Stream is the rows' stream.
func (l *Lost) Stream() string { return l.stream }

// Event returns the error.
func (l *Lost) Event(int, *event.Event) error { return l.err }

// Integrity returns the error.
func (l *Lost) Integrity(int) (leaf8 [8]byte, mac16 [16]byte, err error) { return leaf8, mac16, l.err }

// Ints returns the error.
func (l *Lost) Ints(Column, int) ([]int64, error) { return nil, l.err }

// Bytes returns the error.
func (l *Lost) Bytes(Column, int) ([]byte, error) { return nil, l.err }

// Texts returns the error.
func (l *Lost) Texts(Column, int) (Texts, error) { return Texts{}, l.err }

// Part returns the error.
func (l *Lost) Part(Column, int, int) (Texts, error) { return Texts{}, l.err }

// Attrs is not known.
func (l *Lost) Attrs() []Attr { return nil }

// Raw is false.
func (l *Lost) Raw(Column, int) bool { return false }

// Dict returns the error.
func (l *Lost) Dict(Column) (Dict, error) { return Dict{}, l.err }

// Filter lets everything pass.
func (l *Lost) Filter() Filter { return Filter{} }

// DictFilter lets everything pass.
func (l *Lost) DictFilter() Filter { return Filter{} }

// Rollup returns the error.
func (l *Lost) Rollup() (*Rollup, error) { return nil, l.err }
