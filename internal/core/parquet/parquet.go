// SPDX-License-Identifier: Apache-2.0

// Package parquet writes events as one Apache Parquet file, for whoever opens it in
// DuckDB, pandas, Spark, Athena and the like.
//
//	event ──▶ row ──▶ columns of a row group ──▶ Writer's output, group by group
//	                                              └── Close: the footer, with what the file is
//
// One column for each fixed field of an event, by its name in docs/fields.md and in the
// order of the native JSON; fields with a dot in their name are members of a struct:
//
//   - time and received are TIMESTAMP(MICROS, UTC), which every reader knows, rounded
//     down; time_ns and received_ns have them whole, in nanoseconds since 1970.
//   - texts are STRING with a dictionary, severity is its word (severity_number its
//     number), seq and ord are INT64.
//   - attrs is MAP<STRING, STRING>: keys differ from source to source, and are too many
//     for columns. A text and a number are as they were sent, true and false are words,
//     a list is its JSON.
//   - raw is BYTE_ARRAY, exactly the bytes, for it is there where these are no UTF-8.
//   - what is absent and what is null are both null; an empty text is "".
//   - an event of which something was erased says so in erased, as everywhere.
//
// Guarantees: every text column is valid UTF-8 (the journal takes no other; were there
// one, its broken bytes would be U+FFFD). A file without its end is none: readers refuse
// it. The columns' names and types only change with Schema.
//
// Memory: one row group, packed, and a page of each column. A row group ends after
// GroupRows events, or when their texts have GroupBytes.
//
// A Writer belongs to one goroutine. The format is that of
// github.com/apache/parquet-format 2.x, data pages of version 1, compressed by Zstandard.
package parquet

import (
	"fmt"
	"io"
	"strconv"
	"time"

	lib "github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// MediaType is the registered name of the format.
const MediaType = "application/vnd.apache.parquet"

// Schema is the version of the columns, in the file's metadata as tocsin.schema.
const Schema = "1"

// The most of one row group.
const (
	GroupRows  = 65_536
	GroupBytes = 64 << 20

	pageBytes = 256 << 10
	dictBytes = 1 << 20 // beyond it a column's pages hold their texts themselves
	batchRows = 64
)

// About is what a file says of itself before its events are known.
type About struct {
	Version string // of Tocsin
	Origin  string // the journal's
	Query   string // the filter or hunt in canonical form; "" or * for everything
	// From and To bound the events' time beside the query, in nanoseconds; 0 is open.
	From, To int64
	Limit    int       // the most events
	Made     time.Time // when it was asked for
}

// End is how an export ended.
type End struct {
	// Next is the cursor of the events behind the limit; "" when there are none.
	Next string
	// Incomplete is how many stored events cannot be read that may have belonged here.
	Incomplete int64
}

// Writer writes one file.
type Writer struct {
	out   *lib.GenericWriter[row]
	batch []row
	rows  int // of the whole file
	group int // of the open row group
	bytes int // of its texts
}

// NewWriter begins a file. Nothing is written to out before the first row group is full
// or the file is closed.
func NewWriter(out io.Writer, about About) *Writer {
	w := &Writer{batch: make([]row, 0, batchRows)}
	w.out = lib.NewGenericWriter[row](out,
		lib.Compression(&zstd.Codec{Level: zstd.SpeedDefault, Concurrency: 1}),
		lib.DataPageVersion(1), lib.PageBufferSize(pageBytes), lib.DictionaryMaxBytes(dictBytes),
		lib.CreatedBy("Tocsin", about.Version, ""),
	)
	for _, said := range [...][2]string{
		{"tocsin.schema", Schema},
		{"tocsin.version", about.Version},
		{"tocsin.origin", about.Origin},
		{"tocsin.query", about.Query},
		{"tocsin.from", moment(about.From)},
		{"tocsin.to", moment(about.To)},
		{"tocsin.limit", strconv.Itoa(about.Limit)},
		{"tocsin.made", about.Made.UTC().Format(time.RFC3339Nano)},
	} {
		w.out.SetKeyValueMetadata(said[0], clean(said[1]))
	}
	return w
}

func moment(ns int64) string {
	if ns == 0 {
		return ""
	}
	return event.FormatTime(ns)
}

// Rows is how many events were written.
func (w *Writer) Rows() int { return w.rows }

// Write adds an event, which may be changed when it has returned. After an error the file
// is lost.
func (w *Writer) Write(e *event.Event) error {
	w.batch = w.batch[:len(w.batch)+1]
	w.batch[len(w.batch)-1].set(e)
	w.rows++
	w.group++
	w.bytes += e.Size()
	full := w.group >= GroupRows || w.bytes >= GroupBytes
	if len(w.batch) < cap(w.batch) && !full {
		return nil
	}
	if err := w.push(); err != nil || !full {
		return err
	}
	w.group, w.bytes = 0, 0
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write a row group: %w", err)
	}
	return nil
}

// push hands the batch to the columns.
func (w *Writer) push() error {
	if _, err := w.out.Write(w.batch); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	w.batch = w.batch[:0]
	return nil
}

// Close writes what is held back and the end of the file, which says how many events
// there are, and whether more matched.
func (w *Writer) Close(end End) error {
	if err := w.push(); err != nil {
		return err
	}
	w.out.SetKeyValueMetadata("tocsin.rows", strconv.Itoa(w.rows))
	w.out.SetKeyValueMetadata("tocsin.next", clean(end.Next))
	w.out.SetKeyValueMetadata("tocsin.incomplete", strconv.FormatInt(end.Incomplete, 10))
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("write the end of the file: %w", err)
	}
	return nil
}
