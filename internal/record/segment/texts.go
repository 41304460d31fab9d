// SPDX-License-Identifier: Apache-2.0

package segment

import "sort"

// State tells absent, blank and null apart from a text.
type State uint8

// The states of a text.
const (
	// Present is a text that is not empty.
	Present State = iota
	Absent
	Blank
	Null
)

// The codes of a dictionary that stand for no text.
const (
	CodeAbsent uint16 = iota
	CodeBlank
	CodeNull
	// CodeFirst is the code of the first text.
	CodeFirst
)

// A raw page keeps for each row where its text ends, and its state above that.
const (
	endBits = 30
	endMask = 1<<endBits - 1
)

// StateOf is the state that a code stands for.
func StateOf(code uint16) State {
	switch code {
	case CodeAbsent:
		return Absent
	case CodeBlank:
		return Blank
	case CodeNull:
		return Null
	default:
		return Present
	}
}

// Dict is the dictionary of a text column: a text for each code from CodeFirst.
type Dict struct {
	n int
	// Of a block in memory; the first CodeFirst are "".
	entries []string
	// Of a file: the texts one after the other, and where each ends.
	text string
	ends []uint32
}

// Len is the number of codes, those without a text included; 0 when no page of
// the column has codes.
func (d Dict) Len() int { return d.n }

// Text returns the text of a code, "" for one without.
func (d Dict) Text(code uint16) string {
	switch {
	case int(code) >= d.n:
		return ""
	case d.ends == nil:
		return d.entries[code]
	case code == 0:
		return d.text[:d.ends[0]]
	default:
		return d.text[d.ends[code-1]:d.ends[code]]
	}
}

// size is the length of all texts.
func (d Dict) size() (n int) {
	if d.ends != nil {
		return len(d.text)
	}
	for _, text := range d.entries[:d.n] {
		n += len(text)
	}
	return n
}

// find returns the code of a text, 0 when it has none.
func (d Dict) find(text string) uint16 {
	for code := int(CodeFirst); code < d.n; code++ {
		if d.Text(uint16(code)) == text {
			return uint16(code)
		}
	}
	return 0
}

// Texts is one page of a text column. Either each row has a code of the
// column's dictionary, or the page is raw and holds its texts itself, one after
// the other. The text of an attribute is its value, see AttrValue.
type Texts struct {
	rows     int
	constant uint16 // the code of all rows, when there is nothing else
	codes8   []uint8
	codes16  []uint16
	ends     []uint32 // not nil when raw; rows behind are absent
	before   uint32   // where the first text begins in data
	data     []byte
}

// Len is the number of rows.
func (t *Texts) Len() int { return t.rows }

// Raw tells whether the page holds its texts itself.
func (t *Texts) Raw() bool { return t.ends != nil }

// NeedsDict tells whether a row's text lies in the column's dictionary.
func (t *Texts) NeedsDict() bool {
	return t.ends == nil && (t.codes8 != nil || t.codes16 != nil || t.constant >= CodeFirst)
}

// Code returns the code of a row of a page that is not raw.
func (t *Texts) Code(i int) uint16 {
	switch {
	case t.codes8 != nil:
		return uint16(t.codes8[i])
	case t.codes16 != nil:
		return t.codes16[i]
	default:
		return t.constant
	}
}

// Codes appends the codes of rows of a page that is not raw.
func (t *Texts) Codes(dst []uint16, rows []uint16) []uint16 {
	switch {
	case t.codes8 != nil:
		for _, i := range rows {
			dst = append(dst, uint16(t.codes8[i]))
		}
	case t.codes16 != nil:
		for _, i := range rows {
			dst = append(dst, t.codes16[i])
		}
	default:
		for range rows {
			dst = append(dst, t.constant)
		}
	}
	return dst
}

// empty tells whether all rows are absent.
func (t *Texts) empty() bool {
	return t.ends == nil && t.codes8 == nil && t.codes16 == nil && t.constant == CodeAbsent || t.ends != nil && len(t.ends) == 0
}

// At returns the text of a row of a raw page.
func (t *Texts) At(i int) ([]byte, State) {
	if i >= len(t.ends) {
		return nil, Absent
	}
	from := t.before
	if i > 0 {
		from = t.ends[i-1] & endMask
	}
	end := t.ends[i]
	return t.data[from : end&endMask], State(end >> endBits)
}

// Data returns all texts of a raw page, one after the other without a gap.
func (t *Texts) Data() []byte {
	if len(t.ends) == 0 {
		return nil
	}
	return t.data[t.before : t.ends[len(t.ends)-1]&endMask]
}

// RowAt returns the row of a raw page whose text holds the byte at offset of
// Data, and where that text ends.
func (t *Texts) RowAt(offset int) (row, end int) {
	offset += int(t.before)
	row = sort.Search(len(t.ends), func(i int) bool { return int(t.ends[i]&endMask) > offset })
	if row == len(t.ends) {
		return t.rows, len(t.data)
	}
	return row, int(t.ends[row]&endMask - t.before)
}

// Select adds to set the rows whose code has a verdict of true. Codes that the
// verdicts do not reach count as false; a raw page has none.
func (t *Texts) Select(verdicts []bool, set *Bits) {
	switch {
	case t.ends != nil:
	case t.codes8 != nil:
		var table [256]bool
		copy(table[:], verdicts)
		for w := 0; w*64 < t.rows; w++ {
			var word uint64
			for k, c := range t.codes8[w*64 : min(w*64+64, t.rows)] {
				if table[c] {
					word |= 1 << k
				}
			}
			set[w] |= word
		}
	case t.codes16 != nil:
		for w := 0; w*64 < t.rows; w++ {
			var word uint64
			for k, c := range t.codes16[w*64 : min(w*64+64, t.rows)] {
				if int(c) < len(verdicts) && verdicts[c] {
					word |= 1 << k
				}
			}
			set[w] |= word
		}
	case int(t.constant) < len(verdicts) && verdicts[t.constant]:
		var all Bits
		all.Fill(t.rows)
		set.Or(&all)
	}
}

// Tally adds to counts, which has a place for each code, the rows of set by
// their code. The page must not be raw.
func (t *Texts) Tally(set *Bits, counts []int64) {
	switch {
	case t.codes8 != nil:
		for i := range set.All {
			counts[t.codes8[i]]++
		}
	case t.codes16 != nil:
		for i := range set.All {
			counts[t.codes16[i]]++
		}
	case t.ends == nil:
		counts[t.constant] += int64(set.Count())
	}
}
