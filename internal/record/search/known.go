// SPDX-License-Identifier: Apache-2.0

package search

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
	"github.com/tocsin-siem/tocsin/internal/record/segment"
)

// The bounds of what is known.
const (
	// The newest segments that together have so many rows: those of a quiet server are
	// small, and sealed each minute for each stream.
	knownRows    = 8 * segment.MaxRows
	knownReaders = 256
	knownFields  = 500  // attributes
	knownValues  = 1000 // of a field
)

// Known returns what the newest segments say of the events: fields, then attributes, those
// that are in most segments first, and values out of dictionaries, likewise. Nothing of
// a page is read. Values may be called until ctx ends.
func (s *Searcher) Known(ctx context.Context) (query.Known, error) {
	var k query.Known
	k.Fields = append(k.Fields, coreFields()...)
	keys := map[string]int{}
	err := s.newest(ctx, func(r segment.Reader) error {
		for _, a := range r.Attrs() {
			keys[a.Key]++
		}
		return nil
	})
	if err != nil {
		return query.Known{}, err
	}
	for _, key := range frequent(keys, knownFields) {
		if _, known := event.Canonical(key); known {
			key = attrPrefix + key
		}
		k.Fields = append(k.Fields, key)
	}
	k.Values = func(field string) []string { return s.values(ctx, field) }
	return k, nil
}

// coreFields are the fields that every event may have, by use.
func coreFields() []string {
	return []string{
		"source", "category", "severity", "user", "ip", "message", "time", "action", "outcome", "host", "service", "session", "user_agent",
		"tags", "raw", "id", "origin_id", "received", "stream", "input", "sender", "geo.country", "as.number",
	}
}

// newest calls yield for the segments that have the newest events.
func (s *Searcher) newest(ctx context.Context, yield func(r segment.Reader) error) error {
	readers, release, err := s.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("search: %w", err)
	}
	defer release()
	readers = slices.DeleteFunc(slices.Clone(readers), func(r segment.Reader) bool {
		_, lost := r.(*segment.Lost)
		return lost || r.Rows() == 0
	})
	slices.SortFunc(readers, func(a, b segment.Reader) int { return cmp.Compare(b.Bounds().MaxTime, a.Bounds().MaxTime) })
	rows := 0
	for _, r := range readers[:min(len(readers), knownReaders)] {
		if err := yield(r); err != nil {
			return fmt.Errorf("search: %w", err)
		}
		if rows += r.Rows(); rows >= knownRows {
			break
		}
	}
	return nil
}

// values are those of a field that dictionaries hold; none where they cannot be read.
func (s *Searcher) values(ctx context.Context, field string) []string {
	have := map[string]int{}
	err := s.newest(ctx, func(r segment.Reader) error {
		column := segment.TextColumn(event.CoreField(field))
		key, attr := strings.CutPrefix(field, attrPrefix)
		if attr {
			var own bool
			if column, own = segment.FindAttr(r.Attrs(), key); !own {
				return nil
			}
		} else if event.CoreField(field) == event.FieldNone {
			return nil
		}
		d, err := r.Dict(column)
		if err != nil {
			return err
		}
		for code := int(segment.CodeFirst); code < d.Len() && len(have) < 4*knownValues; code++ {
			text := d.Text(uint16(code))
			if !attr {
				have[text]++
				continue
			}
			segment.AttrTexts(text, func(text string) bool {
				have[text]++
				return true
			})
		}
		return nil
	})
	if err != nil {
		return nil // without suggestions the caller can go on
	}
	return frequent(have, knownValues)
}

// frequent returns those that come most often, then by name.
func frequent(counts map[string]int, most int) []string {
	out := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	return out[:min(len(out), most)]
}
