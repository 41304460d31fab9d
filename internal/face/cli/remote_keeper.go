// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

const (
	remoteWithin = 5 * time.Minute // of one request
	remoteEvery  = 300 * time.Millisecond
)

// remote is a keeper over the API of a server.
type remote struct {
	base     *url.URL
	token    string
	client   *http.Client
	progress io.Writer
}

func newRemote(base, token string, progress io.Writer) (*remote, error) {
	if base == "" {
		base = defaultURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &exitError{ExitUsage, errors.New("--url: want http://HOST:PORT or https://HOST")}
	}
	return &remote{base: u, token: token, client: &http.Client{Timeout: remoteWithin}, progress: progress}, nil
}

// call makes a request below /api/siem/ and decodes the answer; into may be nil, or a
// *string for text. The path is escaped already.
func (r *remote) call(ctx context.Context, method, path string, body, into any) error {
	var in io.Reader = http.NoBody
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.base.JoinPath("api", "siem").String()+"/"+path, in)
	if err != nil {
		return err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch text, isText := into.(*string); {
	case err != nil:
		return fmt.Errorf("read answer: %w", err)
	case resp.StatusCode >= http.StatusMultipleChoices:
		return problem(resp.Status, raw)
	case isText:
		*text = string(raw)
		return nil
	case into == nil:
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("answer: %w", err)
	}
	return nil
}

// watchedOrder is an order as the API shows it.
type watchedOrder struct {
	erasure.Order
	Progress *struct {
		Stage       string
		Done, Total int
	} `json:"progress"`
}

// Erase implements keeper: it waits until the order has an end.
func (r *remote) Erase(ctx context.Context, subject, reason string) (erasure.Order, error) {
	var o erasure.Order
	body := map[string]string{"subject": subject}
	if reason != "" {
		body["reason"] = reason
	}
	if err := r.call(ctx, http.MethodPost, "erasures", body, &o); err != nil || o.Status == erasure.Pending {
		return o, err
	}
	return r.wait(ctx, o.ID)
}

// Approve implements keeper: it waits until the order has an end.
func (r *remote) Approve(ctx context.Context, id string) (erasure.Order, error) {
	if err := r.call(ctx, http.MethodPost, "erasures/"+url.PathEscape(id)+"/approve", nil, nil); err != nil {
		return erasure.Order{}, err
	}
	return r.wait(ctx, id)
}

// wait looks at an order until it has an end, and tells how far it is.
func (r *remote) wait(ctx context.Context, id string) (erasure.Order, error) {
	last := ""
	for {
		var o watchedOrder
		if err := r.call(ctx, http.MethodGet, "erasures/"+url.PathEscape(id), nil, &o); err != nil {
			return o.Order, err
		}
		switch {
		case o.Status == erasure.Refused:
			return o.Order, &erasure.HeldError{Hold: o.Hold}
		case !o.Status.Open():
			return r.Erasure(ctx, id)
		case o.Error != "":
			return o.Order, fmt.Errorf("erasure %s cannot get on, and is tried again: %s", id, o.Error)
		}
		if p := o.Progress; p != nil && p.Stage != last {
			last = p.Stage
			_, _ = fmt.Fprintf(r.progress, "erasure %s: %s\n", id, last)
		}
		select {
		case <-ctx.Done():
			return o.Order, fmt.Errorf("erasure %s goes on without this command: %w", id, ctx.Err())
		case <-time.After(remoteEvery):
		}
	}
}

// Cancel implements keeper.
func (r *remote) Cancel(ctx context.Context, id string) (o erasure.Order, err error) {
	err = r.call(ctx, http.MethodPost, "erasures/"+url.PathEscape(id)+"/cancel", nil, &o)
	return o, err
}

// Erasure implements keeper.
func (r *remote) Erasure(ctx context.Context, id string) (o erasure.Order, err error) {
	if err := r.call(ctx, http.MethodGet, "erasures/"+url.PathEscape(id), nil, &o); err != nil || o.Status != erasure.Done {
		return o, err
	}
	err = r.call(ctx, http.MethodGet, "erasures/"+url.PathEscape(id)+"/certificate", nil, &o.Certificate)
	return o, err
}

// Erasures implements keeper.
func (r *remote) Erasures(ctx context.Context) ([]erasure.Order, error) {
	var all []erasure.Order
	for path := "erasures"; ; {
		var page struct {
			Items []erasure.Order
			Next  *string
		}
		if err := r.call(ctx, http.MethodGet, path, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == nil {
			return all, nil
		}
		path = "erasures?cursor=" + url.QueryEscape(*page.Next)
	}
}

// holdRow is a hold as the API shows it.
type holdRow struct {
	ID       string     `json:"id"`
	Reason   string     `json:"reason"`
	PlacedAt time.Time  `json:"placed_at,omitzero"`
	PlacedBy string     `json:"placed_by,omitempty"`
	Stream   string     `json:"stream,omitempty"`
	From     *time.Time `json:"from,omitempty"`
	To       *time.Time `json:"to,omitempty"`
}

// Holds implements keeper.
func (r *remote) Holds(ctx context.Context) ([]journal.Hold, error) {
	var page struct{ Items []holdRow }
	if err := r.call(ctx, http.MethodGet, "holds", nil, &page); err != nil {
		return nil, err
	}
	holds := make([]journal.Hold, len(page.Items))
	for i, h := range page.Items {
		holds[i] = journal.Hold{ID: h.ID, Reason: h.Reason, Actor: h.PlacedBy, Placed: h.PlacedAt, Stream: h.Stream}
		if h.From != nil {
			holds[i].From = *h.From
		}
		if h.To != nil {
			holds[i].To = *h.To
		}
	}
	return holds, nil
}

// Place implements keeper.
func (r *remote) Place(ctx context.Context, h journal.Hold) error {
	row := holdRow{ID: h.ID, Reason: h.Reason, Stream: h.Stream}
	if !h.From.IsZero() {
		row.From = &h.From
	}
	if !h.To.IsZero() {
		row.To = &h.To
	}
	return r.call(ctx, http.MethodPost, "holds", row, nil)
}

// Lift implements keeper.
func (r *remote) Lift(ctx context.Context, id string) error {
	return r.call(ctx, http.MethodDelete, "holds/"+url.PathEscape(id), nil, nil)
}

// Retain implements keeper.
func (r *remote) Retain(ctx context.Context, clockChecked bool) (run app.RetentionRun, err error) {
	err = r.call(ctx, http.MethodPost, "retention", map[string]bool{"clock_checked": clockChecked}, &run)
	return run, err
}

var (
	_ keeper = (*remote)(nil)
	_ keeper = (*app.Upkeep)(nil)
)
