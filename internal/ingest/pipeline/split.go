// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"bytes"
	"errors"
	"fmt"
)

// MaxItems bounds the records of one request.
const MaxItems = 500_000

// Why a body cannot be split at all.
var (
	// ErrEmpty: there is nothing in it.
	ErrEmpty = errors.New("the body is empty")
	// ErrTooMany: it holds more than MaxItems records.
	ErrTooMany = fmt.Errorf("more than %d records in one request", MaxItems)
	// ErrNotJSON: it is neither an object, an array nor lines of objects.
	ErrNotJSON = errors.New("the body is no JSON object, no array and no lines of JSON objects")
)

// Split is a body cut into records. The records are parts of the body.
type Split struct {
	Items [][]byte
	// Numbered says that the records are lines.
	Numbered bool
	// Broken says where an array can no longer be read, "" when all of it was.
	// The records before are in Items; what comes behind is not known and counts
	// as one rejected record with the index len(Items).
	Broken string
}

// SplitJSON cuts a body that is one object, one array of records or one object a
// line. It finds where a record ends, no more: whether a record is right is for
// its format to say, so that one that is not does not spoil the others.
func SplitJSON(body []byte) (Split, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	switch firstByte(body) {
	case 0:
		return Split{}, ErrEmpty
	case '[':
		return splitArray(body)
	case '{':
	default:
		return Split{}, ErrNotJSON
	}
	start := skipSpace(body, 0)
	end := SkipValue(body, start)
	if end < 0 || skipSpace(body, end) == len(body) {
		if i := bytes.IndexByte(body[start:], '\n'); end < 0 && i >= 0 && firstByte(body[start+i:]) == '{' {
			return SplitLines(body) // the first line is broken, others may not be
		}
		return Split{Items: [][]byte{bytes.TrimSpace(body)}}, nil
	}
	return SplitLines(body)
}

// SplitLines cuts a body into its lines, without their ends. Blank lines stay in
// the list as empty records, so that an index is a line's number less one.
func SplitLines(body []byte) (Split, error) {
	n := bytes.Count(body, []byte{'\n'}) + 1
	if n > MaxItems {
		if n = countLines(body); n > MaxItems {
			return Split{}, ErrTooMany
		}
	}
	s := Split{Numbered: true, Items: make([][]byte, 0, n)}
	some := false
	for len(body) > 0 {
		line := body
		if i := bytes.IndexByte(body, '\n'); i >= 0 {
			line, body = body[:i], body[i+1:]
		} else {
			body = nil
		}
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if len(bytes.TrimSpace(line)) == 0 {
			line = nil
		}
		some = some || line != nil
		s.Items = append(s.Items, line)
	}
	if !some {
		return Split{}, ErrEmpty
	}
	return s, nil
}

// countLines counts lines without a last empty one.
func countLines(body []byte) int {
	n := bytes.Count(body, []byte{'\n'})
	if len(body) > 0 && body[len(body)-1] != '\n' {
		n++
	}
	return n
}

// splitArray cuts an array into its members.
func splitArray(body []byte) (Split, error) {
	items, end, broken, err := SplitArray(body, skipSpace(body, 0))
	if err != nil {
		return Split{}, err
	}
	if broken == "" {
		if at := skipSpace(body, end); at != len(body) {
			broken = fmt.Sprintf("offset %d: something follows the array", at)
		}
	}
	return Split{Items: items, Broken: broken}, nil
}

