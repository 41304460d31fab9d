// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// rename gives attributes other names. to returns an attribute's new name, "" where
// it keeps its own; it sees the attributes as they were. An attribute keeps its own,
// too, where the new one is the name of another attribute: nothing is overwritten.
func (d *document) rename(to func(key string) string) {
	type renamed struct {
		key, old string
		value    event.Value
	}
	all := make([]renamed, len(d.e.Attrs))
	changed := false
	for i, a := range d.e.Attrs {
		all[i] = renamed{a.Key, a.Key, a.Value}
		if key := to(a.Key); key != "" && len(key) <= event.MaxKeyBytes && !d.has(key) {
			all[i].key, changed = key, true
		}
	}
	if !changed {
		return
	}
	byKey := func(a, b renamed) int { return strings.Compare(a.key, b.key) }
	slices.SortStableFunc(all, byKey)
	for i, n := 1, 0; i < len(all); i++ { // of some with one new name, the first has it
		if all[i].key == all[n].key {
			all[i].key = all[i].old
		} else {
			n = i
		}
	}
	slices.SortStableFunc(all, byKey)
	for i, a := range all {
		d.e.Attrs[i] = event.Attr{Key: a.key, Value: a.value}
	}
}
