// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// benchJSON is an event of the size that the figures of docs/performance.md are
// about: 632 bytes with its line end.
const benchJSON = `{"ts":"2026-11-03T10:15:30.123456Z","id":"01KB5Q0W3ZC6V8N2M4P6R8T0X2","source":"authentication","category":"auth.login","severity":"medium","message":"User user0042@example.com failed to log in by password, 13 tries; policy=default trace=9f8e7d6c","user":"user0042@example.com","ip":"203.0.113.77","user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:104.0) Gecko/20100101 Firefox/104.3","outcome":"failure","action":"login","session_id":"d3b07384d113edec","host":"srv-17.eu-west-2.corp.example.com","attrs":{"app_version":"2.3.17","country":"DE","endpoint":"/api/v1/resource42/item","request_id":"4c1f9d3b2a6e8807","risk_score":"61"}}` + "\n"

const benchLine = "Dec 10 06:55:48 web-1 sshd[24200]: Failed password for invalid user webmaster from 203.0.113.44 port 38926 ssh2"

func benchFormat(b *testing.B, normalize func([]byte, *Hint, []*event.Event) ([]*event.Event, error), raw []byte) {
	b.Helper()
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	out := make([]*event.Event, 0, 128)
	h := &Hint{Received: benchReceived}
	for b.Loop() {
		if len(out) == 100 { // a batch
			out, h = out[:0], &Hint{Received: benchReceived}
		}
		var err error
		if out, err = normalize(raw, h, out); err != nil {
			b.Fatal(err)
		}
	}
}

const benchReceived = 1795342800e9

func BenchmarkJSON(b *testing.B) { benchFormat(b, normalizeJSON, []byte(benchJSON)) }

func BenchmarkSyslogSSHD(b *testing.B) { benchFormat(b, normalizeSyslog, []byte(benchLine)) }

func BenchmarkSyslog5424(b *testing.B) {
	benchFormat(b, normalizeSyslog, []byte(`<38>1 2026-11-22T10:00:00.123456Z web-1.example.com sshd 24200 - [origin ip="192.0.2.1"] Failed password for root from 203.0.113.44 port 38926 ssh2`))
}

func BenchmarkResk(b *testing.B) {
	benchFormat(b, normalizeResk, []byte(`{"timestamp":"2026-11-22T09:30:42.467Z","eventId":"resk_1","eventType":"request_validation","severity":"medium","source":"frontend","ipAddress":"203.0.113.7","details":{"result":{"valid":false,"blocked":true,"warnings":[],"details":{"injection":{"detected":true,"confidence":0.7,"techniques":["low_directOverride"],"severity":"critical"},"moderation":{"blocked":false,"violations":[],"processedContent":"a prompt of some length, as they come"},"piiDetected":false}},"provider":"openai","model":"gpt-4o","userId":"u7"},"compliance":{}}`))
}

// The three below are what the hand-written reader is measured against.

func BenchmarkPeerJSONText(b *testing.B) {
	b.ReportAllocs()
	raw := []byte(benchJSON)
	in := bytes.NewReader(raw)
	dec := jsontext.NewDecoder(in)
	for b.Loop() {
		in.Reset(raw)
		dec.Reset(in)
		for {
			tok, err := dec.ReadToken()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				b.Fatal(err)
			}
			if tok.Kind() == '"' {
				_ = tok.String()
			}
		}
	}
}

func BenchmarkPeerJSONTextValid(b *testing.B) {
	b.ReportAllocs()
	raw := jsontext.Value(benchJSON)
	for b.Loop() {
		if !raw.IsValid() {
			b.Fatal("invalid")
		}
	}
}

func BenchmarkPeerEncodingJSON(b *testing.B) {
	b.ReportAllocs()
	raw := []byte(benchJSON)
	for b.Loop() {
		var m map[string]any
		if err := json.Unmarshal(raw, &m); err != nil {
			b.Fatal(err)
		}
	}
}
