// SPDX-License-Identifier: Apache-2.0

package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// The bounds of a rule file.
const (
	// MaxFileBytes is the longest rule file.
	MaxFileBytes = 1 << 20
	maxDocuments = 1000
)

// Parse reads all documents of one rule file. The name is only used in errors,
// which are of type *Error.
func Parse(file string, data []byte) ([]*Rule, error) {
	if len(data) > MaxFileBytes {
		return nil, &Error{File: file, Line: 1, Text: fmt.Sprintf("longer than %d bytes", MaxFileBytes)}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var rules []*Rule
	for {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return rules, nil
		}
		if err != nil {
			return nil, &Error{File: file, Line: yamlLine(err), Text: strings.TrimPrefix(err.Error(), "yaml: ")}
		}
		if len(root.Content) == 0 || root.Content[0].ShortTag() == "!!null" && root.Content[0].Value == "" {
			continue // nothing between two lines of ---
		}
		d := &document{file: file}
		if len(rules) == maxDocuments {
			return nil, d.errorf(&root, "more than %d documents", maxDocuments)
		}
		r, err := d.rule(root.Content[0])
		if err != nil {
			return nil, err
		}
		rules = append(rules, r)
	}
}

func yamlLine(err error) int {
	line := 1
	if _, scanErr := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scanErr != nil {
		return 1
	}
	return line
}

// rule reads one document.
func (d *document) rule(n *yaml.Node) (*Rule, error) {
	fields, err := d.mapping(n, "rule")
	if err != nil {
		return nil, err
	}
	r := &Rule{File: d.file, Line: n.Line, Level: event.Medium}
	var detection, native *yaml.Node
	for _, f := range fields {
		switch f.key {
		case "title":
			r.Title, err = d.text(f.value, f.key)
		case "id":
			r.ID, err = d.text(f.value, f.key)
		case "name":
			r.Name, err = d.text(f.value, f.key)
		case "status":
			r.Status, err = d.word(f.value, f.key, "stable", "test", "experimental", "deprecated", "unsupported")
		case "description":
			r.Description, err = d.text(f.value, f.key)
		case "level":
			r.Level, err = d.level(f.value)
		case "tags":
			r.Tags, err = d.texts(f.value, f.key)
		case "logsource":
			err = d.logsource(f.value, r)
		case "detection":
			detection = f.value
		case "correlation":
			r.Correlation, err = d.correlation(f.value)
		case "tocsin":
			native = f.value
		case "author", "date", "modified", "license", "taxonomy", "references", "falsepositives", "fields", "related", "scope":
			// for people
		default:
			err = d.errorf(f.node, "unknown key %q", f.key)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, d.complete(n, r, detection, native)
}

// complete reads what depends on the rest of the document and checks what must be
// there.
func (d *document) complete(n *yaml.Node, r *Rule, detection, native *yaml.Node) (err error) {
	switch {
	case r.Title == "":
		return d.errorf(n, "title is missing")
	case r.ID == "" && r.Name == "":
		return d.errorf(n, "id is missing")
	case detection == nil && r.Correlation == nil:
		return d.errorf(n, "detection or correlation is missing")
	case detection != nil && r.Correlation != nil:
		return d.errorf(n, "detection and correlation are two documents")
	}
	if r.ID == "" {
		r.ID = r.Name
	}
	if detection != nil {
		if r.match, err = d.detection(detection); err != nil {
			return err
		}
		if list, known := r.match.categories(); known {
			r.categories = append([]string{}, list...)
		}
	}
	return d.native(native, r)
}

func (d *document) level(n *yaml.Node) (event.Severity, error) {
	word, err := d.word(n, "level", "informational", "low", "medium", "high", "critical")
	if word == "informational" {
		word = "info"
	}
	severity, _ := event.ParseSeverity(word)
	return severity, err
}

// logsource reads what the rule is about: Tocsin's own events, of one source if
// service is given.
func (d *document) logsource(n *yaml.Node, r *Rule) error {
	fields, err := d.mapping(n, "logsource")
	if err != nil {
		return err
	}
	for _, f := range fields {
		switch f.key {
		case "product":
			_, err = d.word(f.value, "logsource.product", "tocsin")
		case "service":
			r.Service, err = d.text(f.value, "logsource.service")
		case "definition":
			_, err = d.text(f.value, "logsource.definition")
		default:
			err = d.errorf(f.node, "logsource: unknown or unsupported key %q", f.key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
