// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/sheet"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

// cellWidth is the most characters that a table shows of a cell.
const cellWidth = 60

// foundRows prints what a hunt found: events as they come, or one table in the end.
type foundRows struct {
	env    *Env
	format string
	events *rows
	made   *madeTable // as a server gave it
}

// madeTable is a table of cells in JSON.
type madeTable struct {
	names   []string
	numbers []bool // columns of numbers, which stand to the right
	rows    [][]json.RawMessage
}

// end prints what is held back, unless err says that there is no whole answer.
func (f *foundRows) end(table *query.Table, stages bool, err error) error {
	if !stages {
		return errors.Join(err, f.events.end(err == nil))
	}
	if err != nil {
		return err
	}
	if table != nil {
		if f.made, err = made(table); err != nil {
			return err
		}
	}
	if f.made == nil {
		return errors.New("no table came")
	}
	return f.made.write(f.env, f.format)
}

// made puts a table's cells into their JSON.
func made(t *query.Table) (*madeTable, error) {
	m := &madeTable{}
	for _, c := range t.Columns {
		m.names, m.numbers = append(m.names, c.Name), append(m.numbers, c.Type == query.TypeNumber)
	}
	for _, r := range t.Rows {
		cells := make([]json.RawMessage, len(r.Cells))
		for i := range r.Cells {
			var err error
			if cells[i], err = json.Marshal(r.Cells[i]); err != nil {
				return nil, err
			}
		}
		m.rows = append(m.rows, cells)
	}
	return m, nil
}

func (m *madeTable) write(env *Env, format string) error {
	for _, row := range m.rows {
		if len(row) != len(m.names) {
			return fmt.Errorf("a row of %d cells, with %d columns", len(row), len(m.names))
		}
	}
	if format == "json" {
		return m.printJSON(bufio.NewWriter(env.Stdout))
	}
	out := bufio.NewWriter(env.bare)
	if format == "csv" {
		return m.printCSV(out)
	}
	return m.printText(out, env.coloured())
}

// printJSON prints an object for each row, its members in the order of the columns.
func (m *madeTable) printJSON(out *bufio.Writer) error {
	names := make([][]byte, len(m.names))
	for i, name := range m.names {
		names[i], _ = json.Marshal(name) // a text always can be
	}
	for _, row := range m.rows {
		line := []byte{'{'}
		for i, cell := range row {
			if i > 0 {
				line = append(line, ',')
			}
			line = append(append(append(line, names[i]...), ':'), cell...)
		}
		if _, err := out.Write(append(line, '}', '\n')); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (m *madeTable) printCSV(out *bufio.Writer) error {
	head := make([]json.RawMessage, len(m.names))
	for i, name := range m.names {
		head[i], _ = json.Marshal(name) // a text always can be
	}
	for _, row := range append([][]json.RawMessage{head}, m.rows...) {
		line, err := sheet.AppendLine(nil, row)
		if err != nil {
			return err
		}
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// printText prints columns as wide as their widest cell, numbers to the right. Cells are
// inert.
func (m *madeTable) printText(out *bufio.Writer, colour bool) error {
	lines := make([][]string, 0, len(m.rows)+1)
	head := make([]string, len(m.names))
	for i, name := range m.names {
		quoted, _ := json.Marshal(name) // a text always can be
		text, err := sheet.Text(quoted)
		if err != nil {
			return err
		}
		head[i] = strings.ToUpper(text)
	}
	lines = append(lines, head)
	for _, row := range m.rows {
		line := make([]string, len(row))
		for i, cell := range row {
			text, err := sheet.Text(cell)
			if err != nil {
				return err
			}
			line[i] = text
		}
		lines = append(lines, line)
	}
	widths := make([]int, len(m.names))
	for _, line := range lines {
		for i := range line {
			line[i] = cut(line[i], cellWidth)
			widths[i] = max(widths[i], utf8.RuneCountInString(line[i]))
		}
	}
	for n, line := range lines {
		text := m.aligned(line, widths)
		if n == 0 && colour {
			text = "\x1b[1m" + text + "\x1b[0m"
		}
		if _, err := out.WriteString(text + "\n"); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (m *madeTable) aligned(line []string, widths []int) string {
	var b strings.Builder
	for i, cell := range line {
		gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if m.numbers[i] {
			b.WriteString(gap + cell)
		} else {
			b.WriteString(cell + gap)
		}
		if i < len(line)-1 {
			b.WriteString("  ")
		}
	}
	return strings.TrimRight(b.String(), " ")
}
