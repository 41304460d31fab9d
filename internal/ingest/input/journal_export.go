// SPDX-License-Identifier: Apache-2.0

package input

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The bounds of an entry: its fields, the bytes of a name, and those that are kept of a
// value. A longer value is null, as journalctl prints it.
const (
	maxExportFields = 1024
	maxExportName   = 64
	maxExportValue  = 64 << 10
	maxExportKept   = maxMessage
)

var (
	errExport    = errors.New("this is no journal in export format")
	errExportEnd = errors.New("the stream ends in the middle of an entry")
)

// exportReader cuts a stream in the journal export format (systemd.io) into entries:
//
//	NAME=value\n                                   a field of text
//	NAME\n, 8 bytes little endian, value, \n       a field of anything, with its length
//	\n                                             the end of an entry
//
// What is not whole is given to it again, but for values that are too long to be kept:
// they are passed over as they come.
type exportReader struct {
	entry exportEntry
	pass  uint64 // bytes of a binary value that are passed over, its newline included
	tail  bool   // the rest of a line of text is passed over
	cut   uint64
}

// exportField is a field of an entry. Its value is nil when it was too long.
type exportField struct {
	name  string
	value []byte
}

type exportEntry struct {
	fields []exportField
	size   int
}

// split reads buf and calls each for the entries that end in it, as JSON. It returns how
// many bytes it is done with. After an error the stream cannot be read on.
func (x *exportReader) split(buf []byte, each func(entry []byte, cursor string)) (used int, err error) {
	for used < len(buf) {
		n, err := x.step(buf[used:], each)
		if err != nil || n == 0 {
			return used, err
		}
		used += n
	}
	return used, nil
}

// step reads one line or one value; 0 when it is not all there.
func (x *exportReader) step(buf []byte, each func([]byte, string)) (int, error) {
	switch {
	case x.pass > 0:
		n := min(x.pass, uint64(len(buf)))
		if x.pass -= n; x.pass == 0 && buf[n-1] != '\n' {
			return 0, fmt.Errorf("%w: a value is longer than it says", errExport)
		}
		return int(n), nil //nolint:gosec // at most len(buf)
	case x.tail:
		i := bytes.IndexByte(buf, '\n')
		if x.tail = i < 0; x.tail {
			return len(buf), nil
		}
		return i + 1, nil
	case buf[0] == '\n':
		if len(x.entry.fields) > 0 {
			each(x.entry.json(&x.cut))
		}
		x.entry = exportEntry{}
		return 1, nil
	}
	end := bytes.IndexByte(buf, '\n')
	line := buf
	if end >= 0 {
		line = buf[:end]
	}
	eq := bytes.IndexByte(line, '=')
	switch {
	case eq < 0 && len(line) > maxExportName, eq > maxExportName:
		return 0, fmt.Errorf("%w: the name of a field has more than %d bytes", errExport, maxExportName)
	case eq >= 0 && end < 0 && len(line)-eq-1 > maxExportValue:
		x.tail = true
		return len(buf), x.add(line[:eq], nil)
	case end < 0:
		return 0, nil
	case eq >= 0:
		return end + 1, x.add(line[:eq], line[eq+1:])
	default:
		return x.binary(line, buf[end+1:])
	}
}

// binary reads a value with its length, which begins behind the line of its name.
func (x *exportReader) binary(name, rest []byte) (int, error) {
	if len(rest) < 8 {
		return 0, nil
	}
	size := binary.LittleEndian.Uint64(rest)
	begin := len(name) + 1 + 8
	rest = rest[8:]
	switch {
	case size > 1<<40:
		return 0, fmt.Errorf("%w: a value of %d bytes", errExport, size)
	case size > maxExportValue:
		x.pass = size + 1
		return begin, x.add(name, nil)
	case uint64(len(rest)) <= size:
		return 0, nil
	case rest[size] != '\n':
		return 0, fmt.Errorf("%w: a value is longer than it says", errExport)
	}
	return begin + int(size) + 1, x.add(name, rest[:size])
}

// add adds a field, of whose value it keeps a copy.
func (x *exportReader) add(name, value []byte) error {
	e := &x.entry
	if len(name) == 0 {
		return fmt.Errorf("%w: a field without a name", errExport)
	}
	for _, c := range name {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' {
			return fmt.Errorf("%w: the name %.64q", errExport, name)
		}
	}
	if len(e.fields) >= maxExportFields {
		return fmt.Errorf("%w: an entry of more than %d fields", errExport, maxExportFields)
	}
	if value == nil || len(value) > maxExportValue || e.size+len(value) > maxExportKept {
		x.cut++
		e.fields = append(e.fields, exportField{name: string(name)})
		return nil
	}
	e.size += len(value)
	e.fields = append(e.fields, exportField{string(name), append(make([]byte, 0, len(value)), value...)})
	return nil
}

// finish tells whether the stream may end here.
func (x *exportReader) finish(rest []byte) error {
	if len(rest) > 0 || len(x.entry.fields) > 0 || x.pass > 0 || x.tail {
		return errExportEnd
	}
	return nil
}
