// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/proof"
)

// The errors about legal holds.
var (
	// ErrHold says that a legal hold keeps what was to go.
	ErrHold = errors.New("a legal hold keeps it")
	// ErrHoldExists says that the id of a hold is taken.
	ErrHoldExists = errors.New("there is a hold of this id already")
	// ErrBadHold says that a hold cannot be as it is; the text names the field.
	ErrBadHold = errors.New("invalid")
	// ErrNoHold says that there is no hold of the id.
	ErrNoHold = errors.New("there is no such hold")
)

// Hold is a legal hold: while it is there, no entry received between From and To is
// dropped or erased. It names no person.
type Hold struct {
	ID     string    `json:"id"`
	Reason string    `json:"reason"`
	Actor  string    `json:"actor"`
	Placed time.Time `json:"placed"`
	// Stream is what it keeps, "" every stream.
	Stream string `json:"stream,omitempty"`
	// From and To are of receipt, both included; zero is without an end.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
}

// keeps tells whether the hold keeps something of a stream between two times of
// receipt, in nanoseconds.
func (h *Hold) keeps(stream string, from, to int64) bool {
	return (h.Stream == "" || h.Stream == stream) &&
		(h.From.IsZero() || h.From.UnixNano() <= to) && (h.To.IsZero() || from <= h.To.UnixNano())
}

// holds are the legal holds in force. The file is what is read at the start; each
// change of it is also an entry of the system stream.
type holds struct {
	// gate is held for reading while a file is dropped or erased, so that a hold is in
	// force from the moment on in which Place returns.
	gate sync.RWMutex
	mu   sync.Mutex
	list []Hold
	// damaged: the file could not be read, and everything is held.
	damaged bool
}

const (
	holdsName     = "holds"
	maxHolds      = 1000
	maxHoldID     = 80
	maxHoldReason = 1000
)

// validate tells what is wrong with a hold. Its id is a part of paths and lines.
func (h *Hold) validate() error {
	odd := func(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune("/?#%", c) }
	switch {
	case h.ID == "" || len(h.ID) > maxHoldID || strings.TrimSpace(h.ID) != h.ID || strings.ContainsFunc(h.ID, odd):
		return fmt.Errorf("%w: id: must have 1 to %d plain characters, and none of / ? # %%", ErrBadHold, maxHoldID)
	case h.Reason == "" || len(h.Reason) > maxHoldReason || !utf8.ValidString(h.Reason):
		return fmt.Errorf("%w: reason: must have 1 to %d bytes of text", ErrBadHold, maxHoldReason)
	case h.Actor == "":
		return fmt.Errorf("%w: actor: is missing", ErrBadHold)
	case h.Stream != "" && !proof.ValidStream(h.Stream):
		return fmt.Errorf("%w: stream: is not the name of a stream", ErrBadHold)
	case !h.From.IsZero() && !h.To.IsZero() && h.To.Before(h.From):
		return fmt.Errorf("%w: to: lies before from", ErrBadHold)
	default:
		return nil
	}
}

