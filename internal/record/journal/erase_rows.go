// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"sort"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// erasedRow is a row of a file with slots that were erased.
type erasedRow struct {
	row   int
	slots event.SlotSet
}

// erasedRows tells which slots of a file's rows were erased. The meta is read with
// the first row that somebody asks for: a journal opens thousands of files, and few
// of them ever lose something.
func erasedRows(f *segment.File) func(row int) event.SlotSet {
	list := sync.OnceValue(func() []erasedRow {
		m, err := decodeMeta(f.Meta())
		if err != nil {
			return nil // verify names it
		}
		return m.erasedRows()
	})
	return func(row int) event.SlotSet {
		rows := list()
		i := sort.Search(len(rows), func(i int) bool { return rows[i].row >= row })
		if i == len(rows) || rows[i].row != row {
			return 0
		}
		return rows[i].slots
	}
}

// erasedRows are the rows with erased slots, rising. Lost entries have no row.
func (f fileMeta) erasedRows() (rows []erasedRow) {
	first := 0
	for i := range f {
		m := &f[i]
		for k := range m.Erased {
			e := &m.Erased[k]
			lost := sort.Search(len(m.Lost), func(i int) bool { return m.Lost[i] >= e.I })
			row := first + int(e.I) - lost
			if n := len(rows); n == 0 || rows[n-1].row != row {
				rows = append(rows, erasedRow{row: row})
			}
			rows[len(rows)-1].slots |= 1 << e.Slot
		}
		first += m.rows()
	}
	return rows
}
