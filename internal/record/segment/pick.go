// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// picks are the columns that a Rows reads when not all are wanted.
type picks struct {
	fixed [ColSource]bool // those that are no texts
	texts []Column
	attrs []Attr
	rest  bool
}

// Pick makes Event give no more of an event than these fields, by their canonical names
// (event.Canonical), and reads only what it needs for that. Other fields are absent or
// as they are. It is called before the first Event.
func (s *Rows) Pick(fields []string) error {
	p := &picks{}
	keys := false
	for _, f := range fields {
		if key, ok := strings.CutPrefix(f, attrPrefix); ok {
			if c, own := FindAttr(s.r.Attrs(), key); own {
				p.attrs = append(p.attrs, Attr{Key: key, Column: c})
			}
			over, err := MayLieInRest(s.r, key)
			if err != nil && !IsDamage(err) {
				return err
			}
			keys = keys || over || err != nil
			continue
		}
		switch f {
		case "time":
			p.fixed[ColTime] = true
		case "received":
			p.fixed[ColReceived] = true
		case "seq":
			p.fixed[ColSeq] = true
		case "ord":
			p.fixed[ColOrd] = true
		case "severity", "severity_number":
			p.fixed[ColSeverity] = true
		case "outcome":
			p.fixed[ColOutcome] = true
		case "id":
			p.fixed[ColID] = true
		default:
			if core := event.CoreField(f); core != event.FieldNone {
				p.texts = append(p.texts, TextColumn(core))
			} else {
				p.rest = true
			}
		}
	}
	slices.SortFunc(p.attrs, func(a, b Attr) int { return strings.Compare(a.Key, b.Key) })
	p.rest = p.rest || keys
	s.picks, s.loaded = p, false
	return nil
}

// MayLieInRest tells whether rows of ColRest may have an attribute of that key, beside
// those in a column of its own.
func MayLieInRest(r Reader, key string) (bool, error) {
	keys, err := r.Dict(ColRest)
	if err != nil {
		return true, err
	}
	return keys.find(key) != 0 || keys.Len() >= maxKeys || key == "" || len(key) > maxKeyBytes, nil
}

// wants tells whether a column that is no text is read.
func (s *Rows) wants(c Column) bool {
	if s.picks == nil {
		return c != ColLeaf8 && c != ColMAC16
	}
	return s.picks.fixed[c]
}

// loadTexts reads the page of the text columns.
func (s *Rows) loadTexts() (err error) {
	attrs, rest := s.r.Attrs(), true
	if s.picks != nil {
		attrs, rest = s.picks.attrs, s.picks.rest
	}
	for c := ColSource; c < ColRest; c++ {
		if s.picks != nil && !slices.Contains(s.picks.texts, c) {
			continue
		}
		if s.texts, err = s.add(s.texts, c, rowTexts{field: event.FieldSource + event.Field(c-ColSource)}); err != nil {
			return err
		}
	}
	for _, a := range attrs {
		if s.attrs, err = s.add(s.attrs, a.Column, rowTexts{key: a.Key}); err != nil {
			return err
		}
	}
	if s.rest.texts = (Texts{}); !rest {
		return nil
	}
	if s.rest.texts, s.rest.from, err = s.pageOf(ColRest); err != nil || s.rest.texts.empty() {
		return err
	}
	s.rest.dict, err = s.dict(ColRest)
	return err
}
