// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// linePattern is a compiled pattern: fields has the field of each group, "" for none.
type linePattern struct {
	expr   *regexp.Regexp
	fields []string
}

// The bounds of a pattern: as text, in all, and how deep patterns stand in patterns.
const (
	maxPatternBytes = 64 << 10
	maxPatternDepth = 16
)

// expander turns %{PATTERN:field} into groups of an RE2 expression.
type expander struct {
	define map[string]string
	out    strings.Builder
	names  []string // the field of group f0, f1 …
}

// compilePattern compiles a pattern, which must fit a whole line. A group of RE2 with
// a name, (?P<user>…), is a field too.
func compilePattern(pattern string, define map[string]string) (linePattern, error) {
	x := &expander{define: define}
	if err := x.expand(pattern, 0); err != nil {
		return linePattern{}, err
	}
	expr, err := regexp.Compile(`\A(?:` + x.out.String() + `)\z`)
	if err != nil {
		return linePattern{}, err
	}
	p := linePattern{expr: expr, fields: make([]string, expr.NumSubexp()+1)}
	some := false
	for i, name := range expr.SubexpNames() {
		field := name
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "tocsin_")); err == nil && strings.HasPrefix(name, "tocsin_") && n < len(x.names) {
			field = x.names[n]
		}
		if field == "" {
			continue
		}
		if err := settable(field); err != nil {
			return linePattern{}, err
		}
		p.fields[i], some = field, true
	}
	if !some {
		return linePattern{}, errors.New("names no field: write %{PATTERN:field}")
	}
	return p, nil
}

func (x *expander) expand(pattern string, depth int) error {
	if depth > maxPatternDepth {
		return fmt.Errorf("patterns stand more than %d deep in each other", maxPatternDepth)
	}
	for {
		before, rest, ok := strings.Cut(pattern, "%{")
		x.out.WriteString(before)
		if x.out.Len() > maxPatternBytes {
			return fmt.Errorf("longer than %d bytes with its patterns", maxPatternBytes)
		}
		if !ok {
			return nil
		}
		inner, after, ok := strings.Cut(rest, "}")
		if !ok {
			return fmt.Errorf("%%{%.40s: the brace is not closed", rest)
		}
		if err := x.one(inner, depth); err != nil {
			return err
		}
		pattern = after
	}
}

// one writes the group of %{NAME}, %{NAME:field} or %{NAME:field:type}; a type changes
// nothing, for whole numbers are numbers anyway.
func (x *expander) one(inner string, depth int) error {
	name, field, _ := strings.Cut(inner, ":")
	field, _, _ = strings.Cut(field, ":")
	expr, ok := x.define[name]
	if !ok {
		expr = patternOf(name)
	}
	if expr == "" {
		return fmt.Errorf("%%{%.40s}: there is no pattern of that name", inner)
	}
	if field == "" {
		x.out.WriteString("(?:")
	} else {
		fmt.Fprintf(&x.out, "(?P<tocsin_%d>", len(x.names))
		x.names = append(x.names, bracketless(field))
	}
	if err := x.expand(expr, depth+1); err != nil {
		return err
	}
	x.out.WriteByte(')')
	return nil
}

// bracketless writes [client][ip] as client.ip.
func bracketless(field string) string {
	if !strings.HasPrefix(field, "[") {
		return field
	}
	return strings.ReplaceAll(strings.Trim(field, "[]"), "][", ".")
}

// pathOf reads a path into an object, $.a.b[0].c, as the dotted name of the attribute
// that is read from there, a.b.0.c.
func pathOf(path string) (string, error) {
	p := strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	p = strings.NewReplacer("['", ".", "']", "", "[", ".", "]", "").Replace(p)
	p = strings.TrimPrefix(p, ".")
	if p == "" || strings.Contains(p, "..") || strings.ContainsAny(p, "*?@ \"'") || strings.HasSuffix(p, ".") {
		return "", fmt.Errorf("%.80q: want a path such as actor.login or $.items[0].id", path)
	}
	return p, nil
}
