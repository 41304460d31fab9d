// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"go.yaml.in/yaml/v3"
)

// correlation reads the correlation block of a document.
func (d *document) correlation(n *yaml.Node) (*Correlation, error) {
	fields, err := d.mapping(n, "correlation")
	if err != nil {
		return nil, err
	}
	c := &Correlation{}
	var condition *yaml.Node
	for _, f := range fields {
		switch f.key {
		case "type":
			var word string
			word, err = d.word(f.value, "correlation.type", string(EventCount), string(ValueCount))
			c.Type = Type(word)
		case "rules":
			if f.value.Kind == yaml.ScalarNode {
				var name string
				name, err = d.text(f.value, "correlation.rules")
				c.Rules = []string{name}
				break
			}
			c.Rules, err = d.texts(f.value, "correlation.rules")
		case "group-by":
			err = d.groupBy(f.value, c)
		case "timespan":
			c.Timespan, err = d.timespan(f.value, "correlation.timespan")
		case "condition":
			condition = f.value
		case "generate":
			var word string
			word, err = d.word(f.value, "correlation.generate", "true", "false")
			c.Generate = word == "true"
		default:
			err = d.errorf(f.node, "correlation: unknown or unsupported key %q", f.key)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case c.Type == "":
		return nil, d.errorf(n, "correlation: type is missing")
	case len(c.Rules) == 0:
		return nil, d.errorf(n, "correlation: rules are missing")
	case c.Timespan == 0:
		return nil, d.errorf(n, "correlation: timespan is missing")
	case condition == nil:
		return nil, d.errorf(n, "correlation: condition is missing")
	}
	return c, d.threshold(condition, c)
}

func (d *document) groupBy(n *yaml.Node, c *Correlation) error {
	items, err := d.list(n, "correlation.group-by")
	if err != nil {
		return err
	}
	for _, item := range items {
		f, err := d.fieldName(item, "correlation.group-by")
		if err != nil {
			return err
		}
		c.GroupBy = append(c.GroupBy, f)
	}
	return nil
}

// threshold reads the condition; gt N is gte N+1.
func (d *document) threshold(n *yaml.Node, c *Correlation) error {
	fields, err := d.mapping(n, "correlation.condition")
	if err != nil {
		return err
	}
	for _, f := range fields {
		switch f.key {
		case "gte", "gt":
			if c.Threshold != 0 {
				return d.errorf(f.node, "correlation.condition: one of gt and gte")
			}
			if c.Threshold, err = d.count(f.value, "correlation.condition."+f.key); err != nil {
				return err
			}
			if f.key == "gt" {
				c.Threshold++
			}
		case "field":
			if c.Field, err = d.fieldName(f.value, "correlation.condition.field"); err != nil {
				return err
			}
		default:
			return d.errorf(f.node, "correlation.condition: unknown or unsupported key %q", f.key)
		}
	}
	switch {
	case c.Threshold == 0:
		return d.errorf(n, "correlation.condition: gte or gt is missing")
	case c.Type == ValueCount && c.Field.IsZero():
		return d.errorf(n, "correlation.condition: value_count needs a field")
	case c.Type == EventCount && !c.Field.IsZero():
		return d.errorf(n, "correlation.condition: event_count counts no field")
	}
	return nil
}
