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

// FuzzBulk wants events that can be recorded, or an error alone, of every action and
// document.
func FuzzBulk(f *testing.F) {
	f.Add([]byte(`{"create":{"_index":"a","_id":"7"}}`), []byte(`{"message":"x","user":{"name":"a"}}`))
	f.Add([]byte(`{"index":{"_id":7,"_type":"_doc"}}`), []byte(`{"eventId":"1","eventType":"pii_detected","details":{"text":"x"}}`))
	f.Add([]byte(`{"create":null}`), []byte(`{"a":{"b":`))
	format, _ := normalize.Lookup("bulk")
	f.Fuzz(func(t *testing.T, action, document []byte) {
		raw := bytes.Join([][]byte{action, document}, []byte("\n"))
		events, err := format.Normalize(raw, &normalize.Hint{Received: received}, nil)
		if err == nil && len(events) == 0 || err != nil && len(events) > 0 {
			t.Fatalf("%d events, %v", len(events), err)
		}
		for _, e := range events {
			if e.CutLong(); e.Size() <= event.MaxEventBytes {
				check(t, e)
			}
		}
	})
}

// FuzzDatadog wants events that can be recorded of every log that is a JSON object,
// whatever its message.
func FuzzDatadog(f *testing.F) {
	f.Add("x", "env:prod", "info", "ana")
	f.Add(`{"eventId":"1","eventType":"request_validation","details":{"result":{"details":{"injection":{"detected":true}}}}}`, "", "7", "")
	f.Add(`{"a":{"b":`, ",,", "none", "b")
	f.Add("<38>1 - h sshd 1 - - Failed password for root from 203.0.113.9 port 1 ssh2", "a", "err", "c")
	format, _ := normalize.Lookup("datadog")
	f.Fuzz(func(t *testing.T, message, tags, status, user string) {
		raw, err := json.Marshal(map[string]any{"message": message, "ddtags": tags, "status": status, "hostname": user, "user": user, "timestamp": 1795339839900})
		if err != nil {
			t.Skip()
		}
		events, err := format.Normalize(raw, &normalize.Hint{Received: received}, nil)
		if err != nil || len(events) == 0 {
			t.Fatalf("%s: %d events, %v", raw, len(events), err)
		}
		for _, e := range events {
			if e.CutLong(); e.Size() <= event.MaxEventBytes {
				check(t, e)
			}
		}
	})
}
