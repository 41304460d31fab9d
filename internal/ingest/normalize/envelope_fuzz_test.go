// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// FuzzHEC wants an event that can be recorded of every envelope that an input lets
// through: a JSON object with an event that is not blank.
func FuzzHEC(f *testing.F) {
	for _, seed := range []string{
		`{"time":1.5,"host":"h","source":"s","sourcetype":"t","index":"i","event":"x","fields":{"a":[1,"b"]}}`,
		`{"event":{"eventId":"1","eventType":"injection_detected","details":{"prompt":"ignore all previous instructions"}}}`,
		`{"event":{"a":{"b":1},"a":2},"time":"never"}`, `{"event":"{\"user\":7}"}`, `{"event":[1,2],"host":null}`, `{"event"`,
	} {
		f.Add([]byte(seed))
	}
	format, _ := normalize.Lookup("hec")
	f.Fuzz(func(t *testing.T, raw []byte) {
		kept := bytes.Clone(raw)
		events, err := format.Normalize(raw, &normalize.Hint{Received: received, Host: "192.0.2.1"}, nil)
		if !bytes.Equal(raw, kept) {
			t.Fatal("the record was written to")
		}
		var envelope struct {
			Event *json.RawMessage `json:"event"`
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		good := utf8.Valid(raw) && json.Unmarshal(raw, &envelope) == nil && envelope.Event != nil && string(*envelope.Event) != `""`
		if err != nil {
			if len(events) > 0 {
				t.Fatal("an error beside events")
			}
			if good && bytes.Contains(raw, []byte(`"event":`)) && bytes.Count(raw, []byte("vent")) == 1 {
				t.Fatalf("%q: %v", raw, err)
			}
			return
		}
		if len(events) == 0 {
			t.Fatal("neither error nor events")
		}
		for _, e := range events {
			if e.CutLong(); e.Size() <= event.MaxEventBytes {
				check(t, e)
			}
		}
	})
}