// openHolds reads the holds. A file that cannot be read keeps everything: what is
// dropped does not come back.
func (j *Journal) openHolds(ctx context.Context) error {
	raw, err := os.ReadFile(j.path(holdsName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read holds: %w", err)
	}
	if j.holds.list, err = parseHolds(raw); err != nil {
		j.log.ErrorContext(ctx, "the file of legal holds is damaged: everything is held until it is put right", "file", holdsName, "error", err)
		j.holds.list = []Hold{{ID: "damaged", Reason: "the file of legal holds is damaged", Actor: "tocsin", Placed: time.Now().UTC()}}
		j.holds.damaged = true
	}
	return nil
}

func parseHolds(raw []byte) (list []Hold, err error) {
	body, ok := cutSum(raw)
	if !ok {
		return nil, errors.New("its last line does not fit it")
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("holds: %w", err)
	}
	return list, nil
}

// Holds are the legal holds in force, by the time they were placed.
func (j *Journal) Holds() []Hold {
	j.holds.mu.Lock()
	defer j.holds.mu.Unlock()
	return slices.Clone(j.holds.list)
}

// Place puts a legal hold in force, durably, and records it. The id must be new.
func (j *Journal) Place(ctx context.Context, h Hold) error {
	if err := h.validate(); err != nil {
		return err
	}
	h.Placed = time.Now().UTC()
	err := j.changeHolds(func(list []Hold) ([]Hold, error) {
		if slices.ContainsFunc(list, func(o Hold) bool { return o.ID == h.ID }) {
			return nil, fmt.Errorf("%w: %.80q", ErrHoldExists, h.ID)
		}
		if len(list) >= maxHolds {
			return nil, fmt.Errorf("at most %d holds are possible", maxHolds)
		}
		return append(slices.Clip(list), h), nil
	})
	if err != nil {
		return err
	}
	return j.note(ctx, ownEvent(categoryPolicy, "legal hold placed", holdAttrs(&h, holdPlaced, h.Actor)...))
}

// Lift records that a legal hold ends, and ends it.
func (j *Journal) Lift(ctx context.Context, id, actor string) error {
	find := func(list []Hold) (int, error) {
		i := slices.IndexFunc(list, func(o Hold) bool { return o.ID == id })
		if i < 0 {
			return 0, fmt.Errorf("%w: %.80q", ErrNoHold, id)
		}
		return i, nil
	}
	list := j.Holds()
	i, err := find(list)
	if err != nil {
		return err
	}
	if err := j.note(ctx, ownEvent(categoryPolicy, "legal hold lifted", holdAttrs(&list[i], holdLifted, actor)...)); err != nil {
		return err
	}
	return j.changeHolds(func(list []Hold) ([]Hold, error) {
		i, err := find(list)
		if err != nil {
			return nil, err
		}
		return slices.Delete(slices.Clone(list), i, i+1), nil
	})
}

// The states of a hold, in its entries.
const (
	holdPlaced = "placed"
	holdLifted = "lifted"
)

// holdOf reads what holdAttrs wrote into an entry.
func holdOf(e *event.Event) (h Hold, state string, ok bool) {
	if e.Category != categoryPolicy {
		return h, "", false
	}
	text := func(name string) string {
		v, _ := e.Attr("hold." + name)
		return v.Text
	}
	h = Hold{ID: text("id"), Reason: text("reason"), Actor: text("actor"), Stream: text("stream"), Placed: time.Unix(0, e.Time).UTC()}
	var errs [2]error
	h.From, errs[0] = parseTimeText(text("from"))
	h.To, errs[1] = parseTimeText(text("to"))
	return h, text("state"), h.ID != "" && errs[0] == nil && errs[1] == nil
}

func parseTimeText(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(time.RFC3339Nano, s) //nolint:wrapcheck // the caller only asks whether
}

// same tells whether two holds keep the same for the same reason.
func (h *Hold) same(o *Hold) bool {
	return h.ID == o.ID && h.Reason == o.Reason && h.Actor == o.Actor && h.Stream == o.Stream && h.From.Equal(o.From) && h.To.Equal(o.To)
}

func holdAttrs(h *Hold, what, actor string) []event.Attr {
	return []event.Attr{
		{Key: "hold.id", Value: event.Text(h.ID)},
		{Key: "hold.state", Value: event.Text(what)},
		{Key: "hold.reason", Value: event.Text(h.Reason)},
		{Key: "hold.actor", Value: event.Text(actor)},
		{Key: "hold.stream", Value: event.Text(h.Stream)},
		{Key: "hold.from", Value: event.Text(timeText(h.From))},
		{Key: "hold.to", Value: event.Text(timeText(h.To))},
	}
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// changeHolds replaces the list and its file.
func (j *Journal) changeHolds(change func([]Hold) ([]Hold, error)) error {
	j.holds.gate.Lock()
	defer j.holds.gate.Unlock()
	j.holds.mu.Lock()
	defer j.holds.mu.Unlock()
	next, err := change(j.holds.list)
	if err != nil {
		return err
	}
	raw, err := json.MarshalIndent(next, "", "  ")
	if err != nil {
		return fmt.Errorf("holds: %w", err)
	}
	if err := replaceFile(j.opts.disk, j.path(holdsName), addSum(append(raw, '\n'))); err != nil {
		return fmt.Errorf("write holds: %w", err)
	}
	j.holds.list = next
	return nil
}

// held is the hold that keeps something of a stream between two times of receipt.
func (j *Journal) held(stream string, from, to int64) (Hold, bool) {
	j.holds.mu.Lock()
	defer j.holds.mu.Unlock()
	for i := range j.holds.list {
		if h := j.holds.list[i]; h.keeps(stream, from, to) {
			return h, true
		}
	}
	return Hold{}, false
}
