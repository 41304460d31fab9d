// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

const bundleType = "application/x-ndjson"

// entryProof is EntryProof of openapi.yaml.
type entryProof struct {
	Record     json.RawMessage `json:"record"`
	Path       json.RawMessage `json:"path"`
	Header     json.RawMessage `json:"header"`
	Checkpoint string          `json:"checkpoint"`
	Bundle     string          `json:"bundle"`
}

// proveLog implements GET /api/siem/logs/{id}/proof.
func (a *API) proveLog(w http.ResponseWriter, r *http.Request) {
	if err := a.prove(w, r); err != nil {
		a.fail(w, r, err)
	}
}

func (a *API) prove(w http.ResponseWriter, r *http.Request) error {
	if r.PathValue("part") != "proof" {
		return problem(http.StatusNotFound, "not_found", "there is no such route")
	}
	id, err := event.ParseID(r.PathValue("id"))
	if err != nil {
		return invalid("id", "is not the id of an event")
	}
	e, err := a.opts.Logs.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	bundle, err := a.proofOf(r.Context(), e.Place)
	if err != nil {
		return err
	}
	shown, err := a.showProof(bundle, e.Place)
	if err != nil {
		return a.unproven(r.Context(), fmt.Errorf("%w: event %s: %w", journal.ErrDamaged, id, err))
	}
	a.record(r.Context(), dataAccess, event.Success, who(r.Context()).Name+" took the proof of an event",
		event.Attr{Key: "event_id", Value: event.Text(id.String())})
	w.Header().Add("Vary", "Accept")
	if wants(r, bundleType) {
		sendFile(w, "tocsin-proof-"+id.String()+".ndjson")
		_, _ = w.Write(bundle) // the client is gone: nothing to do
		return nil
	}
	out, err := json.Marshal(shown)
	if err != nil {
		return fmt.Errorf("write proof: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(out, '\n'))
	return nil
}

// proofOf makes the bundle of one entry.
func (a *API) proofOf(ctx context.Context, at event.Place) ([]byte, error) {
	leave, err := a.exports.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	run := []event.Range{{Stream: at.Stream, First: at.Seq, Last: at.Seq}}
	if err := a.maySeal(at.Origin, run); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, sealWithin)
	defer cancel()
	var out bytes.Buffer
	if err := a.opts.Evidence.WriteBundle(ctx, &out, journal.BundleRequest{Origin: at.Origin, Entries: run}); err != nil {
		return nil, a.unproven(ctx, err)
	}
	return out.Bytes(), nil
}

// showProof checks a bundle as a stranger does, and shows what it says of one entry,
// read from the bytes that are proven.
func (a *API) showProof(bundle []byte, at event.Place) (p entryProof, err error) {
	known := a.opts.Evidence.Keys()
	report, err := proof.CheckBundle(bytes.NewReader(bundle), known.Trusted(at.Origin), proof.BundleOptions{
		Show: func(e *event.Event, _ [event.Slots]proof.SlotState) error {
			if e.Place.Stream == at.Stream && e.Place.Seq == at.Seq {
				p.Record = a.appendRow(nil, e)
			}
			return nil
		},
	})
	switch {
	case err != nil:
		return p, err
	case !report.OK():
		return p, fmt.Errorf("the bundle is %s: %+v", report.Status, report.Failures)
	case p.Record == nil:
		return p, fmt.Errorf("the bundle does not have stream %s, seq %d", at.Stream, at.Seq)
	}
	p.Bundle = string(bundle)
	for line := range bytes.Lines(bundle) {
		var l struct {
			Checkpoint string          `json:"checkpoint"`
			Header     json.RawMessage `json:"header"`
			Entry      *struct {
				Path json.RawMessage `json:"path"`
			} `json:"entry"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return p, fmt.Errorf("read the bundle: %w", err)
		}
		switch {
		case l.Checkpoint != "":
			p.Checkpoint = l.Checkpoint
		case l.Header != nil:
			p.Header = l.Header
		case l.Entry != nil: // tombstones come first, the entry itself is the last
			p.Path = l.Entry.Path
		}
	}
	return p, nil
}

// wants tells whether the caller names a media type.
func wants(r *http.Request, media string) bool {
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		if name, params, err := mime.ParseMediaType(part); err == nil && name == media && params["q"] != "0" {
			return true
		}
	}
	return false
}

// sendFile says that the answer is an evidence bundle to be kept under a name.
func sendFile(w http.ResponseWriter, name string) {
	w.Header().Set("Content-Type", bundleType)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}
