// SPDX-License-Identifier: Apache-2.0

package pipeline

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// fallbackSource is the source of events that name none, and whose policy holds
// for sources that have none.
const fallbackSource = "application"

// maxUnclassed bounds the names of unknown sources that are remembered so that
// the notice comes once for each.
const maxUnclassed = 1000

// Source is the policy of one source.
type Source struct {
	// RetentionDays is how long its events are kept, at least.
	RetentionDays int
}

// DefaultSources are the policies that hold without configuration.
func DefaultSources() map[string]Source {
	return map[string]Source{
		"authentication": {RetentionDays: 365},
		"authorization":  {RetentionDays: 365},
		"security_audit": {RetentionDays: 365},
		"application":    {RetentionDays: 90},
		"system":         {RetentionDays: 180},
		"access":         {RetentionDays: 30},
		"llm":            {RetentionDays: 365},
	}
}

// length is a retention class.
type length struct {
	days int
	name string
}

// lengths are all of them, the shortest first.
func lengths() [7]length {
	return [...]length{
		{30, "30d"},
		{90, "90d"},
		{180, "180d"},
		{366, "366d"},
		{731, "731d"},
		{2192, "2192d"},
		{2557, "2557d"},
	}
}

// Class returns the retention class for a number of days: the name of the
// journal's stream. Days are rounded up to one of seven lengths; what is asked
// for beyond seven years gets seven years.
func Class(days int) string {
	all := lengths()
	for i := range all {
		if days <= all[i].days {
			return all[i].name
		}
	}
	return all[len(all)-1].name
}

// Classes are all names that Class can return.
func Classes() []string {
	var names []string
	for _, l := range lengths() {
		names = append(names, l.name)
	}
	return names
}

// classes decides on events' retention classes.
type classes struct {
	sources map[string]Source
	logger  *slog.Logger
	seen    *unclassed
}

type unclassed struct {
	mu    sync.RWMutex
	names map[string]struct{}
}

func newClasses(sources map[string]Source, logger *slog.Logger) (classes, error) {
	own := DefaultSources()
	for name, s := range sources {
		if name == "" || len(name) > event.MaxNameBytes {
			return classes{}, fmt.Errorf("source %.40q: a name has 1 to %d bytes", name, event.MaxNameBytes)
		}
		if s.RetentionDays <= 0 {
			return classes{}, fmt.Errorf("source %q: retention of %d days", name, s.RetentionDays)
		}
		own[name] = s
	}
	return classes{sources: own, logger: logger, seen: &unclassed{names: map[string]struct{}{}}}, nil
}

// set gives the event its stream, and a source where it has none.
func (c classes) set(e *event.Event) {
	if e.Source == "" {
		e.SetCore(event.FieldSource, fallbackSource)
	}
	policy, known := c.sources[e.Source]
	if !known {
		policy = c.sources[fallbackSource]
		c.notice(e.Source)
	}
	e.Place.Stream = Class(max(policy.RetentionDays, int(e.Compliance.RetentionDays)))
}

// notice says once that a source has no policy of its own.
func (c classes) notice(source string) {
	c.seen.mu.RLock()
	_, old := c.seen.names[source]
	full := len(c.seen.names) >= maxUnclassed
	c.seen.mu.RUnlock()
	if old || full {
		return
	}
	c.seen.mu.Lock()
	if _, old = c.seen.names[source]; !old {
		c.seen.names[strings.Clone(source)] = struct{}{}
	}
	c.seen.mu.Unlock()
	if !old {
		c.logger.Info("source has no policy, its events are kept as those of application", "source", source)
	}
}

func (c classes) unclassed() int {
	c.seen.mu.RLock()
	defer c.seen.mu.RUnlock()
	return len(c.seen.names)
}
