// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Rows makes events out of a reader's columns. It remembers the pages that it
// used last, so that going through rows in order reads each page once. It is
// used by one goroutine.
type Rows struct {
	r      Reader
	gone   func(row int) event.SlotSet
	page   int
	few    bool // parts of raw pages are read, of which part is here
	part   int
	loaded bool // the columns of the page that make an event are here
	proven bool // those of Integrity are
	picks  *picks
	ints   [numInts][]int64
	bytes  [numBytes][]byte
	texts  []rowTexts // those that have a text in the page
	attrs  []rowTexts // the same of attributes, by key
	rest   rowTexts
	dicts  []columnDict // those that were read
	room   room
}

type columnDict struct {
	column Column
	dict   Dict
}

// rowTexts is a page of a text column.
type rowTexts struct {
	field event.Field
	key   string // of an attribute
	from  int    // the row of the page that is row 0 of texts
	texts Texts
	dict  Dict
}

// NewRows returns a Rows over r whose events may be kept.
func NewRows(r Reader) *Rows {
	s := &Rows{r: r, page: -1}
	if f, ok := Unmetered(r).(*File); ok { // what is in memory was never rewritten
		s.gone = f.erased
	}
	s.room.texts = arena{least: 512, most: roomBytes}
	return s
}

// NewScan returns a Rows over r for who looks at all events and keeps none: what
// Event gives is valid until the next call of it, and is to be copied by then. It
// makes no garbage for each row.
func NewScan(r Reader) *Rows {
	s := NewRows(r)
	s.room.lent = true
	return s
}

// seek goes to the page of a row and returns the row's number in it.
func (s *Rows) seek(row int) (int, error) {
	if row < 0 || row >= s.r.Rows() {
		return 0, fmt.Errorf("row %d of %d: %w", row, s.r.Rows(), ErrRange)
	}
	if page := row / PageRows; page != s.page {
		s.page, s.loaded, s.proven = page, false, false
	}
	if part := row % PageRows / PartRows; s.few && part != s.part {
		s.part, s.loaded = part, false
	}
	return row % PageRows, nil
}

// Few says whether only a few rows of a page are asked for from now on: then of raw
// pages the parts in which they lie are read, and not the others.
func (s *Rows) Few(few bool) {
	if s.few != few {
		s.few, s.part, s.loaded = few, -1, false
	}
}

// pageOf reads a column's page, or the part of it that is wanted; from is the row of the
// page that is its first.
func (s *Rows) pageOf(c Column) (texts Texts, from int, err error) {
	if s.few && s.r.Raw(c, s.page) {
		texts, err = s.r.Part(c, s.page, s.part)
		return texts, s.part * PartRows, err
	}
	texts, err = s.r.Texts(c, s.page)
	return texts, 0, err
}

// load reads the page of the columns that make an event.
func (s *Rows) load() (err error) {
	for c := range ColSource {
		switch {
		case !s.wants(c):
			continue
		case c.isInts():
			s.ints[c], err = s.r.Ints(c, s.page)
		default:
			s.bytes[c-ColSeverity], err = s.r.Bytes(c, s.page)
		}
		if err != nil {
			return err
		}
	}
	if s.texts == nil {
		s.texts, s.attrs = make([]rowTexts, 0, numTexts), make([]rowTexts, 0, min(len(s.r.Attrs()), 8))
	}
	s.texts, s.attrs = s.texts[:0], s.attrs[:0]
	if err := s.loadTexts(); err != nil {
		return err
	}
	s.loaded = true
	return nil
}

// add adds a column's page to list unless it is absent in all rows.
func (s *Rows) add(list []rowTexts, c Column, t rowTexts) (_ []rowTexts, err error) {
	if t.texts, t.from, err = s.pageOf(c); err != nil || t.texts.empty() {
		return list, err
	}
	if t.texts.NeedsDict() {
		if t.dict, err = s.dict(c); err != nil {
			return list, err
		}
	}
	return append(list, t), nil
}

// dict reads a column's dictionary once.
func (s *Rows) dict(c Column) (Dict, error) {
	for i := range s.dicts {
		if s.dicts[i].column == c {
			return s.dicts[i].dict, nil
		}
	}
	d, err := s.r.Dict(c)
	if err == nil {
		s.dicts = append(s.dicts, columnDict{c, d})
	}
	return d, err
}

