// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"go.opentelemetry.io/collector/pdata/plog"
	"golang.org/x/tools/txtar"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// otlpGoldens are the records of the goldens.
func otlpGoldens(t testing.TB) [][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/otlp/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no goldens", err)
	}
	var all [][]byte
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(archive.Files[0].Data) {
			all = append(all, bytes.TrimSpace(line))
		}
	}
	return all
}

// asResourceLogs turns OTLP/JSON into ResourceLogs messages by the library's own ways.
func asResourceLogs(t testing.TB, text []byte) (messages [][]byte, ok bool) {
	t.Helper()
	logs, err := new(plog.JSONUnmarshaler).UnmarshalLogs(text)
	if err != nil {
		return nil, false
	}
	b, err := new(plog.ProtoMarshaler).MarshalLogs(logs)
	if err != nil {
		t.Fatal(err)
	}
	for w := (wire{b: b}); w.next(); {
		messages = append(messages, w.bytes)
	}
	return messages, true
}

// A record is the same event in protobuf and in JSON.
func TestOTLPInBothForms(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, text := range otlpGoldens(t) {
		messages, ok := asResourceLogs(t, text)
		if !ok {
			continue
		}
		var binary []*event.Event
		var err error
		for _, m := range messages {
			var more []*event.Event
			more, err = normalizeOTLP(m, &Hint{}, nil)
			binary = append(binary, more...)
		}
		fromJSON, errJSON := normalizeOTLP(text, &Hint{}, nil)
		if (err == nil) != (errJSON == nil) || err == nil && jsonOf(binary) != jsonOf(fromJSON) {
			t.Errorf("%s:\nprotobuf %s (%v)\nJSON     %s (%v)", text, jsonOf(binary), err, jsonOf(fromJSON), errJSON)
		}
		compared += len(binary)
	}
	if compared < 20 {
		t.Errorf("compared %d records", compared)
	}
}

func jsonOf(events []*event.Event) string {
	var b []byte
	for _, e := range events {
		b = append(e.AppendJSON(b), '\n')
	}
	return string(b)
}

// message is a protobuf message of fields, each of which is a number, bytes or a text.
func message(fields ...any) []byte {
	var b []byte
	for i := 0; i < len(fields); i += 2 {
		num := protowire.Number(fields[i].(int))
		switch v := fields[i+1].(type) {
		case uint64:
			b = protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), v)
		case int:
			b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
		case []byte:
			b = protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
		case string:
			b = protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), v)
		}
	}
	return b
}

// logOf is a ResourceLogs message with one record of these fields.
func logOf(fields ...any) []byte { return message(2, message(2, message(fields...))) }

