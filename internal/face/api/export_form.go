// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/parquet"
	"github.com/tocsin-siem/tocsin/internal/core/sheet"
)

// exportForm is how an export is written. A form without a tail has one event in each
// line, and says how it ended in the trailers only: a line that is no event would be
// taken for one.
type exportForm struct {
	name, media, suffix string

	head, between []byte
	row           func(dst []byte, e *event.Event) ([]byte, error)
	tail          func(rows int, next string, incomplete int64) ([]byte, error)
}

// headers announces the file.
func (f *exportForm) headers(h http.Header) {
	h.Set("Content-Type", f.media)
	h.Set("Content-Disposition", `attachment; filename="tocsin-events-`+fileTime()+f.suffix+`"`)
}

// formOf reads the parameters format and fields.
func (x *export) formOf(format, fields string) (exportForm, error) {
	a := x.api
	switch format {
	case "", "json":
		row, err := a.jsonRow(fields)
		return exportForm{
			name: "json", media: "application/json", suffix: ".json", row: row,
			head: []byte(`{"items":[` + "\n"), between: []byte(",\n"), tail: jsonTail,
		}, err
	case "ndjson":
		row, err := a.jsonRow(fields)
		return exportForm{name: "ndjson", media: bundleType, suffix: ".ndjson", row: func(dst []byte, e *event.Event) ([]byte, error) {
			dst, err := row(dst, e)
			return append(dst, '\n'), err
		}}, err
	case "csv":
		if fields == string(ListLogsParamsFieldsB) {
			fields = ""
		}
		columns, err := sheet.ParseColumns(fields)
		if err != nil {
			return exportForm{}, invalid("fields", "%s", err)
		}
		var native []byte
		return exportForm{
			name: "csv", media: "text/csv; charset=utf-8; header=present", suffix: ".csv", head: sheet.AppendHeader(nil, columns),
			row: func(dst []byte, e *event.Event) ([]byte, error) {
				native = a.appendRow(native[:0], e)
				return sheet.AppendRow(dst, columns, native)
			},
		}, nil
	case "parquet":
		if fields != "" {
			return exportForm{}, invalid("fields", "goes with the other forms; parquet has a column for each")
		}
		return parquetForm(x.out, x.about), nil
	default:
		return exportForm{}, invalid("format", "%.40q is none of json, ndjson, csv, parquet", format)
	}
}

// parquetForm writes row groups to out by itself, as they are full; what the file says of
// itself is known with its first row.
func parquetForm(out io.Writer, about func() parquet.About) exportForm {
	var w *parquet.Writer
	begin := func() {
		if w == nil {
			w = parquet.NewWriter(out, about())
		}
	}
	return exportForm{
		name: "parquet", media: parquet.MediaType, suffix: ".parquet",
		row: func(dst []byte, e *event.Event) ([]byte, error) {
			begin()
			return dst, w.Write(e)
		},
		tail: func(_ int, next string, incomplete int64) ([]byte, error) {
			begin()
			return nil, w.Close(parquet.End{Next: next, Incomplete: incomplete})
		},
	}
}

// jsonRow is what writes an event as JSON: in its native form, or the flat one.
func (a *API) jsonRow(fields string) (func(dst []byte, e *event.Event) ([]byte, error), error) {
	switch fields {
	case "", string(ListLogsParamsFieldsNative):
		return func(dst []byte, e *event.Event) ([]byte, error) { return a.appendRow(dst, e), nil }, nil
	case string(ListLogsParamsFieldsB):
		return func(dst []byte, e *event.Event) ([]byte, error) {
			row, err := rowB(e)
			return append(dst, row...), err
		}, nil
	default:
		return nil, invalid("fields", "%.40q is neither native nor b; only csv has columns to choose", fields)
	}
}

// jsonTail closes the list as other lists are closed: next is the cursor of what is not
// in it, null when nothing is left.
func jsonTail(rows int, next string, missing int64) ([]byte, error) {
	end := struct {
		Next       *string `json:"next"`
		Rows       int     `json:"rows"`
		Incomplete int64   `json:"incomplete"`
	}{optional(next), rows, missing}
	raw, err := json.Marshal(end)
	if err != nil {
		return nil, err
	}
	return append(append([]byte("\n],"), raw[1:]...), '\n'), nil
}
