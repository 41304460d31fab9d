// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// exportBundle implements GET /api/siem/journal/bundle.
func (a *API) exportBundle(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), exportWithin)
	defer cancel()
	out := &download{w: w, control: http.NewResponseController(w)}
	err := a.export(ctx, out)
	switch {
	case err == nil:
	case !out.begun:
		a.fail(w, r, err)
	default:
		a.brokeOff(ctx, "evidence", err)
	}
}

// brokeOff records that an answer has no end, and cuts the connection: the client must
// not take what it has for an answer.
func (a *API) brokeOff(ctx context.Context, what string, err error, attrs ...event.Attr) {
	a.opts.Logger.WarnContext(ctx, "an export broke off", "request_id", requestID(ctx), "error", err)
	a.record(ctx, dataExport, event.Failure, who(ctx).Name+"'s export of "+what+" broke off", attrs...)
	panic(http.ErrAbortHandler)
}

func (a *API) export(ctx context.Context, out *download) error {
	limit, complete, err := bundleParams(ctx)
	if err != nil {
		return err
	}
	f, err := filterOf(ctx, "complete", "limit", "origin")
	if err != nil {
		return err
	}
	leave, err := a.exports.enter()
	if err != nil {
		return err
	}
	defer leave()
	chosen, err := Choose(ctx, a.opts.Logs, f, who(ctx).query.Get("origin"), limit, complete)
	if errors.Is(err, ErrNothing) {
		return problem(http.StatusNotFound, "not_found", "%s", err)
	}
	if err != nil {
		return err
	}
	asked := chosen.BundleRequest
	if err := a.maySeal(asked.Origin, slices.Concat(asked.Entries, asked.Complete)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(sealWithin, func() { cancel(errNotSealed) })
	defer timer.Stop()
	out.begin = func() {
		timer.Stop()
		if n := incomplete(chosen.Incomplete); n != nil {
			out.w.Header().Set(incompleteHeader, strconv.Itoa(*n))
		}
		sendFile(out.w, "tocsin-evidence-"+fileTime()+".ndjson")
		a.recordExport(ctx, &f, fmt.Sprintf("evidence of %d entries", chosen.Count),
			event.Attr{Key: "complete", Value: event.Bool(complete)}, event.Attr{Key: "entries", Value: event.Int(int64(chosen.Count))})
	}
	return a.unproven(ctx, a.opts.Evidence.WriteBundle(ctx, out, asked))
}

// bundleParams reads what only this route has.
func bundleParams(ctx context.Context) (limit int, complete bool, err error) {
	if limit, err = limitOf(ctx, DefaultBundle, MaxBundle); err != nil {
		return 0, false, err
	}
	switch text := who(ctx).query.Get("complete"); text {
	case "", "false":
	case "true":
		complete = true
	default:
		return 0, false, invalid("complete", "must be true or false")
	}
	return limit, complete, nil
}

// recordExport records who took what away, before anything of it has left.
func (a *API) recordExport(ctx context.Context, f *query.Filter, what string, attrs ...event.Attr) {
	attrs = append(attrs, event.Attr{Key: "filter", Value: event.Text(f.Words())})
	for key, at := range map[string]int64{"from": f.From, "to": f.To} {
		if at != 0 {
			attrs = append(attrs, event.Attr{Key: key, Value: event.Text(moment(at).Format(time.RFC3339Nano))})
		}
	}
	a.record(ctx, dataExport, event.Success, who(ctx).Name+" exported "+what, attrs...)
}

func timeOf(nanos int64) (t time.Time) {
	if nanos != 0 {
		t = moment(nanos)
	}
	return t
}

// download is an answer whose first byte says that it is one: until then it can still
// become a problem.
type download struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begin   func()
	begun   bool
}

// Write implements io.Writer. Each part has chunkWithin to get through.
func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.begin()
	}
	_ = d.control.SetWriteDeadline(time.Now().Add(chunkWithin)) // not every connection has one
	return d.w.Write(b)
}
