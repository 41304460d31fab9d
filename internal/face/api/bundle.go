// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// How many entries one bundle has.
const (
	defaultBundle = 10_000
	maxBundle     = 100_000
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
	default: // the client must not take what it has for an answer
		a.opts.Logger.WarnContext(ctx, "an export broke off", "request_id", requestID(ctx), "error", err)
		a.record(ctx, dataExport, event.Failure, who(ctx).Name+"'s export of evidence broke off")
		panic(http.ErrAbortHandler)
	}
}

func (a *API) export(ctx context.Context, out *download) error {
	limit, complete, err := bundleParams(ctx)
	if err != nil {
		return err
	}
	f, err := filterOf(ctx, "complete", "limit")
	if err != nil {
		return err
	}
	leave, err := a.exports.enter()
	if err != nil {
		return err
	}
	defer leave()
	asked := journal.BundleRequest{Query: f.Words(), From: timeOf(f.From), To: timeOf(f.To)}
	entries, missing, err := a.choose(ctx, f, limit, complete, &asked)
	if err != nil {
		return err
	}
	if err := a.maySeal(slices.Concat(asked.Entries, asked.Complete)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(sealWithin, func() { cancel(errNotSealed) })
	defer timer.Stop()
	out.begin = func() {
		timer.Stop()
		if n := incomplete(missing); n != nil {
			out.w.Header().Set(incompleteHeader, strconv.Itoa(*n))
		}
		sendFile(out.w, "tocsin-evidence-"+time.Now().UTC().Format("20060102T150405Z")+".ndjson")
		a.recordExport(ctx, &f, entries, complete)
	}
	return a.unproven(ctx, a.opts.Evidence.WriteBundle(ctx, out, asked))
}

// bundleParams reads what only this route has.
func bundleParams(ctx context.Context) (limit int, complete bool, err error) {
	limit = defaultBundle
	params := who(ctx).query
	if text := params.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > maxBundle {
			return 0, false, invalid("limit", "must be between 1 and %d", maxBundle)
		}
	}
	switch text := params.Get("complete"); text {
	case "", "false":
	case "true":
		complete = true
	default:
		return 0, false, invalid("complete", "must be true or false")
	}
	return limit, complete, nil
}

// choose finds the entries of a bundle. For a complete one the filter's time alone
// counts: whether others match is to be seen from the bundle.
func (a *API) choose(ctx context.Context, f query.Filter, limit int, complete bool, out *journal.BundleRequest) (entries int, missing int64, err error) {
	if complete {
		f = query.Filter{From: f.From, To: f.To}
	}
	places, missing, err := a.gather(ctx, f, limit)
	if err != nil {
		return 0, 0, err
	}
	for _, stream := range slices.Sorted(maps.Keys(places)) {
		seqs := places[stream]
		slices.Sort(seqs)
		if complete {
			g := event.Range{Stream: stream, First: seqs[0], Last: seqs[len(seqs)-1]}
			out.Complete = append(out.Complete, g)
			entries += int(min(g.Last-g.First+1, maxBundle+1))
			continue
		}
		entries += len(seqs)
		for _, seq := range seqs {
			if n := len(out.Entries); n > 0 && out.Entries[n-1].Stream == stream && out.Entries[n-1].Last+1 == seq {
				out.Entries[n-1].Last = seq
				continue
			}
			out.Entries = append(out.Entries, event.Range{Stream: stream, First: seq, Last: seq})
		}
	}
	switch {
	case entries == 0:
		return 0, 0, problem(http.StatusNotFound, "not_found", "no event matches")
	case entries > limit:
		return 0, 0, tooMany(limit)
	}
	return entries, missing, nil
}

// tooMany refuses a bundle that would lack entries.
func tooMany(limit int) error {
	return invalid("limit", "there are more than %d entries; narrow the time or the filter, or raise the limit (at most %d)", limit, maxBundle)
}

// gather finds the places of all events that match, at most limit, by stream.
func (a *API) gather(ctx context.Context, f query.Filter, limit int) (places map[string][]uint64, missing int64, err error) {
	places = map[string][]uint64{}
	f.Limit = query.MaxLimit
	for found := 0; ; {
		page, err := a.opts.Logs.Query(ctx, f)
		if err != nil {
			return nil, 0, err
		}
		missing = max(missing, page.Incomplete)
		for i := range page.Items {
			at := &page.Items[i].Place
			places[at.Stream] = append(places[at.Stream], at.Seq)
		}
		switch found += len(page.Items); {
		case found > limit:
			return nil, 0, tooMany(limit)
		case page.Next == "":
			return places, missing, nil
		}
		f.Cursor = page.Next
	}
}

// recordExport records who took what away, before anything of it has left.
func (a *API) recordExport(ctx context.Context, f *query.Filter, entries int, complete bool) {
	name := who(ctx).Name
	attrs := []event.Attr{
		{Key: "complete", Value: event.Bool(complete)},
		{Key: "entries", Value: event.Int(int64(entries))},
		{Key: "filter", Value: event.Text(f.Words())},
	}
	for key, at := range map[string]int64{"from": f.From, "to": f.To} {
		if at != 0 {
			attrs = append(attrs, event.Attr{Key: key, Value: event.Text(moment(at).Format(time.RFC3339Nano))})
		}
	}
	a.record(ctx, dataExport, event.Success, fmt.Sprintf("%s exported evidence of %d entries", name, entries), attrs...)
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