// Event overwrites dst with the event of a row. Its strings may be parts of a
// dictionary, which they keep in memory, and share up to 16 KiB with those of the
// rows that were read before and after; but see NewScan.
func (s *Rows) Event(row int, dst *event.Event) error {
	*dst = event.Event{}
	i, err := s.seek(row)
	if err != nil {
		return err
	}
	if !s.loaded {
		if err := s.load(); err != nil {
			return err
		}
	}
	dst.Place = event.Place{
		Origin: s.r.Origin(), Stream: s.r.Stream(),
		Seq: uint64(s.int(ColSeq, i)), Ord: uint64(s.int(ColOrd, i)), //nolint:gosec // two's complement, and back
	}
	if s.gone != nil {
		dst.Place.Erased = s.gone(row)
	}
	dst.Time, dst.Received = s.int(ColTime, i), s.int(ColReceived, i)
	dst.Severity, dst.Outcome = event.Severity(s.byte(ColSeverity, i)), event.Outcome(s.byte(ColOutcome, i))
	if ids := s.bytes[ColID-ColSeverity]; s.wants(ColID) {
		copy(dst.ID[:], ids[16*i:])
	}
	for k := range s.texts {
		c := &s.texts[k]
		switch text, state := c.at(i, &s.room); state {
		case Present:
			*coreRef(dst, c.field) = text
		case Blank:
			dst.Blank = dst.Blank.With(c.field)
		case Null:
			dst.Null = dst.Null.With(c.field)
		case Absent:
		}
	}
	if text, state := s.rest.at(i, &s.room); state == Present {
		if err := decodeRest(text, s.rest.dict, dst); err != nil {
			return fmt.Errorf("row %d, column rest: %w", row, err)
		}
	}
	if len(s.attrs) > 0 {
		return s.addAttrs(row, i, dst)
	}
	return nil
}

func (s *Rows) int(c Column, i int) int64 {
	if !s.wants(c) {
		return 0
	}
	return s.ints[c][i]
}

func (s *Rows) byte(c Column, i int) byte {
	if !s.wants(c) {
		return 0
	}
	return s.bytes[c-ColSeverity][i]
}

// addAttrs adds the attributes that have columns of their own.
func (s *Rows) addAttrs(row, i int, dst *event.Event) error {
	list := s.room.attributes(len(s.attrs))
	for k := range s.attrs {
		c := &s.attrs[k]
		text, state := c.at(i, &s.room)
		if state == Absent {
			continue
		}
		list = list[:len(list)+1]
		a := &list[len(list)-1]
		a.Key = c.key
		if k := kindOf(text); k == event.KindText || k == event.KindNumber { // most: field by field, as copies of values cost
			a.Value.Kind, a.Value.Text = k, text[1:]
			continue
		}
		var ok bool
		if a.Value, ok = AttrValue(text, state); !ok {
			*a = event.Attr{}
			return fmt.Errorf("row %d, column attrs.%.60s: %w", row, c.key, ErrCorrupt)
		}
	}
	switch {
	case len(list) == 0:
	case len(dst.Attrs) == 0:
		dst.Attrs = s.room.take(list)
	default: // both rise
		dst.Attrs = append(dst.Attrs, list...)
		clear(list)
		slices.SortStableFunc(dst.Attrs, func(a, b event.Attr) int { return strings.Compare(a.Key, b.Key) })
	}
	return nil
}

// at returns the text of row i of the page.
func (c *rowTexts) at(i int, room *room) (string, State) {
	if c.texts.ends != nil {
		b, state := c.texts.At(i - c.from)
		if len(b) == 0 {
			return "", state
		}
		if room.lent {
			return unsafe.String(&b[0], len(b)), state //nolint:gosec // a page's texts never change
		}
		return keep(&room.texts, b), state
	}
	code := c.texts.Code(i)
	return c.dict.Text(code), StateOf(code)
}

// Integrity returns the first bytes of the leaf hash and the MAC of a row.
func (s *Rows) Integrity(row int) (leaf8 [8]byte, mac16 [16]byte, err error) {
	i, err := s.seek(row)
	if err != nil {
		return leaf8, mac16, err
	}
	if !s.proven {
		for _, c := range [...]Column{ColLeaf8, ColMAC16} {
			if s.bytes[c-ColSeverity], err = s.r.Bytes(c, s.page); err != nil {
				return leaf8, mac16, err
			}
		}
		s.proven = true
	}
	copy(leaf8[:], s.bytes[ColLeaf8-ColSeverity][8*i:])
	copy(mac16[:], s.bytes[ColMAC16-ColSeverity][16*i:])
	return leaf8, mac16, nil
}

const (
	// roomBytes and roomAttrs are the most that events share of one piece of
	// memory.
	roomBytes = 16 << 10
	roomAttrs = 256
)

// room is where the texts and the attributes of events are kept: pieces for
// several rows, small at first, so that one row takes little and many rows make
// little garbage.
type room struct {
	lent  bool // until the next row
	texts arena
	attrs []event.Attr // its length is used
}

// attributes returns an empty slice with room for n attributes, all zero; take
// makes those that were added to it an event's own.
func (r *room) attributes(n int) []event.Attr {
	if r.lent {
		clear(r.attrs)
		r.attrs = r.attrs[:0]
	}
	if cap(r.attrs)-len(r.attrs) < n {
		r.attrs = make([]event.Attr, 0, max(n, min(2*cap(r.attrs), roomAttrs)))
	}
	at := len(r.attrs)
	return r.attrs[at:at]
}

func (r *room) take(list []event.Attr) []event.Attr {
	r.attrs = r.attrs[:len(r.attrs)+len(list)]
	return slices.Clip(list)
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
