// SPDX-License-Identifier: Apache-2.0

package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Column is the name of the result.
func (a Agg) Column() Field {
	if a.As != "" {
		return a.As
	}
	if a.Of == "" {
		return Field(a.Func)
	}
	return Field(a.Func + "(" + string(a.Of) + ")")
}

// String writes the call and its name.
func (a Agg) String() string {
	text := a.Func
	if a.Of != "" {
		text += "(" + a.Of.String() + ")"
	}
	if a.As != "" {
		text += " as " + a.As.String()
	}
	return text
}

// String writes the values, and by what they are grouped.
func (s *StatsStage) String() string { return "stats " + list(s.Aggs) + by(s.By) }

// String writes the span, the values and by what they are grouped.
func (s *TimechartStage) String() string {
	text := "timechart"
	if s.Span != 0 {
		text += " span=" + spanText(s.Span)
	}
	if s.Limit != 0 {
		text += " limit=" + strconv.Itoa(s.Limit)
	}
	text += " " + list(s.Aggs)
	if s.By != "" {
		text += " by " + s.By.String()
	}
	return text
}

// String writes the limit, the columns and by what they are grouped.
func (s *TopStage) String() string {
	return fmt.Sprintf("%s limit=%d %s%s", s.Command(), s.Limit, list(s.Fields), by(s.By))
}

// String writes the columns, - before those that go down.
func (s *SortStage) String() string {
	if s.Limit != 0 {
		return fmt.Sprintf("sort %d %s", s.Limit, list(s.Keys))
	}
	return "sort " + list(s.Keys)
}

// String writes the column, with - when it goes down.
func (k SortKey) String() string {
	if k.Desc {
		return "-" + k.Of.String()
	}
	return k.Of.String()
}

// String writes the number of rows.
func (s *HeadStage) String() string { return s.Command() + " " + strconv.Itoa(s.N) }

// String writes the columns.
func (s *TableStage) String() string { return "table " + list(s.Columns) }

// String writes the columns.
func (s *FieldsStage) String() string {
	if s.Remove {
		return "fields - " + list(s.Columns)
	}
	return "fields " + list(s.Columns)
}

// String writes the number of rows and the columns.
func (s *DedupStage) String() string {
	if s.N != 1 {
		return fmt.Sprintf("dedup %d %s", s.N, list(s.Keys))
	}
	return "dedup " + list(s.Keys)
}

// String writes the condition.
func (s *WhereStage) String() string { return "where " + s.If.String() }

// String writes the assignments.
func (s *EvalStage) String() string { return "eval " + list(s.Sets) }

// String writes name = value.
func (s Set) String() string { return s.Name.String() + "=" + s.Value.String() }

// String writes the old names and the new ones.
func (s *RenameStage) String() string { return "rename " + list(s.Names) }

// String writes old as new.
func (n Rename) String() string { return n.Old.String() + " as " + n.New.String() }

func list[T fmt.Stringer](of []T) string {
	parts := make([]string, len(of))
	for i, x := range of {
		parts[i] = x.String()
	}
	return strings.Join(parts, ", ")
}

func by(of []Field) string {
	if len(of) == 0 {
		return ""
	}
	return " by " + list(of)
}

// spanText writes a span in the largest unit that fits.
func spanText(d time.Duration) string {
	for _, u := range spanUnits() {
		if d%u.length == 0 {
			return strconv.FormatInt(int64(d/u.length), 10) + u.name
		}
	}
	return d.String()
}

type spanUnit struct {
	name   string
	length time.Duration
}

// spanUnits are the units of a span, the largest first.
func spanUnits() []spanUnit {
	const day = 24 * time.Hour
	return []spanUnit{{"w", 7 * day}, {"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}}
}
