// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Rows makes events out of a reader's columns. It remembers the pages that it
// used last, so that going through rows in order reads each page once. It is
// used by one goroutine.
type Rows struct {
	r     Reader
	gone  func(row int) event.SlotSet
	page  int
	have  [numColumns]bool
	ints  [numInts][]int64
	bytes [numBytes][]byte
	texts [numTexts]Texts
	dicts [numTexts]Dict
	read  [numTexts]bool // the dictionaries
}

// NewRows returns a Rows over r.
func NewRows(r Reader) *Rows {
	s := &Rows{r: r, page: -1}
	if f, ok := r.(*File); ok { // what is in memory was never rewritten
		s.gone = f.erased
	}
	return s
}

// seek goes to the page of a row and returns the row's number in it.
func (s *Rows) seek(row int) (int, error) {
	if row < 0 || row >= s.r.Rows() {
		return 0, fmt.Errorf("row %d of %d: %w", row, s.r.Rows(), ErrRange)
	}
	if page := row / PageRows; page != s.page {
		s.page, s.have = page, [numColumns]bool{}
	}
	return row % PageRows, nil
}

// load reads a column's page unless it is there.
func (s *Rows) load(c Column) (err error) {
	if s.have[c] {
		return nil
	}
	switch {
	case c.isInts():
		s.ints[c], err = s.r.Ints(c, s.page)
	case c.isBytes():
		s.bytes[c-ColSeverity], err = s.r.Bytes(c, s.page)
	default:
		k := c - ColSource
		if s.texts[k], err = s.r.Texts(c, s.page); err != nil {
			return err
		}
		if needed := s.texts[k].NeedsDict() || c == ColRest && s.texts[k].Raw(); needed && !s.read[k] {
			if s.dicts[k], err = s.r.Dict(c); err != nil {
				return err
			}
			s.read[k] = true
		}
	}
	s.have[c] = err == nil
	return err
}

// Event overwrites dst with the event of a row. Its strings may be parts of a
// dictionary or page, which they keep in memory.
func (s *Rows) Event(row int, dst *event.Event) error {
	*dst = event.Event{}
	i, err := s.seek(row)
	if err != nil {
		return err
	}
	for c := range numColumns {
		if c == ColLeaf8 || c == ColMAC16 {
			continue
		}
		if err := s.load(c); err != nil {
			return err
		}
	}
	dst.Time, dst.Received = s.ints[ColTime][i], s.ints[ColReceived][i]
	dst.Place = event.Place{
		Origin: s.r.Origin(), Stream: s.r.Stream(),
		Seq: uint64(s.ints[ColSeq][i]), Ord: uint64(s.ints[ColOrd][i]), //nolint:gosec // two's complement, and back
	}
	if s.gone != nil {
		dst.Place.Erased = s.gone(row)
	}
	dst.Severity = event.Severity(s.bytes[0][i])
	dst.Outcome = event.Outcome(s.bytes[ColOutcome-ColSeverity][i])
	copy(dst.ID[:], s.bytes[ColID-ColSeverity][16*i:])
	for f := event.FieldSource; f <= event.FieldSender; f++ {
		switch text, state := s.text(int(f-event.FieldSource), i); state {
		case Present:
			*coreRef(dst, f) = text
		case Blank:
			dst.Blank = dst.Blank.With(f)
		case Null:
			dst.Null = dst.Null.With(f)
		case Absent:
		}
	}
	rest := numTexts - 1
	row8, _ := s.text(rest, i)
	if err := decodeRest(row8, s.dicts[rest], dst); err != nil {
		return fmt.Errorf("row %d, column rest: %w", row, err)
	}
	return nil
}

// text returns the text of row i of the page in the k-th text column.
func (s *Rows) text(k, i int) (string, State) {
	t := &s.texts[k]
	if t.Raw() {
		b, state := t.At(i)
		return string(b), state
	}
	code := t.Code(i)
	return s.dicts[k].Text(code), codeState(code)
}

// Integrity returns the first bytes of the leaf hash and the MAC of a row.
func (s *Rows) Integrity(row int) (leaf8 [8]byte, mac16 [16]byte, err error) {
	i, err := s.seek(row)
	if err != nil {
		return leaf8, mac16, err
	}
	for _, c := range [...]Column{ColLeaf8, ColMAC16} {
		if err := s.load(c); err != nil {
			return leaf8, mac16, err
		}
	}
	copy(leaf8[:], s.bytes[ColLeaf8-ColSeverity][8*i:])
	copy(mac16[:], s.bytes[ColMAC16-ColSeverity][16*i:])
	return leaf8, mac16, nil
}

// coreRef returns the place of a core text field, which f must be.
func coreRef(e *event.Event, f event.Field) *string {
	switch f {
	case event.FieldSource:
		return &e.Source
	case event.FieldCategory:
		return &e.Category
	case event.FieldAction:
		return &e.Action
	case event.FieldMessage:
		return &e.Message
	case event.FieldUser:
		return &e.User
	case event.FieldIP:
		return &e.IP
	case event.FieldSession:
		return &e.Session
	case event.FieldUserAgent:
		return &e.UserAgent
	case event.FieldHost:
		return &e.Host
	case event.FieldService:
		return &e.Service
	case event.FieldOriginID:
		return &e.OriginID
	case event.FieldInput:
		return &e.Input
	default:
		return &e.Sender
	}
}
