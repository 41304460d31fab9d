// SPDX-License-Identifier: Apache-2.0

package event

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The limits of one event. A value that is too long is cut and marked, never a
// reason to refuse: otherwise padding would erase evidence.
const (
	// MaxEventBytes is the most that one event's texts may hold.
	MaxEventBytes = 256 << 10
	// MaxFieldBytes is the most that one value may hold.
	MaxFieldBytes = 64 << 10
	// MaxNameBytes is the most for source, category and action.
	MaxNameBytes = 256
	// MaxKeyBytes is the most for an attribute's key.
	MaxKeyBytes = 512
	// MaxNumberBytes is the most for a number's source text.
	MaxNumberBytes = 64
	// MaxDepth is how deep objects and lists may lie.
	MaxDepth = 32
)

// ErrInvalid is wrapped by every error of Validate.
var ErrInvalid = errors.New("invalid event")

// Size is the number of bytes that the event's own texts hold.
func (e *Event) Size() int {
	n := 128 + len(e.Raw)
	for f := FieldSource; f < fieldEnd; f++ {
		n += len(*e.ref(f))
	}
	for _, t := range e.Tags {
		n += len(t)
	}
	for i := range e.Attrs {
		n += len(e.Attrs[i].Key) + e.Attrs[i].Value.Size()
	}
	for i := range e.Marks {
		m := &e.Marks[i]
		n += len(m.Kind) + len(m.Field) + len(m.Hash) + len(m.Detail)
	}
	return n
}

// CutLong cuts every value over its limit and marks each cut with the length
// and SHA-256 of what it was. It runs after redaction, so that no secret is
// hidden behind a cut.
func (e *Event) CutLong() {
	for f := FieldSource; f < fieldEnd; f++ {
		limit := MaxFieldBytes
		if f <= FieldAction {
			limit = MaxNameBytes
		}
		if p := e.ref(f); len(*p) > limit {
			*p = e.cut(*p, f.String(), limit)
		}
	}
	if len(e.Raw) > MaxFieldBytes {
		e.Raw = e.cut(e.Raw, "raw", MaxFieldBytes)
	}
	for i := range e.Attrs {
		a := &e.Attrs[i]
		if a.Value.Size() > MaxFieldBytes {
			e.cutValue(&a.Value, "attrs."+a.Key)
		}
	}
	for i, t := range e.Tags {
		if len(t) > MaxNameBytes {
			e.Tags[i] = e.cut(t, "tags", MaxNameBytes)
		}
	}
}

func (e *Event) cut(s, field string, limit int) string {
	sum := sha256.Sum256([]byte(s))
	e.Marks = append(e.Marks, Mark{
		Kind: MarkTruncated, Field: field, Length: int64(len(s)), Hash: hex.EncodeToString(sum[:]),
	})
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// cutValue cuts a text, or drops the members of a list that go over the limit.
func (e *Event) cutValue(v *Value, field string) {
	if v.Kind != KindList {
		v.Text = e.cut(v.Text, field, MaxFieldBytes)
		return
	}
	sum := sha256.Sum256(appendValue(nil, *v))
	size, keep := v.Size(), 0
	for n := 1; keep < len(v.List); keep++ { // 1 is the list itself
		if n += v.List[keep].Size(); n > MaxFieldBytes {
			break
		}
	}
	v.List = v.List[:keep:keep]
	e.Marks = append(e.Marks, Mark{
		Kind: MarkTruncated, Field: field, Length: int64(size), Hash: hex.EncodeToString(sum[:]),
	})
}

// Validate tells what keeps the event from being recorded: the error wraps
// ErrInvalid and names the field. It expects CutLong to have run.
func (e *Event) Validate() error {
	if e.Source == "" {
		return fmt.Errorf("%w: source: missing", ErrInvalid)
	}
	if e.Time < MinTime || e.Received < MinTime {
		return fmt.Errorf("%w: time: before 1970", ErrInvalid)
	}
	if e.Severity > Critical {
		return fmt.Errorf("%w: severity: %d is none", ErrInvalid, e.Severity)
	}
	if e.Outcome > Unknown {
		return fmt.Errorf("%w: outcome: %d is none", ErrInvalid, e.Outcome)
	}
	if n := e.Size(); n > MaxEventBytes {
		return fmt.Errorf("%w: %d bytes, at most %d are allowed", ErrInvalid, n, MaxEventBytes)
	}
	for f := FieldSource; f < fieldEnd; f++ {
		if s := *e.ref(f); !utf8.ValidString(s) {
			return fmt.Errorf("%w: %s: invalid UTF-8", ErrInvalid, f)
		}
	}
	for i := range e.Attrs {
		if err := e.validateAttr(i); err != nil {
			return err
		}
	}
	for _, t := range e.Tags {
		if !utf8.ValidString(t) {
			return fmt.Errorf("%w: tags: invalid UTF-8", ErrInvalid)
		}
	}
	return nil
}

func (e *Event) validateAttr(i int) error {
	a := &e.Attrs[i]
	switch {
	case a.Key == "":
		return fmt.Errorf("%w: attrs: empty key", ErrInvalid)
	case len(a.Key) > MaxKeyBytes:
		return fmt.Errorf("%w: attrs.%.40s…: key of %d bytes, at most %d are allowed", ErrInvalid, a.Key, len(a.Key), MaxKeyBytes)
	case !utf8.ValidString(a.Key):
		return fmt.Errorf("%w: attrs: key %.60q: invalid UTF-8", ErrInvalid, a.Key)
	case i > 0 && e.Attrs[i-1].Key == a.Key:
		return fmt.Errorf("%w: attrs.%s: twice", ErrInvalid, a.Key)
	case i > 0 && e.Attrs[i-1].Key > a.Key:
		return fmt.Errorf("%w: attrs.%s: not sorted", ErrInvalid, a.Key)
	}
	if why := a.Value.problem(0); why != "" {
		return fmt.Errorf("%w: attrs.%s: %s", ErrInvalid, a.Key, why)
	}
	return nil
}

func (v Value) problem(depth int) string {
	switch v.Kind {
	case KindNull, KindFalse, KindTrue, KindBytes:
	case KindNumber:
		if len(v.Text) > MaxNumberBytes || v.Text == "" {
			return fmt.Sprintf("number of %d characters, 1 to %d are allowed", len(v.Text), MaxNumberBytes)
		}
	case KindText:
		if !utf8.ValidString(v.Text) {
			return "invalid UTF-8"
		}
	case KindList:
		if depth >= MaxDepth {
			return fmt.Sprintf("more than %d levels deep", MaxDepth)
		}
		for _, m := range v.List {
			if why := m.problem(depth + 1); why != "" {
				return why
			}
		}
	default:
		return fmt.Sprintf("unknown kind %d", v.Kind)
	}
	return ""
}
