// SPDX-License-Identifier: Apache-2.0

package api

import "time"

// The bounds of a page.
const (
	defaultLimit = 100
	maxLimit     = 1000
	maxOffset    = 1_000_000
	maxCursor    = 1024
)

// window is the part of a list that a caller asked for.
type window struct {
	limit, offset int
	cursor        string
}

func windowOf(limit *Limit, cursor *Cursor, offset *Offset) (window, error) {
	w := window{limit: defaultLimit}
	if limit != nil {
		w.limit = *limit
	}
	if offset != nil {
		w.offset = *offset
	}
	if cursor != nil {
		w.cursor = *cursor
	}
	switch {
	case w.limit < 1 || w.limit > maxLimit:
		return w, invalid("limit", "must be between 1 and %d", maxLimit)
	case w.offset < 0 || w.offset > maxOffset:
		return w, invalid("offset", "must be between 0 and %d", maxOffset)
	case len(w.cursor) > maxCursor:
		return w, invalid("cursor", "is none that this list gave")
	case w.cursor != "" && w.offset != 0:
		return w, invalid("offset", "cannot be joined with a cursor")
	}
	return w, nil
}

// optional is nil for an empty text.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// optionalTime is nil for the zero time.
func optionalTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// moment turns nanoseconds since 1970 into a time.
func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// optionalMoment is nil for 0.
func optionalMoment(ns int64) *time.Time {
	if ns == 0 {
		return nil
	}
	t := moment(ns)
	return &t
}

// value reads an optional parameter.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// notNil makes an empty list out of none, which JSON would show as null.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
