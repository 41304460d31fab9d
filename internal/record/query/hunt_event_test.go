// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// readEvents makes events of lines of JSON. `n` becomes origin_id and a part of the
// id; an object among the attributes becomes dotted names.
func readEvents(t *testing.T, lines []byte) []*event.Event {
	t.Helper()
	var out []*event.Event
	for line := range bytes.Lines(lines) {
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var object map[string]any
		if err := d.Decode(&object); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		e := &event.Event{}
		for name, v := range object {
			setField(t, e, name, v)
		}
		out = append(out, e)
	}
	return out
}

func setField(t *testing.T, e *event.Event, name string, v any) {
	t.Helper()
	switch name {
	case "n":
		n, err := v.(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		e.ID[15] = byte(n)
		e.ID[14] = byte(n >> 8)
		e.OriginID = v.(json.Number).String()
	case "time":
		at, err := time.Parse(time.RFC3339Nano, v.(string))
		if err != nil {
			t.Fatal(err)
		}
		e.Time = at.UnixNano()
	case "severity":
		var ok bool
		if e.Severity, ok = event.ParseSeverity(v.(string)); !ok {
			t.Fatalf("severity %v", v)
		}
	case "outcome":
		e.Outcome, _ = event.ParseOutcome(v.(string))
	case "tags":
		for _, tag := range v.([]any) {
			e.Tags = append(e.Tags, tag.(string))
		}
	case "geo":
		g := v.(map[string]any)
		e.Geo = event.Geo{Country: g["country"].(string), Lat: g["lat"].(json.Number).String(), Lon: g["lon"].(json.Number).String(), AS: g["as"].(json.Number).String()}
	case "compliance":
		e.Compliance = event.Compliance{PCI: event.FlagTrue, RetentionDays: 365}
	case "attrs":
		setAttrs(e, "", v.(map[string]any))
	default:
		f := event.CoreField(name)
		if f == event.FieldNone {
			t.Fatalf("%s is no field of a test event", name)
		}
		if v == nil {
			e.SetNull(f)
			return
		}
		e.SetCore(f, v.(string))
	}
}

func setAttrs(e *event.Event, prefix string, object map[string]any) {
	for name, v := range object {
		if inner, ok := v.(map[string]any); ok {
			setAttrs(e, prefix+name+".", inner)
			continue
		}
		e.SetAttr(prefix+name, jsonValue(v))
	}
}

func jsonValue(v any) event.Value {
	switch v := v.(type) {
	case nil:
		return event.Null()
	case bool:
		return event.Bool(v)
	case json.Number:
		return event.Number(v.String())
	case string:
		return event.Text(v)
	case []any:
		list := event.List()
		for _, m := range v {
			list.List = append(list.List, jsonValue(m))
		}
		return list
	default:
		panic("no such value in JSON")
	}
}

// cases yields the lines that are neither empty nor a comment.
func cases(text []byte) (lines []string) {
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// newestFirst puts events in the order of results.
func newestFirst(events []*event.Event) []*event.Event {
	out := slices.Clone(events)
	slices.SortFunc(out, func(a, b *event.Event) int { return keyOf(a).Compare(keyOf(b)) })
	return out
}

func keyOf(e *event.Event) Key { return Key{Time: e.Time, ID: e.ID} }
