// SPDX-License-Identifier: Apache-2.0

package config

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

// Pipeline says how records are read beyond what Tocsin knows by itself.
type Pipeline struct {
	// Formats are the user's own.
	Formats []UserFormat `yaml:"formats"`
}

// UserFormat is one format: lines by patterns, or JSON objects by paths. What reads it
// says what is wrong in it.
type UserFormat struct {
	Name string `yaml:"name"`
	// Patterns are tried on a line in order; Define are patterns by name, for use in them.
	Patterns []string          `yaml:"patterns"`
	Define   map[string]string `yaml:"define"`
	// Fields tell the paths of fields in an object.
	Fields map[string]string `yaml:"fields"`
	// TimeLayout is how the time is written, in the manner of strptime.
	TimeLayout string `yaml:"time_layout"`
	// Set are fields that every event has, Cases those that some have.
	Set   map[string]string `yaml:"set"`
	Cases []UserCase        `yaml:"cases"`

	// Line is where it begins in the file.
	Line int `yaml:"-"`
}

// UserCase sets fields where a field is, contains or matches a text.
type UserCase struct {
	Field    string            `yaml:"field"`
	Is       string            `yaml:"is"`
	Contains string            `yaml:"contains"`
	Matches  string            `yaml:"matches"`
	Set      map[string]string `yaml:"set"`
}

// UnmarshalYAML reads a format and keeps its line.
func (f *UserFormat) UnmarshalYAML(n *yaml.Node) error {
	type plain UserFormat
	if err := knownIn(n, reflect.TypeFor[plain](), "pipeline.formats."); err != nil {
		return err
	}
	if err := n.Decode((*plain)(f)); err != nil {
		return err
	}
	f.Line = n.Line
	return nil
}
