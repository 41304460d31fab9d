// SPDX-License-Identifier: Apache-2.0

package query

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// ParseFilter reads a filter from the parameters of a request:
//
//	source, category, level, ip   several values by comma or repetition
//	user                          several values by repetition
//	min_level, q, from, to, id, limit, cursor, offset
//
// with the aliases of event.Canonical (user_id, ip_address …); times are RFC
// 3339. Empty values count as not given. A name that is neither one of these nor
// among other is an error, so that a misspelt filter is not taken for none. The
// error is a *FieldError that names the parameter as it was sent. The filter is
// not validated any further.
func ParseFilter(values url.Values, other ...string) (Filter, error) {
	var f Filter
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // the same error each time
	for _, name := range names {
		if slices.Contains(other, name) {
			continue
		}
		if err := f.set(name, given(values[name])); err != nil {
			return Filter{}, err
		}
	}
	return f, nil
}

func given(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

func (f *Filter) set(name string, values []string) error {
	canonical, known := event.Canonical(name)
	if !known {
		canonical = name
	}
	switch canonical {
	case "source":
		f.Sources = append(f.Sources, split(values)...)
		return nil
	case "category":
		f.Categories = append(f.Categories, split(values)...)
		return nil
	case "ip":
		f.IPs = append(f.IPs, split(values)...)
		return nil
	case "user":
		f.Users = append(f.Users, values...)
		return nil
	case "severity":
		for _, v := range split(values) {
			level, ok := event.ParseSeverity(v)
			if !ok {
				return fieldErrorf(name, "%.40q is none of info, low, medium, high, critical", v)
			}
			f.Levels = append(f.Levels, level)
		}
		return nil
	}
	if len(values) == 0 {
		values = []string{""}
	}
	if len(values) > 1 {
		return fieldErrorf(name, "given %d times", len(values))
	}
	return f.setOne(name, canonical, values[0])
}

// setOne sets a field that has one value; "" is not given.
func (f *Filter) setOne(name, canonical, value string) (err error) {
	switch canonical {
	case "q":
		f.Text = value
	case "cursor":
		f.Cursor = value
	case "from", "to", "limit", "offset", "id", "min_level":
		if value == "" {
			return nil
		}
	default:
		return fieldErrorf(name, "no such filter")
	}
	switch canonical {
	case "from":
		f.From, err = parseTime(name, value)
	case "to":
		f.To, err = parseTime(name, value)
	case "limit":
		if f.Limit, err = parseCount(name, value); err == nil && f.Limit == 0 {
			err = fieldErrorf(name, "0 is not between 1 and %d", MaxLimit)
		}
	case "offset":
		f.Offset, err = parseCount(name, value)
	case "id":
		if f.ID, err = event.ParseID(value); err != nil {
			err = fieldErrorf(name, "%.40q is no event id", value)
		}
	case "min_level":
		level, ok := event.ParseSeverity(value)
		if !ok {
			return fieldErrorf(name, "%.40q is none of info, low, medium, high, critical", value)
		}
		f.MinLevel = level
	}
	return err
}

func split(values []string) []string {
	var out []string
	for _, v := range values {
		out = append(out, given(strings.Split(v, ","))...)
	}
	return out
}

func parseTime(name, value string) (int64, error) {
	t, err := time.Parse(time.RFC3339Nano, value)
	if err != nil {
		return 0, fieldErrorf(name, "%.40q is no time such as 2026-11-23T15:04:05Z", value)
	}
	if t.Unix() < 0 || t.Unix() >= event.MaxTime/1e9 {
		return 0, fieldErrorf(name, "%.40q is not between 1970 and 2262", value)
	}
	return t.UnixNano(), nil
}

func parseCount(name, value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 0 {
		return 0, fieldErrorf(name, "%.40q is no number", value)
	}
	return n, nil
}
