// SPDX-License-Identifier: Apache-2.0

package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The limits of a list of columns.
const (
	MaxColumns = 64
	maxName    = event.MaxKeyBytes + len("attrs.")
)

// Column is one column of a sheet.
type Column struct {
	// Name is what the header says, as it was asked for.
	Name string

	from []place // the first that is there and not empty counts
}

// place is where a value lies in the native form: a member, or one of its members.
type place struct{ member, within string }

// Flat are the columns of relational audit logs, which are those of a sheet for which
// none are named.
func Flat() []Column {
	var columns []Column
	for _, name := range [...]string{
		"log_id", "source", "level", "category", "message", "metadata", "user_id", "ip_address", "user_agent", "signature", "timestamp", "created_at",
	} {
		c, _ := column(name) // all of them are known
		columns = append(columns, c)
	}
	return columns
}

// ParseColumns reads a list of names separated by commas: members of the native form,
// their aliases, the names of Flat, and attrs.KEY for one attribute. An empty list is
// Flat. Every column is there once.
func ParseColumns(list string) ([]Column, error) {
	if strings.TrimSpace(list) == "" {
		return Flat(), nil
	}
	if n := strings.Count(list, ",") + 1; n > MaxColumns {
		return nil, fmt.Errorf("%d columns, at most %d are possible", n, MaxColumns)
	}
	var columns []Column
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		c, ok := column(name)
		switch {
		case !ok:
			return nil, fmt.Errorf("there is no column %.40q", name)
		case slices.ContainsFunc(columns, func(o Column) bool { return o.Name == name }):
			return nil, fmt.Errorf("the column %.40q is there twice", name)
		}
		columns = append(columns, c)
	}
	return columns, nil
}

// column finds a column by its name.
func column(name string) (c Column, ok bool) {
	c.Name = name
	switch name {
	case "log_id":
		c.from = []place{{member: "origin_id"}, {member: "id"}}
		return c, true
	case "signature": // what vouches for a row is its place in the journal
		return c, true
	case "metadata":
		c.from = []place{{member: "attrs"}}
		return c, true
	case "action", "outcome", "severity_number", "compliance", "geo", "attrs", "raw_base64", "marks", "origin", "erased":
		c.from = []place{{member: name}}
		return c, true
	case "as.number":
		c.from = []place{{"geo", "as"}}
		return c, true
	}
	canonical, ok := event.Canonical(name)
	if !ok || len(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, event.Acts) {
		return c, false
	}
	member, within, _ := strings.Cut(canonical, ".")
	c.from = []place{{member, within}}
	return c, true
}

// of finds the column's value; nil when there is none.
func (c *Column) of(members []member) ([]byte, error) {
	for _, p := range c.from {
		raw := find(members, p.member)
		if p.within != "" && !absent(raw) {
			inner, err := membersOf(raw)
			if err != nil {
				return nil, fmt.Errorf("read %s: %w", p.member, err)
			}
			raw = find(inner, p.within)
		}
		if !absent(raw) && string(raw) != `""` || len(c.from) == 1 {
			return raw, nil
		}
	}
	return nil, nil
}
