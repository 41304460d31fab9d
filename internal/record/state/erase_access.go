// SPDX-License-Identifier: Apache-2.0

package state

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/tocsin-siem/tocsin/internal/core/erasure"
	"github.com/tocsin-siem/tocsin/internal/face/auth"
)

// Account tells whether the name of a user of Tocsin itself is one of those.
func (s *State) Account(ctx context.Context, is func(name string) bool) (bool, error) {
	names, err := all(ctx, s.read, func(row scanner) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	}, "SELECT name FROM users")
	if err != nil {
		return false, fmt.Errorf("users: %w", err)
	}
	if slices.ContainsFunc(names, is) {
		return true, nil
	}
	return false, nil
}

// words are texts of a row, with its key.
type words struct {
	key   any
	texts []string
}

// texts puts erasure.Word in the place of the texts of a table that are one of
// those. set takes the texts and the key.
func (e *eraser) texts(what, query, set string, columns int) error {
	rows, err := all(e.ctx, e.tx, func(row scanner) (w words, err error) {
		w.texts = make([]string, columns)
		dest := []any{&w.key}
		for i := range w.texts {
			dest = append(dest, &w.texts[i])
		}
		err = row.Scan(dest...)
		return w, err
	}, query)
	if err != nil {
		return err
	}
	for _, w := range rows {
		changed := false
		args := make([]any, 0, columns+1)
		for i := range w.texts {
			if e.is(w.texts[i]) {
				w.texts[i], changed = erasure.Word, true
			}
			args = append(args, w.texts[i])
		}
		if !changed {
			continue
		}
		e.gone[what]++
		if err := e.exec(set, append(args, w.key)...); err != nil {
			return err
		}
	}
	return nil
}

func (e *eraser) sessions() error {
	return e.texts("sessions", "SELECT id, ip, user_agent FROM sessions", "UPDATE sessions SET ip = ?, user_agent = ? WHERE id = ?", 2)
}

func (e *eraser) tokens() error {
	return e.texts("tokens", "SELECT id, name, created_by FROM tokens", "UPDATE tokens SET name = ?, created_by = ? WHERE id = ?", 2)
}

// pending changes the activities that no server has journaled yet.
func (e *eraser) pending() error {
	rows, err := all(e.ctx, e.tx, func(row scanner) (n numbered[auth.Activity], err error) {
		var body []byte
		if err = row.Scan(&n.seq, &body); err == nil {
			err = json.Unmarshal(body, &n.row)
		}
		return n, err
	}, "SELECT id, activity FROM pending_audit")
	if err != nil {
		return err
	}
	for i := range rows {
		a, changed := &rows[i].row, false
		for _, t := range [...]*string{&a.User, &a.UserAgent, &a.Session, &a.Reason, &a.Token, &a.Name} {
			if e.is(*t) {
				*t, changed = erasure.Word, true
			}
		}
		if e.is(a.IP) {
			a.IP, changed = "", true // a word is no address
		}
		if !changed {
			continue
		}
		body, err := marshal(a)
		if err != nil {
			return err
		}
		e.gone["pending activities"]++
		if err := e.exec("UPDATE pending_audit SET activity = ? WHERE id = ?", body, rows[i].seq); err != nil {
			return err
		}
	}
	return nil
}

// orders takes the subject out of the order that is carried out, and out of the
// others whoever ordered, approved or cancelled. A subject that waits for its turn
// stays: it is needed.
func (e *eraser) orders(id string) error {
	rows, err := all(e.ctx, e.tx, scanOrder, "SELECT body FROM erasures")
	if err != nil {
		return err
	}
	for _, o := range rows {
		changed := o.ID == id && o.Subject != ""
		if changed {
			o.Forget()
		}
		for _, t := range [...]*string{&o.RequestedBy, &o.Owner, &o.ApprovedBy, &o.CancelledBy, &o.Reason, &o.Hold} {
			if e.is(*t) {
				*t, changed = erasure.Word, true
			}
		}
		if changed {
			if err := putOrder(e.ctx, e.tx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// compactTries is how often Compact waits for readers to come to their end.
const compactTries = 5

var errBusy = errors.New("the state database is read by somebody all the time")

// Compact writes the database's file anew, so that nothing of what was deleted or
// replaced is in it, and empties its write-ahead log. What the file system and the
// disk keep of blocks that they gave up is theirs.
func (s *State) Compact(ctx context.Context) error {
	for _, do := range [...]func(context.Context) error{s.emptyLog, s.vacuum, s.emptyLog} {
		if err := do(ctx); err != nil {
			return fmt.Errorf("compact the state database: %w", unavailable(err))
		}
	}
	return nil
}

func (s *State) vacuum(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, "VACUUM")
	return err
}

// emptyLog moves the log's pages to the database and cuts it to nothing. Each try
// waits for readers as long as any statement does.
func (s *State) emptyLog(ctx context.Context) error {
	for range compactTries {
		var busy, pages, moved int
		if err := s.write.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
			return err
		}
		if busy == 0 {
			return nil
		}
	}
	return errBusy
}
