// SPDX-License-Identifier: Apache-2.0

package query

// collector is the end of a run: it makes the table.
type collector struct {
	table  Table
	refs   []ref
	events bool
	rows   int
	memory *memory
}

func newCollector(s schema, rows int, m *memory) *collector {
	c := &collector{events: s.events, rows: rows, memory: m}
	if c.rows <= 0 {
		c.rows = 10_000
	}
	for _, shown := range s.shown() {
		r, _ := s.find(shown.Name)
		c.refs = append(c.refs, r)
		c.table.Columns = append(c.table.Columns, TableColumn{Name: string(shown.Name), Type: shown.Type})
	}
	return c
}

func (c *collector) push(w row) error {
	if len(c.table.Rows) == c.rows {
		c.table.Truncated = true
		return errEnough
	}
	out := TableRow{Cells: make([]Cell, len(c.refs))}
	for i, r := range c.refs {
		out.Cells[i] = ownCell(r.of(&w))
	}
	if c.events {
		out.Event = w.event
	}
	c.table.Rows = append(c.table.Rows, out)
	return c.memory.keepRow(&row{event: out.Event, cells: out.Cells})
}

func (c *collector) finish() error { return nil }
