// SPDX-License-Identifier: Apache-2.0

package input

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// Multiline says how lines become records. One of the two may be set.
type Multiline struct {
	// Start is an RE2 expression; a line that it matches begins a record. It sees the
	// first 8 KiB of a line.
	Start string `yaml:"start"`
	// Continuation is "indent": a line that begins with a space or a tab continues
	// the record.
	Continuation string `yaml:"continuation"`
}

// The bounds of a record of several lines; what is longer is cut into several.
const (
	maxRecordLines = 1000
	maxMatched     = 8 << 10
)

func (c *Multiline) validate() error {
	if c.Continuation != "" && c.Continuation != "indent" {
		return fmt.Errorf("multiline.continuation: %.20q is not indent", c.Continuation)
	}
	if c.Start != "" && c.Continuation != "" {
		return errors.New("multiline.start: cannot be together with continuation")
	}
	_, err := c.compile()
	return err
}

// compile returns what tells whether a line begins a record; nil when each does.
func (c *Multiline) compile() (func(line []byte) bool, error) {
	switch {
	case c.Start != "":
		re, err := regexp.Compile(c.Start)
		if err != nil {
			return nil, fmt.Errorf("multiline.start: %w", err)
		}
		return func(line []byte) bool { return re.Match(line[:min(len(line), maxMatched)]) }, nil
	case c.Continuation != "":
		return func(line []byte) bool { return line[0] != ' ' && line[0] != '\t' }, nil
	default:
		return nil, nil
	}
}

// span is a record in a buffer: its text, and where it begins.
type span struct {
	text []byte
	from int
}

// cutter cuts the text of a file into records. It keeps nothing but whether the rest
// of a line that was too long is passed over: what is not whole is given to it again.
type cutter struct {
	begins func(line []byte) bool // nil: each line is a record
	skip   bool
	cut    uint64
}

// split appends the records that are whole in buf, as parts of it, and returns how
// many bytes it is done with. end says that what is not whole is to be taken as it is.
func (c *cutter) split(buf []byte, end bool, spans []span) (_ []span, used int) {
	f := framer{max: event.MaxEventBytes, mode: framingLines, tail: c.skip}
	var open span // the record that further lines may continue
	lines := 0
	flush := func(next int) {
		if lines > 0 {
			spans = append(spans, open)
		}
		open, lines, used = span{}, 0, next
	}
	at := 0
	for at < len(buf) {
		for !f.tail && at < len(buf) && buf[at] == 0 { // a writer that was truncated under its hands leaves these
			at++
		}
		passing, cuts := f.tail, f.cut
		line, n := f.line(buf[at:], end)
		if n == 0 {
			break
		}
		from := at
		at += n
		line = trim(line)
		switch {
		case passing, len(line) == 0: // inside a record an empty line is a part of it when more follows
			continue
		case lines > 0 && (f.cut > cuts || c.begins(line) || lines >= maxRecordLines || from+len(line)-open.from > event.MaxEventBytes):
			flush(from)
		}
		if lines == 0 {
			open.from = from
		}
		open.text = buf[open.from : from+len(line)]
		lines++
		if c.begins == nil || f.cut > cuts {
			flush(at)
		}
	}
	if lines == 0 {
		used = at
	}
	if end {
		flush(len(buf))
	}
	c.skip, c.cut = f.tail, c.cut+f.cut
	return spans, used
}
