// SPDX-License-Identifier: Apache-2.0

package search

import (
	"sync"
	"sync/atomic"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// unit is one page of one segment.
type unit struct {
	view, page int
	// earliest and latest bound the page's times.
	earliest, latest int64
}

// question is what a call asks: a plan, and beside it the condition of a hunt.
type question struct {
	*query.Plan
	where   query.Expr // nil for none
	texts   bool       // texts are looked into, which is dear
	scanned atomic.Int64
	// stopped is asked within a page where a row may be dear; nil is never.
	stopped func() error
}

// stop tells why the call is to end.
func (q *question) stop() error {
	if q.stopped == nil {
		return nil
	}
	return q.stopped()
}

func ask(plan *query.Plan) *question { return &question{Plan: plan, texts: len(plan.Terms) > 0} }

// view is a plan made ready for one segment: what it asks of a text column is
// answered once for each entry of the column's dictionary.
type view struct {
	r       segment.Reader
	damages *segment.Damages
	plan    *question
	number  int32
	whole   bool          // all rows lie in the plan's time
	counted bool          // its rows are in the total already
	seen    atomic.Uint32 // its pages that were looked at, a bit for each

	once   sync.Once
	failed error
	dead   bool // no row can match
	fields []fieldTest
	terms  []termTest
	where  node // of a hunt; nil for none
	// columns are those in which words are looked for; ColRest is the last.
	columns []wordColumn
}

// fieldTest is what a plan asks of one column.
type fieldTest struct {
	column segment.Column
	match  func([]byte) bool
	codes  []bool        // by code
	lost   error         // why the dictionary cannot be read
	some   bool          // one of the codes is true
	raw    segment.Parts // of raw pages that may hold what is wanted
}

// termTest is one word or phrase.
type termTest struct {
	term  needle
	codes [][]bool        // by column of view.columns, then by code; nil when none is true
	lost  []error         // by column of view.columns: why the dictionary cannot be read
	some  bool            // one of the codes is true, or a dictionary cannot be read
	raw   []segment.Parts // by column of view.columns: parts of raw pages that may have it
	parts segment.Parts   // all of raw
}

// may tells whether a page may have the term.
func (t *termTest) may(page int) bool { return t.some || t.parts.Has(page) }

// unitsOf returns a view of each segment that the plan's time touches, nil for
// the others and for what cannot be opened, and all pages that may hold a row of
// the answer.
func (s *Searcher) unitsOf(plan *question, readers []segment.Reader) ([]*view, []unit) {
	views := make([]*view, len(readers))
	var units []unit
	for i, r := range readers {
		if _, lost := r.(*segment.Lost); lost || r.Rows() == 0 || !touches(plan, r.Bounds()) {
			continue
		}
		b := r.Bounds()
		views[i] = &view{r: r, damages: s.damages, plan: plan, number: int32(i), whole: plan.MatchTime(b.MinTime) && plan.MatchTime(b.MaxTime)}
		for page := range segment.Pages(r) {
			if b := r.PageBounds(page); touches(plan, b) {
				units = append(units, unit{view: i, page: page, earliest: b.MinTime, latest: b.MaxTime})
			}
		}
	}
	return views, units
}

// touches tells whether rows within the bounds may match.
func touches(plan *question, b segment.Bounds) bool {
	if b.MaxTime < plan.From || (plan.To != 0 && b.MinTime >= plan.To) {
		return false
	}
	millis := plan.ID.Millis()
	return plan.ID.IsZero() || (millis >= b.MinMillis && millis <= b.MaxMillis)
}

// coarse tells whether a plan asks for nothing but time, source, category and
// level, which a segment's rollup answers.
func coarse(p *question) bool {
	return p.where == nil && len(p.Users) == 0 && len(p.IPs) == 0 && len(p.Terms) == 0 && p.ID.IsZero()
}

// prepare reads the dictionaries; it does so once.
func (v *view) prepare() error {
	v.once.Do(func() { v.failed = v.compile() })
	return v.failed
}

func (v *view) compile() error {
	p := v.plan
	for _, f := range [...]struct {
		column segment.Column
		asked  int
		text   func(string) bool
		match  func([]byte) bool
		hashes [][]uint64
	}{
		{segment.ColSource, len(p.Sources), func(s string) bool { return query.MatchAny(p.Sources, s) }, func(b []byte) bool { return query.MatchAny(p.Sources, b) }, valueHashes(segment.ColSource, p.Sources)},
		{segment.ColCategory, len(p.Categories), func(s string) bool { return query.MatchAny(p.Categories, s) }, func(b []byte) bool { return query.MatchAny(p.Categories, b) }, valueHashes(segment.ColCategory, p.Categories)},
		{segment.ColUser, len(p.Users), func(s string) bool { return query.MatchAny(p.Users, s) }, func(b []byte) bool { return query.MatchAny(p.Users, b) }, valueHashes(segment.ColUser, p.Users)},
		{segment.ColIP, len(p.IPs), p.MatchIP, p.MatchIPBytes, addressHashes(p.IPs)},
	} {
		if f.asked == 0 {
			continue
		}
		var codes []bool
		var lost error
		if !v.allowed(v.r.DictFilter(), f.column, f.hashes).None() {
			var err error
			if codes, lost, err = v.judge(f.column, f.text); err != nil {
				return err
			}
		}
		t := fieldTest{column: f.column, match: f.match, codes: codes, lost: lost, some: codes != nil}
		t.raw = v.rawParts(f.column, f.hashes)
		if !t.some && lost == nil && t.raw.None() {
			v.dead = true
			return nil
		}
		v.fields = append(v.fields, t)
	}
	for i := range p.Terms {
		t, err := v.termTest(&p.Terms[i], p.Terms[i].Words())
		if err != nil {
			return err
		}
		if !t.some && t.parts.None() {
			v.dead = true
			return nil
		}
		v.terms = append(v.terms, t)
	}
	if p.where == nil {
		return nil
	}
	var err error
	v.where, err = v.node(p.where)
	v.dead = err == nil && isNever(v.where)
	return err
}

// valueHashes returns the hashes of the values that patterns match, nil when
// these are not known.
func valueHashes(c segment.Column, patterns []query.Pattern) [][]uint64 {
	var hashes [][]uint64
	for _, p := range patterns {
		text, ok := p.Literal()
		if !ok {
			return nil
		}
		hashes = append(hashes, segment.ValueHashes(c.String(), text))
	}
	return hashes
}

func addressHashes(addresses []query.Address) [][]uint64 {
	var hashes [][]uint64
	for i := range addresses {
		addr, ok := addresses[i].Single()
		if !ok {
			return nil
		}
		hashes = append(hashes, []uint64{segment.AddressHash(addr)})
	}
	return hashes
}

// judge asks match about each text of a dictionary; codes is nil when all are
// refused. lost says that the dictionary cannot be read: then nothing is known of
// the pages that need it.
func (v *view) judge(c segment.Column, match func(string) bool) (codes []bool, lost, err error) {
	d, err := v.r.Dict(c)
	if segment.IsDamage(err) {
		return nil, err, nil
	}
	if err != nil {
		return nil, nil, err
	}
	for code := int(segment.CodeFirst); code < d.Len(); code++ {
		if match(d.Text(uint16(code))) {
			if codes == nil {
				codes = make([]bool, d.Len())
			}
			codes[code] = true
		}
	}
	return codes, nil, nil
}

// allowed returns the parts of which a filter does not say that a column has none of the
// values with these hashes, all when these are not known; a damaged filter says nothing.
func (v *view) allowed(f segment.Filter, c segment.Column, values [][]uint64) segment.Parts {
	if values == nil {
		return segment.AllParts()
	}
	parts, err := f.Any(c, values)
	if err != nil {
		v.damages.Note(v.r, err)
	}
	return parts
}

// rawParts returns the parts of raw pages in which a column may hold one of the values.
func (v *view) rawParts(c segment.Column, values [][]uint64) segment.Parts {
	raw := segment.RawParts(v.r, c)
	if !raw.None() {
		raw = raw.And(v.allowed(v.r.Filter(), c, values))
	}
	return raw
}

// match sets rows to the rows of a page that match and are not before floor;
// any is false when there are none.
func (v *view) match(page int, floor int64, rows, found *segment.Bits) (any bool, err error) {
	if err := v.prepare(); err != nil {
		return false, err
	}
	if v.dead || v.where != nil && !v.where.may(page) {
		return false, nil
	}
	rows.Fill(segment.PageLen(v.r, page))
	if bit := uint32(1) << page; v.seen.Or(bit)&bit == 0 {
		v.plan.scanned.Add(int64(segment.PageLen(v.r, page)))
	}
	if err := v.matchTimes(page, floor, rows); err != nil {
		return false, err
	}
	if !v.plan.AnyLevel {
		if err := v.matchLevels(page, rows); err != nil {
			return false, err
		}
	}
	for i := range v.fields {
		if rows.Count() == 0 {
			return false, nil
		}
		*found = segment.Bits{}
		if err := v.fields[i].find(v, page, rows, found); err != nil {
			return false, err
		}
		rows.And(found)
	}
	if !v.plan.ID.IsZero() {
		if err := v.matchID(page, rows); err != nil {
			return false, err
		}
	}
	if err := v.matchTerms(page, rows, found); err != nil {
		return false, err
	}
	if v.where != nil && !rows.None() {
		*found = segment.Bits{}
		if err := v.where.find(page, rows, found); err != nil {
			return false, err
		}
		*rows = *found
	}
	return !rows.None(), nil
}

func (v *view) matchTimes(page int, floor int64, rows *segment.Bits) error {
	b := v.r.PageBounds(page)
	if floor <= b.MinTime && v.plan.MatchTime(b.MinTime) && v.plan.MatchTime(b.MaxTime) {
		return nil
	}
	times, err := v.r.Ints(segment.ColTime, page)
	if err != nil {
		return err
	}
	for i, t := range times {
		if t < floor || !v.plan.MatchTime(t) {
			rows[i>>6] &^= 1 << (i & 63)
		}
	}
	return nil
}

func (v *view) matchLevels(page int, rows *segment.Bits) error {
	levels, err := v.r.Bytes(segment.ColSeverity, page)
	if err != nil {
		return err
	}
	var wanted [256]bool
	copy(wanted[:], v.plan.Levels[:])
	for i, l := range levels {
		if !wanted[l] {
			rows[i>>6] &^= 1 << (i & 63)
		}
	}
	return nil
}

func (v *view) matchID(page int, rows *segment.Bits) error {
	ids, err := v.r.Bytes(segment.ColID, page)
	if err != nil {
		return err
	}
	for i := range rows.All {
		if event.ID(ids[i*len(event.ID{}):]) != v.plan.ID {
			rows[i>>6] &^= 1 << (i & 63)
		}
	}
	return nil
}

// find adds to found the rows whose text is wanted; of a raw page it looks at
// those in rows only.
func (t *fieldTest) find(v *view, page int, rows, found *segment.Bits) error {
	if raw := v.r.Raw(t.column, page); raw && !t.raw.Has(page) || !raw && !t.some && t.lost == nil {
		return nil
	}
	return segment.EachPart(v.r, t.column, page, t.raw, func(from int, texts *segment.Texts) error {
		if !texts.Raw() {
			if t.lost != nil && texts.NeedsDict() {
				return t.lost
			}
			texts.Select(t.codes, found)
			return nil
		}
		for i := range rows.Within(from, from+texts.Len()) {
			if b, state := texts.At(i - from); state == segment.Present && t.match(b) {
				found.Set(i)
			}
		}
		return nil
	})
}
