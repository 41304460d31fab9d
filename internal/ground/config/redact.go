// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// Redact says what is done with secrets and personal data before anything is
// recorded. The words of kinds and actions are those of the redaction, which judges
// them.
type Redact struct {
	// Default are the rules of all sources.
	Default RedactRules `yaml:"default"`
	// Sources are rules by source, over the default ones.
	Sources map[string]RedactRules `yaml:"sources"`
}

// RedactRules are rules in the order of the file.
type RedactRules []RedactRule

// RedactRule says what is done with one kind.
type RedactRule struct {
	Kind, Action string
	// Line is where it stands in the file.
	Line int
}

// UnmarshalYAML reads a mapping from kinds to actions.
func (r *RedactRules) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: want kinds with their actions, such as {email: keep}", n.Line)
	}
	*r = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		kind, action := n.Content[i], n.Content[i+1]
		if action.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: %s: want one action", action.Line, kind.Value)
		}
		for _, before := range *r {
			if before.Kind == kind.Value {
				return fmt.Errorf("line %d: %s: already in line %d", kind.Line, kind.Value, before.Line)
			}
		}
		*r = append(*r, RedactRule{Kind: kind.Value, Action: action.Value, Line: kind.Line})
	}
	return nil
}

// validate refuses rules for sources that do not exist: a mistyped name would leave
// the right one without them.
func (r *Redact) validate(sources map[string]Source) error {
	for _, name := range slices.Sorted(maps.Keys(r.Sources)) {
		if _, ok := sources[name]; ok {
			continue
		}
		at := ""
		if rules := r.Sources[name]; len(rules) > 0 {
			at = fmt.Sprintf("line %d: ", rules[0].Line)
		}
		return fmt.Errorf("%sredact.sources.%s: there is no such source; name it under sources", at, name)
	}
	return nil
}
