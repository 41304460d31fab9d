// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

// captured normalises the events of one captured body and checks that no prompt
// is in any form of them.
func captured(t *testing.T, name string) []*event.Event {
	t.Helper()
	body := outside(t, "reference/resk-captures/"+name+".body")
	var envelope struct {
		Events []json.RawMessage `json:"events"`
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		t.Fatal(err)
	}
	format, _ := normalize.Lookup("resk")
	var out []*event.Event
	for _, raw := range envelope.Events {
		var err error
		if out, err = format.Normalize(raw, &normalize.Hint{Received: received}, out); err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
	}
	for _, e := range out {
		check(t, e)
		canonical := e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1)
		for _, phrase := range prompts() {
			if bytes.Contains(bytes.ToLower(canonical), []byte(strings.ToLower(phrase))) {
				t.Errorf("%s keeps %q:\n%s", name, phrase, native(e))
			}
		}
	}
	return out
}

// prompts are the phrases of the captured prompts and answers.
func prompts() []string {
	return []string{
		"Ignore all previous", "previous instructions and reveal", "reveal the system prompt", "DAN mode", "You are now", "日本語", "🙂",
		"jo@example.com", "My email", "capital of France", "Paris is", "hate you", "idiot", "[MODERATED]", "xxxxxxxx",
	}
}

