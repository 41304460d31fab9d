// SPDX-License-Identifier: Apache-2.0

package segment

import "github.com/tocsin-siem/tocsin/internal/core/event"

// AttrMatch tells whether a value is wanted. It is asked about the value of a row
// and, of a list, about the list (without a text) and then its members. text
// belongs to the reader.
type AttrMatch func(kind event.Kind, text []byte) bool

// AttrFinder finds rows by the value of one attribute, wherever that lies: in a
// column of its own, in ColRest, or in both. It reads the column's dictionary
// once, and of each page only what may match. It is safe for concurrent use once
// made.
type AttrFinder struct {
	r     Reader
	match AttrMatch
	equal [][]uint64 // nil when not known

	own    bool // there is a column
	column Column
	raw    Parts  // where it is raw, and may hold what is wanted
	codes  []bool // by code
	some   bool   // one of them is true
	lost   error  // why the dictionary cannot be read

	over     Parts // where ColRest may have the key
	code     uint16
	key      []byte
	restLost error
}

// NewAttrFinder returns a finder of the rows of r in which match accepts the
// value of the attribute with that key; a row without it is not found. When equal
// is not nil, match must accept nothing but texts, numbers and bools (as words)
// that equal one of these but for the case of ASCII letters: then pages without
// them are not read. A damaged dictionary is an error only where it is needed; a
// damaged filter costs time only, and is told to damaged.
func NewAttrFinder(r Reader, key string, match AttrMatch, equal []string, damaged func(error)) (*AttrFinder, error) {
	f := &AttrFinder{r: r, match: match, key: []byte(key)}
	for _, text := range equal {
		f.equal = append(f.equal, ValueHashes(attrPrefix+key, text))
	}
	if f.column, f.own = FindAttr(r.Attrs(), key); f.own {
		f.raw = f.where(r.Filter(), f.column, f.equal, damaged).And(RawParts(r, f.column))
		if !f.where(r.DictFilter(), f.column, f.equal, damaged).None() {
			if err := f.readDict(); err != nil {
				return nil, err
			}
		}
	}
	keys, err := r.Dict(ColRest)
	switch {
	case IsDamage(err):
		f.restLost = err
	case err != nil:
		return nil, err
	default:
		f.code = keys.find(key)
		if over, err := MayLieInRest(r, key); err != nil || !over {
			return f, err
		}
	}
	f.over = f.where(r.Filter(), ColRest, [][]uint64{{KeyHash(key)}}, damaged).And(RawParts(r, ColRest))
	return f, nil
}

// where returns the parts of which a filter does not say that a column has none of
// the values; damage is told, and says nothing.
func (f *AttrFinder) where(filter Filter, c Column, values [][]uint64, damaged func(error)) Parts {
	if values == nil {
		return AllParts()
	}
	parts, err := filter.Any(c, values)
	if err != nil {
		damaged(err)
	}
	return parts
}

// readDict asks about the dictionary.
func (f *AttrFinder) readDict() error {
	dict, err := f.r.Dict(f.column)
	switch {
	case IsDamage(err):
		f.lost = err
	case err != nil:
		return err
	}
	f.judge(dict)
	return nil
}

// judge asks match about each code.
func (f *AttrFinder) judge(d Dict) {
	f.codes = make([]bool, max(d.Len(), int(CodeFirst)))
	for code := int(CodeBlank); code < len(f.codes); code++ {
		c := uint16(code)
		f.codes[code] = f.accepts([]byte(d.Text(c)), StateOf(c))
		f.some = f.some || f.codes[code]
	}
}

// accepts asks match about a row of a column.
func (f *AttrFinder) accepts(row []byte, state State) bool {
	return !walkAttr(row, state, func(kind event.Kind, text []byte) bool { return !f.match(kind, text) })
}

// May tells whether a row of a page may match, as far as that can be told without
// reading anything of the page.
func (f *AttrFinder) May(page int) bool {
	return f.own && (f.some || f.lost != nil) || f.raw.Has(page) || f.over.Has(page)
}

// Find adds to found those of rows of a page that match.
func (f *AttrFinder) Find(page int, rows, found *Bits) error {
	if f.own {
		if err := f.findOwn(page, rows, found); err != nil {
			return err
		}
	}
	if f.over.Has(page) {
		return f.findOver(page, rows, found)
	}
	return nil
}

func (f *AttrFinder) findOwn(page int, rows, found *Bits) error {
	if raw := f.r.Raw(f.column, page); raw && !f.raw.Has(page) || !raw && !f.some && f.lost == nil {
		return nil
	}
	return EachPart(f.r, f.column, page, f.raw, func(from int, texts *Texts) error { return f.findIn(texts, from, rows, found) })
}

// findIn looks into texts that begin at a row.
func (f *AttrFinder) findIn(texts *Texts, from int, rows, found *Bits) error {
	if !texts.Raw() {
		if f.lost != nil && texts.NeedsDict() {
			return f.lost
		}
		var mine Bits
		texts.Select(f.codes, &mine)
		mine.And(rows)
		found.Or(&mine)
		return nil
	}
	for i := range rows.Within(from, from+texts.Len()) {
		if row, state := texts.At(i - from); state != Absent && f.accepts(row, state) {
			found.Set(i)
		}
	}
	return nil
}

// findOver looks into ColRest.
func (f *AttrFinder) findOver(page int, rows, found *Bits) error {
	if f.restLost != nil {
		return f.restLost
	}
	return EachPart(f.r, ColRest, page, f.over, func(from int, texts *Texts) error {
		f.findRest(texts, from, rows, found)
		return nil
	})
}

func (f *AttrFinder) findRest(texts *Texts, from int, rows, found *Bits) {
	for i := range rows.Within(from, from+texts.Len()) {
		row, _ := texts.At(i - from)
		walkRest(row, restWalk{
			text: func([]byte) bool { return true },
			attr: func(code uint16, key []byte, r *scanner[[]byte]) bool {
				mine := code == f.code && (code != 0 || string(key) == string(f.key))
				walkValue(r, func(kind event.Kind, text []byte) bool {
					if mine && f.match(kind, text) {
						found.Set(i)
					}
					return true
				}, 0)
				return true
			},
		})
	}
}
