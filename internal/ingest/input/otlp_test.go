// SPDX-License-Identifier: Apache-2.0

package input

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/plog"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tocsin-siem/tocsin/internal/ingest/pipeline"
)

// otlpLogs are two resources with two scopes of two records each.
func otlpLogs(t testing.TB) (logs plog.Logs, protobuf, text []byte) {
	t.Helper()
	logs = plog.NewLogs()
	for r := range 2 {
		resource := logs.ResourceLogs().AppendEmpty()
		resource.SetSchemaUrl("r")
		resource.Resource().Attributes().PutStr("service.name", fmt.Sprint("service-", r))
		for s := range 2 {
			scope := resource.ScopeLogs().AppendEmpty()
			scope.Scope().SetName(fmt.Sprint("scope-", s))
			for n := range 2 {
				record := scope.LogRecords().AppendEmpty()
				record.SetTimestamp(1)
				record.Body().SetStr(fmt.Sprintf("record %d%d%d with \"quotes]}\"", r, s, n))
			}
		}
	}
	protobuf, err := new(plog.ProtoMarshaler).MarshalLogs(logs)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = new(plog.JSONMarshaler).MarshalLogs(logs); err != nil {
		t.Fatal(err)
	}
	return logs, protobuf, text
}

// spread are the records of logs, each with its resource and scope.
func spread(logs plog.Logs) (all []string) {
	for _, r := range logs.ResourceLogs().All() {
		for _, s := range r.ScopeLogs().All() {
			for _, l := range s.LogRecords().All() {
				all = append(all, fmt.Sprint(r.SchemaUrl(), r.Resource().Attributes().AsRaw(), s.Scope().Name(), l.Timestamp(), l.Body().AsString()))
			}
		}
	}
	return all
}

// recorded are the records that a sink got, read by the library.
func recorded(t testing.TB, s *sink) (all []string) {
	t.Helper()
	for _, e := range s.all() {
		var logs plog.Logs
		var err error
		if strings.HasPrefix(e.Raw, "{") {
			logs, err = new(plog.JSONUnmarshaler).UnmarshalLogs([]byte(e.Raw))
		} else {
			message := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), e.Raw)
			logs, err = new(plog.ProtoUnmarshaler).UnmarshalLogs(message)
		}
		if err != nil || logs.LogRecordCount() != 1 {
			t.Fatalf("%q: %v", e.Raw, err)
		}
		all = append(all, spread(logs)...)
	}
	return all
}

