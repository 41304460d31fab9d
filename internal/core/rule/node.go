// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// document reads the nodes of one YAML document; its methods err with the line of
// the node.
type document struct {
	file   string
	values int
}

// field is one key of a mapping with its value.
type field struct {
	key   string
	node  *yaml.Node // of the key
	value *yaml.Node
}

func (d *document) errorf(n *yaml.Node, format string, args ...any) error {
	return &Error{File: d.file, Line: max(n.Line, 1), Text: fmt.Sprintf(format, args...)}
}

// mapping reads the keys of a mapping in their order; each must be a text and
// come once.
func (d *document) mapping(n *yaml.Node, what string) ([]field, error) {
	if n.Kind != yaml.MappingNode {
		return nil, d.errorf(n, "%s: must be a mapping", what)
	}
	fields := make([]field, 0, len(n.Content)/2)
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return nil, d.errorf(key, "%s: a key must be a text", what)
		}
		if seen[key.Value] {
			return nil, d.errorf(key, "%s: the key %q comes twice", what, key.Value)
		}
		seen[key.Value] = true
		if value.Kind == yaml.AliasNode {
			return nil, d.errorf(value, "%s: aliases are not supported", key.Value)
		}
		fields = append(fields, field{key: key.Value, node: key, value: value})
	}
	return fields, nil
}

func (d *document) text(n *yaml.Node, what string) (string, error) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return "", d.errorf(n, "%s: must be a text", what)
	}
	return n.Value, nil
}

// word reads a text that is one of the allowed ones.
func (d *document) word(n *yaml.Node, what string, allowed ...string) (string, error) {
	s, err := d.text(n, what)
	if err == nil && !slices.Contains(allowed, s) {
		err = d.errorf(n, "%s: %q is none of %s", what, s, strings.Join(allowed, ", "))
	}
	return s, err
}

func (d *document) list(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if n.Kind != yaml.SequenceNode {
		return nil, d.errorf(n, "%s: must be a list", what)
	}
	return n.Content, nil
}

func (d *document) texts(n *yaml.Node, what string) ([]string, error) {
	items, err := d.list(n, what)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		s, err := d.text(item, what)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// count reads a whole number from 1 to a billion.
func (d *document) count(n *yaml.Node, what string) (int64, error) {
	s, err := d.text(n, what)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(s, 10, 64)
	if err != nil || v < 1 || v > 1_000_000_000 {
		return 0, d.errorf(n, "%s: %q is no whole number from 1 to a billion", what, s)
	}
	return v, nil
}

func (d *document) share(n *yaml.Node, what string) (float64, error) {
	s, err := d.text(n, what)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v > 0 && v < 1) {
		return 0, d.errorf(n, "%s: %q does not lie between 0 and 1", what, s)
	}
	return v, nil
}

// timespan reads a number with one of the units s, m, h, d; at most 31 days.
func (d *document) timespan(n *yaml.Node, what string) (time.Duration, error) {
	s, err := d.text(n, what)
	if err != nil {
		return 0, err
	}
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}
	if len(s) > 1 {
		v, err := strconv.ParseUint(s[:len(s)-1], 10, 31)
		unit, known := units[s[len(s)-1]]
		const most = 31 * 24 * time.Hour
		if err == nil && known && v > 0 && v <= uint64(most/unit) { //nolint:gosec // a positive quotient
			return time.Duration(v) * unit, nil
		}
	}
	return 0, d.errorf(n, "%s: %q is no number with s, m, h or d, or more than 31d", what, s)
}

func (d *document) fieldName(n *yaml.Node, what string) (Field, error) {
	s, err := d.text(n, what)
	if err == nil && s == "" {
		err = d.errorf(n, "%s: a field name is missing", what)
	}
	if err != nil {
		return Field{}, err
	}
	return FieldOf(s), nil
}