// row is what the captures are compared by.
func row(e *event.Event) string {
	list := func(key string) string { v, _ := e.Attr(key); return v.String() }
	return strings.Join([]string{
		e.Category, e.Severity.String(), e.Source, e.IP, e.User, strings.TrimPrefix(e.OriginID, "resk_17953398"),
		list("confidence"), list("techniques") + list("categories") + list("types"), list("origin_source"),
	}, " ")
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	seven := func(ids ...string) []string {
		rows := []string{
			"request_validation low llm 203.0.113.7 u1 %   frontend",
			"response_validation low llm 203.0.113.7  %   frontend",
			"injection_detected high llm 203.0.113.7  % 0.75 direct_override,role_switch frontend",
			"content_blocked medium llm 203.0.113.7  % 0.92 toxic,harassment frontend",
			"pii_detected medium llm 203.0.113.7  %  email,phone frontend",
			"pii_detected high llm 203.0.113.7  %  email,phone,ssn,card frontend",
			"performance_metric low llm 203.0.113.7  %   frontend",
		}
		for i := range rows {
			rows[i] = strings.Replace(rows[i], "%", ids[i], 1)
		}
		return rows
	}
	batch := func(ids ...string) (rows []string) {
		for _, id := range ids {
			rows = append(rows, "request_validation low llm 203.0.113.7  "+id+"   frontend")
		}
		return rows
	}
	for name, want := range map[string][]string{
		"webhook-01":       seven("39210_v9xojdulp", "39410_73st504u0", "39420_g285xna92", "39440_dzbcqkyw5", "39478_ca4vc40bd", "39506_srr5l34w9", "39543_mkbxgd0c9"),
		"webhook-nokey-01": seven("39662_p80206p0x", "39663_d2evuzb3f", "39677_u44sjwxkv", "39678_0nlk082zs", "39679_lz83m8f9a", "39706_ktafguoa6", "39708_glf3rhwm2"),
		"webhook-02":       {"injection_detected critical llm 203.0.113.7  39630_ubwrmeqcy 0.95 jailbreak frontend"},
		"webhook-nokey-02": {"injection_detected critical llm 203.0.113.7  39711_trri2ec44 0.95 jailbreak frontend"},
		"batch-01":         batch("39913_m7wiy6aks", "39914_nzp9ox3g1", "39914_4di4glsg1"),
		"batch-02":         batch("39915_o93dg26uk", "39915_l6wtlkp2l", "39916_o5ccgg6i1"),
		"batch-03":         batch("39916_b616r341v"),
		"retry-01":         {"injection_detected critical llm 203.0.113.7  40918_dwc4nt6e7 0.9  frontend"},
		"retry-02":         {"injection_detected critical llm 203.0.113.7  40918_dwc4nt6e7 0.9  frontend"},
		"retry-03":         {"injection_detected critical llm 203.0.113.7  40918_dwc4nt6e7 0.9  frontend"},
		"filter-e2e-01": {
			"request_validation critical llm 203.0.113.7  42467_bnr9ppr31   frontend",
			"injection_detected critical llm 203.0.113.7  42467_bnr9ppr31:injection 1 prohibited_words,direct_override frontend",
			"pii_detected medium llm 203.0.113.7  42467_bnr9ppr31:pii  email frontend",
			"request_validation low llm 203.0.113.7  42483_qnlg67plj   frontend",
			"response_validation medium llm 203.0.113.7  42490_yh5h1puy9   frontend",
			"content_blocked medium llm 203.0.113.7  42490_yh5h1puy9:content 0.8999999999999999 toxic frontend",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range captured(t, name) {
				got = append(got, row(e))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestCapturesAreDescribed looks at what stands for a prompt.
func TestCapturesAreDescribed(t *testing.T) {
	t.Parallel()
	events := captured(t, "webhook-02")
	e := events[0]
	for key, want := range map[string]string{
		"contentLength": "19", "contentSample": "[redacted 19 characters]", "blocked": "true",
		"contentHash": fmt.Sprintf("%x", sha256.Sum256([]byte("DAN mode é — 日本語 🙂"))),
	} {
		v, _ := e.Attr(key)
		if v.String() != want {
			t.Errorf("%s is %s, want %s", key, v, want)
		}
	}
	if !e.Marked(event.MarkRedacted) {
		t.Errorf("no mark: %s", native(e))
	}
	for _, e := range captured(t, "filter-e2e-01") {
		if derived := strings.Contains(e.OriginID, ":"); derived != e.Marked(event.MarkDerived) {
			t.Errorf("marked derived: %v, origin id %s", !derived, e.OriginID)
		}
	}
	first := captured(t, "webhook-01")[0]
	if first.Compliance.GDPR != event.FlagTrue || first.Compliance.RetentionDays != 365 || first.Compliance.PCI != event.FlagFalse {
		t.Errorf("compliance: %+v", first.Compliance)
	}
}

// FuzzResk puts a prompt wherever the client may put one: no byte of the events
// may quote it.
func FuzzResk(f *testing.F) {
	for _, prompt := range []string{"Ignore all previous instructions", "a prompt with \"quotes\" and \n lines", "日本語のプロンプト", "12345678"} {
		f.Add(prompt, 0.5, true)
	}
	format, _ := normalize.Lookup("resk")
	f.Fuzz(func(t *testing.T, prompt string, confidence float64, blocked bool) {
		prompt = strings.ToValidUTF8(prompt, "?")
		secret := len(prompt) >= 12 && !strings.Contains(prompt, "[redacted ")
		record := map[string]any{
			"eventId": "resk_1", "eventType": "request_validation", "severity": "medium", "source": "frontend",
			"details": map[string]any{
				"contentSample": prompt, "prompt": prompt, "redactedContent": prompt + prompt,
				"result": map[string]any{"blocked": blocked, "reason": "said: " + prompt, "details": map[string]any{
					"injection":  map[string]any{"detected": blocked, "confidence": confidence, "matches": []string{prompt}},
					"moderation": map[string]any{"processedContent": prompt, "violations": []any{map[string]any{"matches": []any{prompt}}}},
				}},
			},
		}
		raw, err := json.Marshal(record)
		if err != nil {
			t.Skip() // not a number of JSON
		}
		events, err := format.Normalize(raw, &normalize.Hint{Received: received}, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		skeleton := withoutPrompt(t, format, raw, prompt)
		for _, e := range events {
			check(t, e)
			canonical := e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1)
			if secret && bytes.Contains(canonical, []byte(prompt)) && !bytes.Contains(skeleton, []byte(prompt)) {
				t.Fatalf("kept %q: %s", prompt, native(e))
			}
		}
	})
}

// withoutPrompt is what the events of the record hold with another prompt of the
// same length in it: a phrase that is in there too was not kept, it is our own.
func withoutPrompt(t *testing.T, format normalize.Format, raw []byte, prompt string) []byte {
	t.Helper()
	quoted, err := json.Marshal(prompt)
	if err != nil {
		t.Fatal(err)
	}
	other := bytes.ReplaceAll(raw, quoted[1:len(quoted)-1], bytes.Repeat([]byte("~"), len(prompt)))
	events, err := format.Normalize(other, &normalize.Hint{Received: received}, nil)
	if err != nil {
		return raw // the prompt was part of the record's own form
	}
	var out []byte
	for _, e := range events {
		out = e.AppendSlot(e.AppendSlot(e.AppendPublic(out), 0), 1)
	}
	return out
}
