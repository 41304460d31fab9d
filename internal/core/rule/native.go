// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"go.yaml.in/yaml/v3"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// native reads the tocsin block, which may be missing, and fills in the defaults.
func (d *document) native(n *yaml.Node, r *Rule) error {
	v := &r.Native
	if n != nil {
		fields, err := d.mapping(n, "tocsin")
		if err != nil {
			return err
		}
		for _, f := range fields {
			if err := d.nativeField(f, r); err != nil {
				return err
			}
		}
	}
	v.Own = v.Type != ""
	if v.Type == "" {
		v.Type = "sigma:" + r.ID
	}
	if v.Message == "" {
		v.Message = "anomaly." + v.Type
		if !v.Own {
			v.Message = "anomaly.sigma"
		}
	}
	if v.Confidence == 0 {
		v.Confidence = defaultConfidence
	}
	if v.Quiet == 0 {
		v.Quiet = defaultQuiet
	}
	return d.entity(n, r)
}

func (d *document) nativeField(f field, r *Rule) (err error) {
	v, what := &r.Native, "tocsin."+f.key
	switch f.key {
	case "type":
		v.Type, err = d.text(f.value, what)
	case "message":
		v.Message, err = d.text(f.value, what)
	case "entity":
		err = d.entityFields(f.value, v)
	case "weight":
		v.Weight, err = d.fieldName(f.value, what)
	case "severity_steps":
		err = d.steps(f.value, r)
	case "severity_field":
		v.SeverityField, err = d.fieldName(f.value, what)
	case "confidence":
		v.Confidence, err = d.share(f.value, what)
	case "confidence_field":
		v.ConfidenceField, err = d.fieldName(f.value, what)
	case "quiet":
		v.Quiet, err = d.timespan(f.value, what)
	default:
		err = d.errorf(f.node, "tocsin: unknown key %q", f.key)
	}
	return err
}

func (d *document) entityFields(n *yaml.Node, v *Native) error {
	items, err := d.list(n, "tocsin.entity")
	if err != nil {
		return err
	}
	for _, item := range items {
		fields, err := d.mapping(item, "tocsin.entity")
		if err != nil {
			return err
		}
		var e EntityField
		for _, f := range fields {
			switch f.key {
			case "field":
				e.Field, err = d.fieldName(f.value, "tocsin.entity.field")
			case "type":
				e.Type, err = d.text(f.value, "tocsin.entity.type")
			default:
				err = d.errorf(f.node, "tocsin.entity: unknown key %q", f.key)
			}
			if err != nil {
				return err
			}
		}
		if e.Field.IsZero() || e.Type == "" {
			return d.errorf(item, "tocsin.entity: needs field and type")
		}
		v.Entity = append(v.Entity, e)
	}
	if len(v.Entity) == 0 || len(v.Entity) > 250 {
		return d.errorf(n, "tocsin.entity: needs 1 to 250 entries")
	}
	return nil
}

func (d *document) steps(n *yaml.Node, r *Rule) error {
	items, err := d.list(n, "tocsin.severity_steps")
	if err != nil {
		return err
	}
	for _, item := range items {
		fields, err := d.mapping(item, "tocsin.severity_steps")
		if err != nil {
			return err
		}
		var s Step
		for _, f := range fields {
			switch f.key {
			case "times":
				s.Times, err = d.count(f.value, "tocsin.severity_steps.times")
			case "severity":
				s.Severity, err = d.level(f.value)
			default:
				err = d.errorf(f.node, "tocsin.severity_steps: unknown key %q", f.key)
			}
			if err != nil {
				return err
			}
		}
		last := int64(1)
		if k := len(r.Native.Steps); k > 0 {
			last = r.Native.Steps[k-1].Times
		}
		if s.Times <= last {
			return d.errorf(item, "tocsin.severity_steps: times must rise from 2 on")
		}
		r.Native.Steps = append(r.Native.Steps, s)
	}
	return nil
}

// entity checks the entity list against group-by, or makes it.
func (d *document) entity(n *yaml.Node, r *Rule) error {
	v, c := &r.Native, r.Correlation
	if c == nil {
		if len(v.Entity) == 0 {
			v.Entity = defaultEntity()
		}
		return nil
	}
	switch {
	case len(c.GroupBy) == 0 && len(v.Entity) == 0:
		// One window for all: it is about the source.
		v.Entity = []EntityField{{Field: FieldOf("source"), Type: "source"}}
		c.GroupBy = []Field{v.Entity[0].Field}
	case len(c.GroupBy) == 0:
		return d.errorf(n, "tocsin.entity: needs a group-by that begins with its first field")
	case len(v.Entity) == 0:
		v.Entity = []EntityField{{Field: c.GroupBy[0], Type: typeOf(c.GroupBy[0])}}
	case v.Entity[0].Field != c.GroupBy[0]:
		return d.errorf(n, "tocsin.entity: the first field is %s, but group-by begins with %s", v.Entity[0].Field, c.GroupBy[0])
	}
	return nil
}

// defaultEntity is the narrowest that the core fields name, as package entity
// has it.
func defaultEntity() []EntityField {
	var list []EntityField
	for _, f := range [...]event.Field{event.FieldIP, event.FieldUser, event.FieldHost, event.FieldSource} {
		list = append(list, EntityField{Field: FieldOf(f.String()), Type: f.String()})
	}
	return list
}

func typeOf(f Field) string {
	switch f.core {
	case event.FieldIP, event.FieldUser, event.FieldHost, event.FieldSource:
		return f.core.String()
	default:
		return f.name
	}
}
