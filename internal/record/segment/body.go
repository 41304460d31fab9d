// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"encoding/binary"
)

// The raw bodies of docs/segment-format.md, both ways. Decoding takes the number
// of rows from the footer and says false to everything that was not encoded here.

func appendInts(b []byte, values []int64) []byte {
	last := int64(0)
	for _, v := range values {
		b = binary.AppendVarint(b, v-last)
		last = v
	}
	return b
}

func decodeInts(b []byte, rows int) ([]int64, bool) {
	values := make([]int64, rows)
	last := int64(0)
	for i := range values {
		u, n := uint64(0), 1
		if len(b) > 0 && b[0] < 0x80 {
			u = uint64(b[0])
		} else if u, n = binary.Uvarint(b); n <= 0 {
			return nil, false
		}
		b = b[n:]
		last += int64(u>>1) ^ -int64(u&1)
		values[i] = last
	}
	return values, len(b) == 0
}

// appendPlanes appends byte 0 of every row, then byte 1 …: the first bytes of
// ids are nearly the same, the last ones random.
func appendPlanes(b, rows []byte, width int) []byte {
	for k := range width {
		for i := k; i < len(rows); i += width {
			b = append(b, rows[i])
		}
	}
	return b
}

func decodePlanes(b []byte, width int) []byte {
	rows := make([]byte, len(b))
	n := len(b) / width
	for k := range width {
		for i, v := range b[k*n : (k+1)*n] {
			rows[i*width+k] = v
		}
	}
	return rows
}

// appendTexts appends a page in its form. A page with one code has no body.
func appendTexts(b []byte, t *Texts) (form byte, code uint16, body []byte) {
	switch {
	case t.Raw():
		for i := range t.rows {
			s, state := t.At(i)
			b = binary.AppendUvarint(b, uint64(len(s))<<2|uint64(state))
		}
		return formRaw, 0, append(b, t.Data()...)
	case t.codes8 == nil && t.codes16 == nil:
		return formConst, t.constant, b
	}
	first, same := t.Code(0), true
	wide := false
	for i := range t.rows {
		c := t.Code(i)
		same = same && c == first
		wide = wide || c > 0xff
	}
	if same {
		return formConst, first, b
	}
	for i := range t.rows {
		b = append(b, byte(t.Code(i))) //nolint:gosec // the low byte
	}
	if !wide {
		return formCodes8, 0, b
	}
	for i := range t.rows {
		b = append(b, byte(t.Code(i)>>8))
	}
	return formCodes16, 0, b
}

// decodeTexts takes over body. Codes must be below codes.
func decodeTexts(form byte, body []byte, rows, codes int) (t Texts, ok bool) {
	t.rows = rows
	switch form {
	case formCodes8:
		t.codes8 = body
		for _, c := range body {
			if int(c) >= codes {
				return t, false
			}
		}
		return t, len(body) == rows
	case formCodes16:
		if len(body) != 2*rows {
			return t, false
		}
		t.codes16 = make([]uint16, rows)
		for i := range t.codes16 {
			c := uint16(body[i]) | uint16(body[rows+i])<<8
			if int(c) >= codes {
				return t, false
			}
			t.codes16[i] = c
		}
		return t, true
	case formRaw:
		return decodeRaw(body, rows)
	default:
		return t, false
	}
}

func decodeRaw(body []byte, rows int) (t Texts, ok bool) {
	t.rows = rows
	t.ends = make([]uint32, rows)
	t.data, ok = decodeEnds(body, t.ends, 0)
	return t, ok
}

// decodeEnds reads where each text ends, the first one beginning at before, and returns
// the texts.
func decodeEnds(body []byte, ends []uint32, before uint32) (texts []byte, ok bool) {
	end, at := uint64(0), 0
	for i := range ends {
		v, size := uint64(0), 1
		if at < len(body) && body[at] < 0x80 {
			v = uint64(body[at])
		} else if v, size = binary.Uvarint(body[at:]); size <= 0 {
			return nil, false
		}
		at += size
		state, n := State(v&3), v>>2
		if end += n; end > uint64(len(body)) || (n > 0 && state != Present) {
			return nil, false
		}
		ends[i] = before + uint32(end) | uint32(state)<<endBits //nolint:gosec // compared with a length
	}
	texts = body[at:]
	return texts, end == uint64(len(texts))
}

func appendDict(b []byte, d Dict) []byte {
	for code := int(CodeFirst); code < d.Len(); code++ {
		b = appendText(b, d.Text(uint16(code)))
	}
	return b
}

// decodeDict takes body over.
func decodeDict(body []byte, codes int) (Dict, bool) {
	if codes < int(CodeFirst) || len(body) < codes-int(CodeFirst) {
		return Dict{}, false
	}
	r := scanner[[]byte]{s: body}
	d := Dict{n: codes, ends: make([]uint32, codes)}
	text := body[:0] // each text moves to the front, over the lengths
	for code := int(CodeFirst); code < codes; code++ {
		text = append(text, r.text()...)
		d.ends[code] = uint32(len(text)) //nolint:gosec // at most maxBody
	}
	d.text = string(text)
	return d, !r.bad && len(r.s) == 0
}
