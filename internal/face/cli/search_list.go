// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// list finds events on a server, page by page, and hands out each as it comes.
func (o *origin) list(ctx context.Context, f *query.Filter, limit int, each func(native []byte) error) (found app.Found, err error) {
	params := f.Values()
	for {
		params.Set("limit", strconv.Itoa(min(query.MaxLimit, limit-found.Rows)))
		body, header, err := o.open(ctx, "/api/siem/logs", params)
		if err != nil {
			return found, err
		}
		if n, err := strconv.ParseInt(header.Get("Tocsin-Incomplete"), 10, 64); err == nil {
			found.Incomplete = max(found.Incomplete, n)
		}
		next, err := readPage(body, func(native []byte) error {
			if found.Rows++; found.Rows > limit {
				return errors.New("the server gives more than it was asked for")
			}
			return each(native)
		})
		_ = body.Close()
		if err != nil {
			return found, err
		}
		if found.More = next != ""; !found.More || found.Rows >= limit {
			return found, nil
		}
		params.Set("cursor", next)
	}
}

// readPage reads a list's page without holding it: {"items":[…],"next":…}.
func readPage(body io.Reader, each func(native []byte) error) (next string, err error) {
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
		case "items":
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
