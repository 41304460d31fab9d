// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/parquet"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// How many events one export has. The page of the web app states the default.
const (
	defaultExport = 100_000
	maxExport     = 1_000_000
)

// What an export says about itself: in the headers what is known before it begins, in
// the trailers how it ended.
const (
	limitHeader = "Tocsin-Limit"
	rowsTrailer = http.TrailerPrefix + "Tocsin-Rows"
	nextTrailer = http.TrailerPrefix + "Tocsin-Next"
	lostTrailer = http.TrailerPrefix + incompleteHeader
)

// sendAt is how many bytes of rows are gathered before they are sent.
const sendAt = 64 << 10

// export is one export of events, from its parameters to its last row.
type export struct {
	api   *API
	out   *download
	asked hunted
	limit int
	form  exportForm

	rows       int
	incomplete int64
	buf        []byte
}

// exportLogs implements GET /api/siem/export. Events go out page by page, so that
// memory does not grow with the answer.
func (a *API) exportLogs(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), exportWithin)
	defer cancel()
	x := &export{api: a, out: &download{w: w, control: http.NewResponseController(w)}}
	err := x.prepare(ctx)
	switch {
	case err != nil:
	case r.Method == http.MethodHead:
		x.form.headers(w.Header())
		return
	default:
		err = x.run(ctx)
	}
	switch {
	case err == nil:
	case !x.out.begun:
		a.fail(w, r, err)
	default:
		a.brokeOff(ctx, "events", err, event.Attr{Key: "entries", Value: event.Int(int64(x.rows))})
	}
}

// prepare reads the parameters.
func (x *export) prepare(ctx context.Context) (err error) {
	params := who(ctx).query
	if x.form, err = x.formOf(params.Get("format"), params.Get("fields")); err != nil {
		return err
	}
	if x.asked, err = huntedOf(ctx, "now", "format", "fields", "limit"); err != nil {
		return err
	}
	x.limit, err = limitOf(ctx, defaultExport, maxExport)
	return err
}

// about is what the file says of itself, where its form has room for that.
func (x *export) about() parquet.About {
	f := &x.asked.filter
	return parquet.About{
		Version: x.api.opts.Version, Origin: x.api.opts.Origin, Query: x.asked.String(), From: f.From, To: f.To, Limit: x.limit, Made: time.Now(),
	}
}

// limitOf is the caller's limit, which may be larger than that of a list.
func limitOf(ctx context.Context, without, most int) (int, error) {
	text := who(ctx).query.Get("limit")
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		return 0, invalid("limit", "must be between 1 and %d", most)
	}
	return n, nil
}

// run writes the answer. Until the first byte an error can still be told; the first
// page is therefore found before anything is sent.
func (x *export) run(ctx context.Context) error {
	leave, err := x.api.exports.enter()
	if err != nil {
		return err
	}
	defer leave()
	for cursor := x.asked.filter.Cursor; ; {
		page, err := x.asked.page(ctx, x.api, min(query.MaxLimit, x.limit-x.rows), cursor)
		if err != nil {
			return err
		}
		x.incomplete = max(x.incomplete, page.Incomplete)
		if !x.out.begun {
			x.out.begin = func() { x.begin(ctx, &page) }
			x.buf = append(x.buf, x.form.head...)
		}
		if err := x.page(ctx, &page); err != nil {
			return err
		}
		if page.Next == "" || x.rows >= x.limit {
			return x.end(page.Next)
		}
		cursor = page.Next
	}
}

// begin sends the headers, after it is recorded who takes what away.
func (x *export) begin(ctx context.Context, first *query.Page) {
	attrs := append(x.asked.attrs(), event.Attr{Key: "format", Value: event.Text(x.form.name)}, event.Attr{Key: "limit", Value: event.Int(int64(x.limit))})
	switch {
	case first.Next == "":
		attrs = append(attrs, event.Attr{Key: "entries", Value: event.Int(int64(len(first.Items)))})
	case first.Total != nil && x.asked.filter.Cursor == "":
		attrs = append(attrs, event.Attr{Key: "entries", Value: event.Int(min(*first.Total, int64(x.limit)))})
	}
	x.api.recordExport(ctx, &x.asked.filter, "events as "+x.form.name, attrs...)
	h := x.out.w.Header()
	if n := incomplete(x.incomplete); n != nil {
		h.Set(incompleteHeader, strconv.Itoa(*n))
	}
	h.Set(limitHeader, strconv.Itoa(x.limit))
	x.form.headers(h)
}

// page sends the rows of a page, in parts.
func (x *export) page(ctx context.Context, page *query.Page) (err error) {
	for i := range page.Items {
		if x.rows > 0 {
			x.buf = append(x.buf, x.form.between...)
		}
		if x.buf, err = x.form.row(x.buf, &page.Items[i]); err != nil {
			return err
		}
		x.rows++
		if len(x.buf) >= sendAt {
			if err := x.send(ctx); err != nil {
				return err
			}
		}
	}
	return x.send(ctx)
}

// send hands on what is gathered.
func (x *export) send(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := x.out.Write(x.buf); err != nil {
		return err
	}
	x.buf = x.buf[:0]
	return x.out.control.Flush()
}

// end says how it ended: after all that match, or with more that do.
func (x *export) end(next string) error {
	if x.form.tail != nil {
		tail, err := x.form.tail(x.rows, next, x.incomplete)
		if err != nil {
			return err
		}
		if _, err := x.out.Write(tail); err != nil {
			return err
		}
	}
	h := x.out.w.Header()
	h.Set(rowsTrailer, strconv.Itoa(x.rows))
	if next != "" {
		h.Set(nextTrailer, next)
	}
	if n := incomplete(x.incomplete); n != nil {
		h.Set(lostTrailer, strconv.Itoa(*n))
	}
	return nil
}

// fileTime is a moment in the name of a file.
func fileTime() string { return time.Now().UTC().Format("20060102T150405Z") }