// SplitArray cuts the array that begins at body[at] into its members and returns
// where it ends. broken says where it can no longer be read; the members before
// are in items.
func SplitArray(body []byte, at int) (items [][]byte, end int, broken string, err error) {
	if at >= len(body) || body[at] != '[' {
		return nil, at, "", ErrNotJSON
	}
	at = skipSpace(body, at+1)
	if at < len(body) && body[at] == ']' {
		return nil, at + 1, "", nil
	}
	for {
		if len(items) == MaxItems {
			return nil, at, "", ErrTooMany
		}
		start := at
		at = SkipValue(body, at)
		if at < 0 || at == start {
			return items, start, fmt.Sprintf("offset %d: the JSON breaks off here, the rest of the array cannot be read", start), nil
		}
		items = append(items, body[start:at])
		at = skipSpace(body, at)
		if at >= len(body) {
			return items, at, fmt.Sprintf("offset %d: the array has no end", at), nil
		}
		switch body[at] {
		case ',':
			at = skipSpace(body, at+1)
		case ']':
			return items, at + 1, "", nil
		default:
			return items, at, fmt.Sprintf("offset %d: %q where a comma or the array's end belongs, the rest of the array cannot be read", at, body[at]), nil
		}
	}
}

// SkipValue returns where the JSON value that begins at body[at] ends, or -1
// when it does not end. It looks at strings and brackets only, in one pass and
// without recursion; what it passes over may still be no JSON.
func SkipValue(body []byte, at int) int {
	depth := 0
	for at < len(body) {
		switch body[at] {
		case '"':
			if at = skipString(body, at+1); at < 0 {
				return -1
			}
			if depth == 0 {
				return at
			}
		case '{', '[':
			depth++
			at++
		case '}', ']':
			if depth == 0 { // the end of what the value lies in
				return at
			}
			depth--
			at++
			if depth == 0 {
				return at
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 { // the end of a number or a word
				return at
			}
			at++
		default:
			at++
		}
	}
	if depth > 0 {
		return -1
	}
	return at
}

// skipString returns where the string whose first character is body[at] ends.
func skipString(body []byte, at int) int {
	for {
		i := bytes.IndexByte(body[at:], '"')
		if i < 0 {
			return -1
		}
		end := at + i
		back := end
		for back > at && body[back-1] == '\\' {
			back--
		}
		at = end + 1
		if (end-back)%2 == 0 {
			return at
		}
	}
}

// skipSpace returns the first place from at on that is no white space.
func skipSpace(body []byte, at int) int {
	for at < len(body) {
		switch body[at] {
		case ' ', '\t', '\r', '\n':
			at++
		default:
			return at
		}
	}
	return at
}

// firstByte returns the first byte that is no white space, 0 when there is none.
func firstByte(b []byte) byte {
	if at := skipSpace(b, 0); at < len(b) {
		return b[at]
	}
	return 0
}

// EachMember calls f with each member of the object that the body is: its key,
// with escapes as they are, and where its value begins. f returns where the
// value ends, -1 when it does not, or an error to stop with.
func EachMember(body []byte, f func(key string, at int) (next int, err error)) error {
	at := skipSpace(body, 0)
	if at >= len(body) || body[at] != '{' {
		return ErrNotJSON
	}
	at = skipSpace(body, at+1)
	for first := true; ; first = false {
		if at < len(body) && body[at] == '}' && first {
			return nil
		}
		if at >= len(body) || body[at] != '"' {
			return fmt.Errorf("offset %d: a key belongs here", at)
		}
		end := skipString(body, at+1)
		if end < 0 {
			return fmt.Errorf("offset %d: the key has no end", at)
		}
		key := string(body[at+1 : end-1])
		if at = skipSpace(body, end); at >= len(body) || body[at] != ':' {
			return fmt.Errorf("offset %d: a colon belongs here", at)
		}
		start := skipSpace(body, at+1)
		next, err := f(key, start)
		if err != nil {
			return err
		}
		if next <= start {
			return fmt.Errorf("offset %d: the JSON breaks off", start)
		}
		at = skipSpace(body, next)
		switch {
		case at < len(body) && body[at] == '}':
			return nil
		case at < len(body) && body[at] == ',':
			at = skipSpace(body, at+1)
		default:
			return fmt.Errorf("offset %d: the object has no end", at)
		}
	}
}