func TestOTLPCutsIntoRecords(t *testing.T) {
	t.Parallel()
	logs, protobuf, text := otlpLogs(t)
	for _, c := range []struct {
		name, media string
		body        []byte
		header      string
	}{
		{"protobuf", otlpProtobuf, protobuf, ""},
		{"JSON", otlpJSON, text, ""},
		{"JSON with a charset", otlpJSON + "; charset=utf-8", text, ""},
		{"protobuf, gzip", otlpProtobuf, gzipped(t, protobuf), "Content-Encoding: gzip"},
		{"JSON, zstd", otlpJSON, zstded(t, text), "Content-Encoding: zstd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			header := []string{"Content-Type: " + c.media}
			if c.header != "" {
				header = append(header, c.header)
			}
			got := post(t, serve(t, "otlp", s.env("otlp"))+"/v1/logs", c.body, header...)
			want := ""
			if strings.HasPrefix(c.media, otlpJSON) {
				want = "{}"
			}
			if got.status != http.StatusOK || string(got.body) != want || !strings.HasPrefix(c.media, got.header.Get("Content-Type")) {
				t.Errorf("%d %q %v", got.status, got.body, got.header)
			}
			if diff := cmp.Diff(spread(logs), recorded(t, s)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// rejected reads an ExportLogsServiceResponse.
func rejected(t *testing.T, media string, body []byte) (n int64, why string) {
	t.Helper()
	if media == otlpJSON {
		var a struct {
			PartialSuccess struct {
				RejectedLogRecords int64 `json:",string"`
				ErrorMessage       string
			}
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Fatal(err)
		}
		return a.PartialSuccess.RejectedLogRecords, a.PartialSuccess.ErrorMessage
	}
	err := eachBytes(body, 1, func(partial []byte) error {
		num, typ, tag, size, err := field(partial)
		if err != nil || num != 1 || typ != protowire.VarintType {
			t.Fatalf("%q: %v", body, err)
		}
		count, _ := protowire.ConsumeVarint(partial[tag:])
		n = int64(count)
		return eachBytes(partial[size:], 2, func(text []byte) error { why = string(text); return nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	return n, why
}

func TestOTLPPartialSuccess(t *testing.T) {
	t.Parallel()
	logs, _, _ := otlpLogs(t)
	for n, l := range logs.ResourceLogs().At(1).ScopeLogs().At(0).LogRecords().All() {
		l.Body().SetStr(fmt.Sprint("refuse me ", n))
	}
	protobuf, _ := new(plog.ProtoMarshaler).MarshalLogs(logs)
	text, _ := new(plog.JSONMarshaler).MarshalLogs(logs)
	for media, body := range map[string][]byte{otlpProtobuf: protobuf, otlpJSON: text} {
		s := newSink(t)
		got := post(t, serve(t, "otlp", s.env("otlp"))+"/v1/logs", body, "Content-Type: "+media)
		n, why := rejected(t, media, got.body)
		if got.status != http.StatusOK || n != 2 || why != "record 4: message: refused" || len(s.all()) != 6 {
			t.Errorf("%s: %d %q: %d, %q, %d recorded", media, got.status, got.body, n, why, len(s.all()))
		}
	}
}

func TestOTLPRefusals(t *testing.T) {
	t.Parallel()
	_, protobuf, text := otlpLogs(t)
	large := append(protowire.AppendTag(nil, 1, protowire.BytesType), protowire.AppendBytes(nil, make([]byte, 200_000))...)
	resource := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), large)
	records := strings.Repeat("\x12\x00", 1000)
	tooWide := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType),
		append(resource, protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), records)...))
	many := protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), strings.Repeat("\x12\x00", pipeline.MaxItems+1))
	for _, c := range []struct {
		name, media string
		body        []byte
		gate        error
		status      int
		code        int
		after       string
	}{
		{"broken protobuf", otlpProtobuf, protobuf[:len(protobuf)-1], nil, 400, 3, ""},
		{"JSON as protobuf", otlpProtobuf, text, nil, 400, 3, ""},
		{"protobuf as JSON", otlpJSON, protobuf, nil, 400, 3, ""},
		{"broken JSON", otlpJSON, text[:len(text)-3], nil, 400, 3, ""},
		{"no array", otlpJSON, []byte(`{"resourceLogs":{}}`), nil, 400, 3, ""},
		{"no object", otlpJSON, []byte(`{"resourceLogs":[7]}`), nil, 400, 3, ""},
		{"another type", "text/plain", text, nil, 415, 3, ""},
		{"no type", "", text, nil, 415, 3, ""},
		{"one resource for too much", otlpProtobuf, tooWide, nil, 413, 3, ""},
		{"too many records", otlpProtobuf, protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), many), nil, 413, 3, ""},
		{"nothing can be recorded", otlpProtobuf, protobuf, &pipeline.RefusedError{Err: pipeline.ErrUnavailable, After: 5 * time.Second}, 503, 14, "5"},
		{"too much is on its way", otlpJSON, text, &pipeline.RefusedError{Err: pipeline.ErrBusy, After: time.Second}, 429, 8, "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t)
			env := s.env("otlp")
			if c.gate != nil {
				env.Ingest = func(context.Context, pipeline.Batch) (pipeline.Result, error) { return pipeline.Result{}, c.gate }
			}
			got := post(t, serve(t, "otlp", env)+"/v1/logs", c.body, "Content-Type: "+c.media)
			var status otlpStatus
			want := otlpJSON
			if c.media == otlpProtobuf {
				want = otlpProtobuf
				_, _, tag, size, err := field(got.body)
				if err != nil {
					t.Fatalf("%q: %v", got.body, err)
				}
				code, _ := protowire.ConsumeVarint(got.body[tag:])
				status.Code = int(code)
				if err := eachBytes(got.body[size:], 2, func(m []byte) error { status.Message = string(m); return nil }); err != nil {
					t.Fatal(err)
				}
			} else if err := json.Unmarshal(got.body, &status); err != nil {
				t.Fatalf("%q: %v", got.body, err)
			}
			if got.status != c.status || status.Code != c.code || status.Message == "" || got.header.Get("Content-Type") != want ||
				got.header.Get("Retry-After") != c.after || len(s.all()) > 0 {
				t.Errorf("%d %+v %v, %d recorded", got.status, status, got.header, len(s.all()))
			}
		})
	}
}

