// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds how deep a configuration may nest.
const maxDepth = 20

// Days is a number of days, written as 180 or 180d.
type Days int

// UnmarshalYAML reads either form.
func (d *Days) UnmarshalYAML(n *yaml.Node) error {
	v, err := strconv.Atoi(strings.TrimSuffix(n.Value, "d"))
	if err != nil {
		return fmt.Errorf("line %d: %q is no number of days such as 180d", n.Line, n.Value)
	}
	*d = Days(v)
	return nil
}

// overlay lays the named environment over the document: mappings are merged
// key by key, everything else is replaced.
func overlay(top *yaml.Node, environment string) {
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value != "environments" {
			continue
		}
		all := top.Content[i+1]
		top.Content = slices.Delete(top.Content, i, i+2)
		for j := 0; j+1 < len(all.Content); j += 2 {
			if all.Content[j].Value == environment {
				merge(top, all.Content[j+1], 0)
			}
		}
		return
	}
}

func merge(dst, src *yaml.Node, depth int) {
	if dst.Kind != yaml.MappingNode || src.Kind != yaml.MappingNode || depth > maxDepth {
		*dst = *src
		return
	}
	for i := 0; i+1 < len(src.Content); i += 2 {
		key, value, found := src.Content[i], src.Content[i+1], false
		for j := 0; j+1 < len(dst.Content); j += 2 {
			if dst.Content[j].Value == key.Value {
				merge(dst.Content[j+1], value, depth+1)
				found = true
			}
		}
		if !found {
			dst.Content = append(dst.Content, key, value)
		}
	}
}

// expand replaces ${NAME} in every scalar by the environment's value; $$ is a
// dollar sign. A name that is not set is an error.
func expand(n *yaml.Node, lookup func(string) (string, bool), depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("line %d: nested more than %d deep", n.Line, maxDepth)
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "$") {
		v, err := expandText(n.Value, lookup)
		if err != nil {
			return fmt.Errorf("line %d: %w", n.Line, err)
		}
		n.Value = v
	}
	for _, c := range n.Content {
		if err := expand(c, lookup, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func expandText(s string, lookup func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, '$')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String(), nil
		}
		b.WriteString(s[:i])
		switch s[i+1] {
		case '$':
			b.WriteByte('$')
			s = s[i+2:]
		case '{':
			name, rest, found := strings.Cut(s[i+2:], "}")
			if !found {
				return "", fmt.Errorf("${%s: the brace is not closed", name)
			}
			v, ok := lookup(name)
			if !ok {
				return "", fmt.Errorf("${%s}: not set in the environment", name)
			}
			b.WriteString(v)
			s = rest
		default:
			b.WriteByte('$')
			s = s[i+1:]
		}
	}
}

// mapping reads a document, nil when it is empty.
func mapping(document []byte) (*yaml.Node, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, fmt.Errorf("%w", err)
	}
	if root.Kind == 0 {
		return nil, nil //nolint:nilnil // nothing was written, which is no error
	}
	top := root.Content[0]
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: want a mapping of sections", top.Line)
	}
	return top, nil
}

// decode reads a mapping over what into points to, a struct with yaml tags.
func decode(top *yaml.Node, into any, lookup func(string) (string, bool)) error {
	if err := expand(top, lookup, 0); err != nil {
		return err
	}
	if err := knownIn(top, reflect.TypeOf(into).Elem(), ""); err != nil {
		return err
	}
	if err := top.Decode(into); err != nil {
		return fmt.Errorf("%w", err)
	}
	return nil
}

// knownIn refuses keys that no section has. The decoder could do it too, but only on
// a text, whose lines are gone after the overlay. What reads itself judges itself.
func knownIn(n *yaml.Node, t reflect.Type, path string) error {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[yaml.Unmarshaler]()) {
		return nil
	}
	switch {
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, item := range n.Content {
			if err := knownIn(item, t.Elem(), fmt.Sprintf("%s[%d].", strings.TrimSuffix(path, "."), i)); err != nil {
				return err
			}
		}
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		return knownFields(n, t, path)
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Map:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if err := knownIn(n.Content[i+1], t.Elem(), path+n.Content[i].Value+"."); err != nil {
				return err
			}
		}
	}
	return nil
}

func knownFields(n *yaml.Node, t reflect.Type, path string) error {
	names := make([]string, 0, t.NumField())
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		if name == "-" {
			continue // set by what reads it; such fields come last
		}
		names = append(names, name)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		at := slices.Index(names, key.Value)
		if at < 0 || key.Value == "" {
			return fmt.Errorf("line %d: %s%s: unknown key, want one of %s", key.Line, path, key.Value, strings.Join(names, ", "))
		}
		if err := knownIn(n.Content[i+1], t.Field(at).Type, path+key.Value+"."); err != nil {
			return err
		}
	}
	return nil
}
