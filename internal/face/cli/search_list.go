// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// hunt asks a server: for events page by page, each of which is handed out as it comes,
// or for one table.
func (o *origin) hunt(ctx context.Context, asked *app.SearchOptions, out *foundRows) (found app.Found, err error) {
	params := url.Values{"q": {asked.Hunt.Text}}
	for name, at := range map[string]int64{"from": asked.From, "to": asked.To} {
		if at != 0 {
			params.Set(name, event.FormatTime(at))
		}
	}
	if len(asked.Hunt.Stages) > 0 {
		params.Set("limit", strconv.Itoa(asked.Limit))
		return o.table(ctx, params, out)
	}
	for {
		params.Set("limit", strconv.Itoa(min(query.MaxLimit, asked.Limit-found.Rows)))
		body, header, err := o.open(ctx, "/api/siem/search", params)
		if err != nil {
			return found, err
		}
		found.Incomplete = max(found.Incomplete, missing(header))
		next, err := readPage(body, "events", func(native []byte) error {
			if found.Rows++; found.Rows > asked.Limit {
				return errors.New("the server gives more than it was asked for")
			}
			return out.events.event(native)
		})
		_ = body.Close()
		if err != nil {
			return found, err
		}
		if found.More = next != ""; !found.More || found.Rows >= asked.Limit {
			return found, nil
		}
		params.Set("cursor", next)
	}
}

// missing is how many events a server says it cannot read.
func missing(header http.Header) int64 {
	n, err := strconv.ParseInt(header.Get("Tocsin-Incomplete"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// table asks a server for a table.
func (o *origin) table(ctx context.Context, params url.Values, out *foundRows) (found app.Found, err error) {
	body, header, err := o.open(ctx, "/api/siem/search", params)
	if err != nil {
		return found, err
	}
	defer func() { _ = body.Close() }()
	var answer struct {
		Columns []struct {
			Name string
			Type query.Type
		}
		Rows      [][]json.RawMessage
		Truncated bool
	}
	if err := json.NewDecoder(&window{r: body, left: maxTable}).Decode(&answer); err != nil {
		return found, fmt.Errorf("read the answer: %w", err)
	}
	out.made = &madeTable{rows: answer.Rows}
	for _, c := range answer.Columns {
		out.made.names, out.made.numbers = append(out.made.names, c.Name), append(out.made.numbers, c.Type == query.TypeNumber)
	}
	return app.Found{Rows: len(answer.Rows), More: answer.Truncated, Incomplete: missing(header)}, nil
}

// maxTable is the most bytes of a table, which is the 64 MiB of a hunt as JSON.
const maxTable = 256 << 20

// readPage reads a list's page without holding it: {LIST:[…],"next":…}.
func readPage(body io.Reader, list string, each func(native []byte) error) (next string, err error) {
	window := &window{r: body, left: maxAnswer}
	d := json.NewDecoder(window)
	fail := func(err error) (string, error) { return "", fmt.Errorf("read the answer: %w", err) }
	if err := want(d, json.Delim('{')); err != nil {
		return fail(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return fail(err)
		}
		window.left = maxAnswer
		switch name {
		case list:
			if err := want(d, json.Delim('[')); err != nil {
				return fail(err)
			}
			for d.More() {
				var native json.RawMessage
				if err := d.Decode(&native); err != nil {
					return fail(err)
				}
				if err := each(native); err != nil {
					return "", err
				}
				window.left = maxAnswer
			}
			err = want(d, json.Delim(']'))
		case "next":
			var cursor *string
			if err = d.Decode(&cursor); cursor != nil {
				next = *cursor
			}
		default:
			var other json.RawMessage
			err = d.Decode(&other)
		}
		if err != nil {
			return fail(err)
		}
	}
	if err := want(d, json.Delim('}')); err != nil {
		return fail(err)
	}
	return next, nil
}

// want reads one token that must be this one.
func want(d *json.Decoder, delim json.Delim) error {
	got, err := d.Token()
	if err == io.EOF { //nolint:errorlint // Token returns it bare
		err = io.ErrUnexpectedEOF
	}
	if err == nil && got != delim {
		err = fmt.Errorf("%v where %v belongs", got, delim)
	}
	return err
}

// window is a reader of which one value may have only so many bytes.
type window struct {
	r    io.Reader
	left int
}

// Read implements io.Reader.
func (w *window) Read(p []byte) (int, error) {
	if w.left <= 0 {
		return 0, fmt.Errorf("a value has more than %d bytes", maxAnswer)
	}
	n, err := w.r.Read(p[:min(len(p), w.left)])
	w.left -= n
	return n, err
}