func TestOTLPWire(t *testing.T) {
	t.Parallel()
	deep := message(1, "x")
	for range event.MaxDepth + 1 {
		deep = message(6, message(1, message(1, "k", 2, deep)))
	}
	deepList := message(1, "x")
	for range event.MaxDepth + 1 {
		deepList = message(5, message(1, deepList))
	}
	for _, c := range []struct {
		name  string
		in    []byte
		event string // a part of it
		err   string
	}{
		{"unknown fields are passed over", logOf(5, message(1, "hi"), 99, "x", 98, 7, 97, uint64(1)), `"message":"hi"`, ""},
		{"a field of another type is unknown", logOf(1, 7, 5, message(1, "hi")), `"message":"hi"`, ""},
		{"the last value counts", logOf(5, message(1, "one", 1, "two")), `"message":"two"`, ""},
		{"the resource behind its logs", append(logOf(5, message(1, "hi")), message(1, message(1, message(1, "service.name", 2, message(1, "shop"))))...), `"service":"shop"`, ""},
		{"the scope behind its records", message(2, append(message(2, message(5, message(1, "hi"))), message(1, message(1, "lib"))...)), `"scope.name":"lib"`, ""},
		{"no UTF-8 in the body", logOf(5, message(1, "a\xff")), `"raw_base64":"Yf8="`, ""},
		{"no UTF-8 in an attribute", logOf(6, message(1, "k\xff", 2, message(1, "\xfe"))), `"k` + "\ufffd" + `":"` + "\ufffd" + `"`, ""},
		{"an attribute without a value", logOf(6, message(1, "k")), `"k":null`, ""},
		{"an int that is negative", logOf(6, message(1, "k", 2, message(3, -5))), `"k":-5`, ""},
		{"a length behind the end", []byte{0x12, 0x05, 0x12}, "", "broken protobuf"},
		{"a tag that is none", []byte{0x00}, "", "broken protobuf"},
		{"a broken record", message(2, message(2, "\xff\xff")), "", "log_records: broken protobuf"},
		{"a broken attribute", logOf(6, "\x0a\x7f"), "", "log_records: attributes: broken protobuf"},
		{"a broken body", logOf(5, "\x0a\x7f"), "", "log_records: body: broken protobuf"},
		{"a broken resource", append(logOf(1, uint64(1)), message(1, "\xff")...), "", "resource: broken protobuf"},
		{"a broken scope", message(2, message(1, "\xff", 2, "")), "", "scope: broken protobuf"},
		{"too deep", logOf(6, message(1, "k", 2, deep)), "", "more than 32 levels deep"},
		{"too deep a list", logOf(6, message(1, "k", 2, deepList)), "", "more than 32 levels deep"},
		{"too long a name", logOf(6, message(1, strings.Repeat("k", 513))), "", "name of 513 bytes"},
		{"too many records of one resource", append(message(1, message(1, message(1, "k", 2, message(1, strings.Repeat("x", 100_000))))),
			message(2, message(2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "",
				2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "",
				2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, "", 2, ""))...), "", "more than 4194304 bytes"},
		{"JSON that is too deep", []byte(`{"resourceLogs":` + strings.Repeat("[", 500)), "", "more than 32 levels deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			events, err := normalizeOTLP(c.in, &Hint{}, nil)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) || len(events) > 0 {
					t.Errorf("%s, %v, want %q", jsonOf(events), err, c.err)
				}
				return
			}
			if err != nil || len(events) != 1 || !strings.Contains(jsonOf(events), c.event) {
				t.Errorf("%s, %v, want %s", jsonOf(events), err, c.event)
			}
		})
	}
}

func FuzzOTLP(f *testing.F) {
	for _, text := range otlpGoldens(f) {
		f.Add(text)
		messages, _ := asResourceLogs(f, text)
		for _, m := range messages {
			f.Add(m)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		events, err := normalizeOTLP(raw, &Hint{Received: 1}, nil)
		if err != nil && len(events) > 0 {
			t.Fatal("events beside an error")
		}
		if !bytes.Equal(before, raw) {
			t.Fatal("the record was written to")
		}
		for _, e := range events {
			e.Received, e.Time = 1, max(e.Time, 1)
			e.CutLong()
			if err := e.Validate(); err != nil && e.Size() <= event.MaxEventBytes {
				t.Fatalf("%v\n%s", err, jsonOf(events))
			}
		}
	})
}

func BenchmarkOTLP(b *testing.B) {
	text := []byte(`{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},{"key":"host.name","value":{"stringValue":"web-1"}}]},"scopeLogs":[{"scope":{"name":"com.example.Login"},"logRecords":[{"timeUnixNano":"1795600000000000001","severityNumber":13,"severityText":"WARN","body":{"stringValue":"wrong password"},"attributes":[{"key":"user.name","value":{"stringValue":"ana"}},{"key":"client.address","value":{"stringValue":"203.0.113.7"}},{"key":"client.port","value":{"intValue":"51344"}},{"key":"http.response.status_code","value":{"intValue":"401"}}]}]}]}]}`)
	messages, _ := asResourceLogs(b, text)
	for _, c := range []struct {
		name string
		in   []byte
	}{{"protobuf", messages[0]}, {"json", text}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.in)))
			b.ReportAllocs()
			h := &Hint{}
			var out []*event.Event
			for b.Loop() {
				var err error
				if out, err = normalizeOTLP(c.in, h, out[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
