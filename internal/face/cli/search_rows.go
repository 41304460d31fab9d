// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/sheet"
)

// rows prints events as they come.
type rows struct {
	out    *bufio.Writer
	begun  bool
	head   func(dst []byte) []byte
	row    func(dst, native []byte) ([]byte, error)
	buffer []byte
}

// newRows is for table, json or csv.
func newRows(env *Env, format string, columns []sheet.Column) *rows {
	switch format {
	case "json":
		return &rows{
			out: bufio.NewWriter(env.Stdout), head: func(dst []byte) []byte { return dst },
			row: func(dst, native []byte) ([]byte, error) { return append(append(dst, native...), '\n'), nil },
		}
	case "csv": // inert, and with ends of lines that inertWriter would show
		return &rows{
			out: bufio.NewWriter(env.bare), head: func(dst []byte) []byte { return sheet.AppendHeader(dst, columns) },
			row: func(dst, native []byte) ([]byte, error) { return sheet.AppendRow(dst, columns, native) },
		}
	default:
		t := table{colour: env.coloured()}
		return &rows{out: bufio.NewWriter(env.bare), head: t.head, row: t.row}
	}
}

// event prints one event.
func (r *rows) event(native []byte) (err error) {
	r.buffer = r.buffer[:0]
	if !r.begun {
		r.begun, r.buffer = true, r.head(r.buffer)
	}
	if r.buffer, err = r.row(r.buffer, native); err != nil {
		return err
	}
	_, err = r.out.Write(r.buffer)
	return err
}

// end prints what is held back; a whole list without events has its head all the same.
func (r *rows) end(whole bool) error {
	if whole && !r.begun {
		if _, err := r.out.Write(r.head(nil)); err != nil {
			return err
		}
	}
	return r.out.Flush()
}

// coloured tells whether the output is a terminal that wants colours.
func (e *Env) coloured() bool {
	if e.getenv("NO_COLOR") != "" || e.getenv("TERM") == "dumb" {
		return false
	}
	file, ok := e.bare.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// table prints events in columns of fixed widths, so that the first row need not wait
// for the last one. Cells are inert; the colours are its own.
type table struct{ colour bool }

// tableColumn is a member of the native form, and how many characters are shown of it.
type tableColumn struct {
	name  string
	width int
}

// tableColumns are in the order of the page of the web app, the message last.
func tableColumns() []tableColumn {
	return []tableColumn{{"time", 30}, {"severity", 8}, {"source", 16}, {"category", 20}, {"user", 20}, {"ip", 15}, {"message", 120}}
}

func (t table) head(dst []byte) []byte {
	cells := make([]string, 0, 7)
	for _, c := range tableColumns() {
		cells = append(cells, strings.ToUpper(c.name))
	}
	return t.line(dst, cells, "\x1b[1m")
}

func (t table) row(dst, native []byte) ([]byte, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(native, &members); err != nil {
		return dst, fmt.Errorf("read an event: %w", err)
	}
	cells := make([]string, 0, 7)
	for _, c := range tableColumns() {
		text, err := sheet.Text(members[c.name])
		if err != nil {
			return dst, err
		}
		cells = append(cells, text)
	}
	return t.line(dst, cells, severityColour(cells[1])), nil
}

// severityColour is how a terminal shows a severity.
func severityColour(severity string) string {
	switch severity {
	case "critical":
		return "\x1b[1;31m"
	case "high":
		return "\x1b[31m"
	case "medium":
		return "\x1b[33m"
	default:
		return ""
	}
}

// line appends a line of the table; the colour is that of its first two cells.
func (t table) line(dst []byte, cells []string, colour string) []byte {
	columns := tableColumns()
	paint := t.colour && colour != ""
	if paint {
		dst = append(dst, colour...)
	}
	for i, cell := range cells {
		cell = cut(cell, columns[i].width)
		dst = append(dst, cell...)
		if i == 1 && paint {
			dst = append(dst, "\x1b[0m"...)
		}
		if i < len(cells)-1 {
			dst = append(dst, strings.Repeat(" ", columns[i].width-utf8.RuneCountInString(cell)+2)...)
		}
	}
	return append(dst, '\n')
}

// cut bounds a text to so many characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