// A request that becomes large is recorded part by part, and counts as one.
func TestOTLPInParts(t *testing.T) {
	t.Parallel()
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("k", strings.Repeat("x", 20_000))
	scope := resource.ScopeLogs().AppendEmpty()
	const records = 1000
	for n := range records {
		scope.LogRecords().AppendEmpty().Body().SetStr(fmt.Sprint("record ", n))
	}
	scope.LogRecords().At(records - 1).Body().SetStr("refuse me")
	protobuf, _ := new(plog.ProtoMarshaler).MarshalLogs(logs)
	s := newSink(t)
	env := s.env("otlp")
	var waits []bool
	env.Ingest = func(ctx context.Context, b pipeline.Batch) (pipeline.Result, error) {
		size := 0
		for _, it := range b.Items {
			size += len(it)
		}
		if size > otlpPart {
			t.Errorf("a part of %d bytes", size)
		}
		waits = append(waits, b.Wait)
		return s.pipe.Ingest(ctx, b)
	}
	got := post(t, serve(t, "otlp", env)+"/v1/logs", protobuf, "Content-Type: "+otlpProtobuf)
	n, why := rejected(t, otlpProtobuf, got.body)
	if got.status != http.StatusOK || n != 1 || why != fmt.Sprintf("record %d: message: refused", records-1) || len(s.all()) != records-1 {
		t.Errorf("%d: %d rejected (%s), %d recorded", got.status, n, why, len(s.all()))
	}
	if diff := cmp.Diff([]bool{false, true, true, true, true}, waits); diff != "" {
		t.Error(diff)
	}
}

// Cutting finds the records that the library finds.
func FuzzCutOTLP(f *testing.F) {
	_, protobuf, text := otlpLogs(f)
	f.Add(protobuf)
	f.Add(text)
	f.Add([]byte(`{"resource_logs":[{"scope_logs":[{"log_records":[{},{"a":"]"}]}]},null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		form, read := otlpWire(), new(plog.ProtoUnmarshaler).UnmarshalLogs
		if firstOf(body) == '{' {
			form, read = otlpText(), new(plog.JSONUnmarshaler).UnmarshalLogs
		}
		records, err := form.check(body)
		if err != nil {
			return
		}
		parts := otlpParts{form: form}
		total := 0
		parts.ingest = func(_ context.Context, b pipeline.Batch) (pipeline.Result, error) {
			total += len(b.Items)
			return pipeline.Result{}, nil
		}
		take := func(resource, scope, record []byte) error { return parts.add(t.Context(), resource, scope, record) }
		if err := form.cut(body, take); err != nil || parts.flush(t.Context()) != nil || total != records {
			t.Fatalf("%q: %d records, then %d (%v)", body, records, total, err)
		}
		if logs, err := read(body); err == nil && firstOf(body) != '{' && logs.LogRecordCount() != records {
			t.Fatalf("%q: %d records, the library has %d", body, records, logs.LogRecordCount())
		}
	})
}
