// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of one detection.
const (
	maxSearches = 200
	maxValues   = 20_000
)

// detection reads the searches and the condition of a document.
func (d *document) detection(n *yaml.Node) (*expr, error) {
	fields, err := d.mapping(n, "detection")
	if err != nil {
		return nil, err
	}
	if len(fields) > maxSearches {
		return nil, d.errorf(n, "detection: more than %d searches", maxSearches)
	}
	searches := make(map[string]*expr, len(fields))
	var condition *yaml.Node
	for _, f := range fields {
		switch f.key {
		case "condition":
			condition = f.value
		case "timeframe":
			return nil, d.errorf(f.node, "detection: timeframe is of Sigma 1; write a correlation")
		default:
			x, err := d.search(f.value, f.key)
			if err != nil {
				return nil, err
			}
			searches[f.key] = x
		}
	}
	if condition == nil {
		return nil, d.errorf(n, "detection: condition is missing")
	}
	text, err := d.text(condition, "condition")
	if err != nil {
		return nil, err
	}
	x, err := parseCondition(text, searches)
	if err != nil {
		return nil, d.errorf(condition, "%v", err)
	}
	return x, nil
}

// search reads a mapping (all fields hold), a list of mappings (any holds) or a
// list of keywords (any is contained).
func (d *document) search(n *yaml.Node, name string) (*expr, error) {
	switch n.Kind {
	case yaml.MappingNode:
		return d.fieldsOf(n, name)
	case yaml.SequenceNode:
		if len(n.Content) == 0 {
			return nil, d.errorf(n, "%s: is empty", name)
		}
		kids := make([]*expr, 0, len(n.Content))
		for _, item := range n.Content {
			x, err := d.searchItem(item, name)
			if err != nil {
				return nil, err
			}
			kids = append(kids, x)
		}
		return join(opOr, kids), nil
	default:
		return nil, d.errorf(n, "%s: must be a mapping or a list", name)
	}
}

func (d *document) searchItem(n *yaml.Node, name string) (*expr, error) {
	if n.Kind == yaml.MappingNode {
		return d.fieldsOf(n, name)
	}
	text, err := d.text(n, name)
	if err != nil {
		return nil, err
	}
	return &expr{pred: &predicate{kind: isKeyword, text: newPattern(text, anywhere, false)}}, nil
}

func (d *document) fieldsOf(n *yaml.Node, name string) (*expr, error) {
	fields, err := d.mapping(n, name)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, d.errorf(n, "%s: is empty", name)
	}
	kids := make([]*expr, 0, len(fields))
	for _, f := range fields {
		x, err := d.item(f)
		if err != nil {
			return nil, err
		}
		kids = append(kids, x)
	}
	return join(opAnd, kids), nil
}

// modifiers of one field test, as read from field|modifier|modifier.
type modifiers struct {
	kind  test
	mode  mode
	all   bool
	cased bool
	flags string // of a regular expression
	than  comparison
}

func (d *document) modifiers(n *yaml.Node, words []string) (m modifiers, err error) {
	kinds := 0
	set := func(k test) { m.kind = k; kinds++ }
	for _, word := range words {
		switch word {
		case "contains":
			m.mode = anywhere
			kinds++
		case "startswith":
			m.mode = atStart
			kinds++
		case "endswith":
			m.mode = atEnd
			kinds++
		case "all":
			m.all = true
		case "cased":
			m.cased = true
		case "re":
			set(isRegex)
		case "i", "m", "s":
			if m.kind != isRegex {
				return m, d.errorf(n, "modifier %s belongs after re", word)
			}
			m.flags += word
		case "cidr":
			set(isInside)
		case "exists":
			set(isThere)
		case "gt", "gte", "lt", "lte":
			set(isCompared)
			m.than = map[string]comparison{"gt": greater, "gte": greaterEqual, "lt": less, "lte": lessEqual}[word]
		default:
			return m, d.errorf(n, "unknown or unsupported modifier %q", word)
		}
	}
	if kinds > 1 || m.cased && m.kind != isText {
		return m, d.errorf(n, "modifiers %q do not go together", strings.Join(words, "|"))
	}
	return m, nil
}

// item reads one field test with its value or list of values.
func (d *document) item(f field) (*expr, error) {
	words := strings.Split(f.key, "|")
	m, err := d.modifiers(f.node, words[1:])
	if err != nil {
		return nil, err
	}
	if words[0] == "" {
		return nil, d.errorf(f.node, "a field name is missing before the modifiers")
	}
	of := FieldOf(words[0])
	values := []*yaml.Node{f.value}
	if f.value.Kind == yaml.SequenceNode {
		values = f.value.Content
	}
	if len(values) == 0 {
		return nil, d.errorf(f.value, "%s: the list is empty", f.key)
	}
	if d.values += len(values); d.values > maxValues {
		return nil, d.errorf(f.value, "more than %d values", maxValues)
	}
	kids := make([]*expr, 0, len(values))
	for _, v := range values {
		p, err := d.predicate(of, m, v, f.key)
		if err != nil {
			return nil, err
		}
		kids = append(kids, &expr{pred: p})
	}
	if m.all {
		return join(opAnd, kids), nil
	}
	return join(opOr, kids), nil
}

func (d *document) predicate(of Field, m modifiers, v *yaml.Node, key string) (*predicate, error) {
	if v.Kind != yaml.ScalarNode {
		return nil, d.errorf(v, "%s: must be a value or a list of values", key)
	}
	p := &predicate{field: of, kind: m.kind, than: m.than}
	var err error
	switch m.kind {
	case isRegex:
		flags := ""
		if m.flags != "" {
			flags = "(?" + m.flags + ")"
		}
		p.regex, err = regexp.Compile(flags + v.Value)
	case isInside:
		p.prefix, err = netip.ParsePrefix(v.Value)
		p.prefix = p.prefix.Masked()
	case isThere:
		p.truth, err = strconv.ParseBool(v.Value)
	case isCompared:
		p.number, err = strconv.ParseFloat(v.Value, 64)
		if severity, ok := event.ParseSeverity(v.Value); ok && of.name == "severity" {
			p.number, err = float64(severity), nil
		} else if err == nil && math.IsNaN(p.number) {
			err = fmt.Errorf("%q is no number", v.Value)
		}
	default:
		err = p.plain(m, v)
	}
	if err != nil {
		return nil, d.errorf(v, "%s: %v", key, err)
	}
	return p, nil
}

// plain reads a value without a modifier that changes its kind.
func (p *predicate) plain(m modifiers, v *yaml.Node) error {
	tag := v.ShortTag()
	switch {
	case tag == "!!null" && m.mode != whole:
		return errors.New("null cannot be a part of a text")
	case tag == "!!null":
		p.kind = isNull
	case m.mode == whole && slices.Contains([]string{"!!int", "!!float"}, tag):
		if n, err := strconv.ParseFloat(v.Value, 64); err == nil {
			p.kind, p.number, p.source = isNumber, n, v.Value
		} else {
			p.text = newPattern(v.Value, m.mode, m.cased) // 1_000: as written
		}
	case m.mode == whole && tag == "!!bool":
		p.kind, p.truth, p.text = isBool, strings.EqualFold(v.Value, "true"), newPattern(v.Value, whole, false)
	default:
		p.text = newPattern(v.Value, m.mode, m.cased)
	}
	return nil
}
