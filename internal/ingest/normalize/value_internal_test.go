// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestTextsAsJSONText reads texts of all kinds of characters and escapes, at all
// offsets within a word of eight bytes, and compares with jsontext.
func TestTextsAsJSONText(t *testing.T) {
	t.Parallel()
	pieces := []string{
		"a", "plain text", `\"`, `\\`, `\/`, `\b\f\n\r\t`, `\u0041`, `\u00e9`, `\u20AC`, `\ud83d\ude42`, `\uDBFF\uDFFF`, "é", "日本", "🙂",
		`\u0000`, "\x7f", "1234567", "12345678", "'", "/",
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 5000 {
		var b strings.Builder
		b.WriteString(strings.Repeat("x", r.IntN(9)))
		for range r.IntN(6) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		quoted := `"` + b.String() + `"`
		want, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			t.Fatalf("%s: %v", quoted, err)
		}
		s := scanner{b: []byte(quoted)}
		got, err := s.str()
		if err != nil || got != string(want) || s.i != len(quoted) || s.lone {
			t.Fatalf("%s: got %q (%v), want %q", quoted, got, err, want)
		}
	}
}

func TestBrokenTexts(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`"`: "without an end", `"abc`: "without an end", `"a\`: "bad escape", `"a\"`: "without an end", `"\u12"`: "bad escape",
		`"\u12g4"`: "bad escape", `"\x"`: "bad escape", "\"a\nb\"": "control character", "\"12345678\x01\"": "control character",
		"\"\\n\x02\"": "control character", "\"\xff\"": "invalid UTF-8", "\"é\xc3\"": "invalid UTF-8", "\"\\n\xed\xa0\x80\"": "invalid UTF-8",
		`"\n`: "without an end",
	} {
		s := scanner{b: []byte(in)}
		if got, err := s.str(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q, %v, want an error with %q", in, got, err, want)
		}
	}
	for in, want := range map[string]string{
		`"\ud83d"`: "\ufffd", `"\ude42x"`: "\ufffdx", `"\ud83d\n"`: "\ufffd\n", `"\ud83d\u0041"`: "\ufffdA", `"\ud83d\ud83d\ude42"`: "\ufffd🙂",
	} {
		s := scanner{b: []byte(in)}
		if got, err := s.str(); err != nil || got != want || !s.lone {
			t.Errorf("%s: got %q, %v, want %q", in, got, err, want)
		}
	}
}

// TestValuesAsEncodingJSON makes random objects and compares the attributes with
// what encoding/json reads and a plain recursion flattens.
func TestValuesAsEncodingJSON(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		raw := randomObject(r, 0)
		events, err := normalizeJSON(raw, &Hint{}, nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, raw)
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var m map[string]any
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		flatten(want, "", m)
		got := map[string]string{}
		for i, a := range events[0].Attrs {
			if i > 0 && events[0].Attrs[i-1].Key >= a.Key {
				t.Fatalf("attributes out of order: %s", events[0].AppendJSON(nil))
			}
			got[a.Key] = fmt.Sprint(a.Value.Kind, " ", a.Value)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s\n-want +got:\n%s", raw, diff)
		}
	}
}

func randomObject(r *rand.Rand, depth int) []byte {
	b := []byte{'{'}
	for i := range r.IntN(7) {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, ` "k%d%s" :`, i, strings.Repeat("y", r.IntN(12)))
		b = randomValue(r, b, depth)
		b = append(b, "\n\t "[r.IntN(3)])
	}
	return append(b, '}')
}

func randomValue(r *rand.Rand, b []byte, depth int) []byte {
	switch n := r.IntN(9); {
	case n == 0 && depth < 6:
		return append(b, randomObject(r, depth+1)...)
	case n == 1 && depth < 6:
		b = append(b, '[')
		for i := range r.IntN(4) {
			if i > 0 {
				b = append(b, ',')
			}
			b = randomValue(r, b, 6)
		}
		return append(b, ']')
	case n == 2:
		return append(b, "true"...)
	case n == 3:
		return append(b, "false"...)
	case n == 4:
		return append(b, "null"...)
	case n < 7:
		return append(b, []string{"0", "-1", "12.50", "1e5", "-0.1E-7", "12345678901234567890123"}[r.IntN(6)]...)
	default:
		q, _ := json.Marshal([]string{"", "text", "a \"b\" \\ \n", "é日🙂", "\u2028<>&"}[r.IntN(5)])
		return append(b, q...)
	}
}

func flatten(out map[string]string, prefix string, m map[string]any) {
	for k, v := range m {
		if o, ok := v.(map[string]any); ok {
			flatten(out, prefix+k+".", o)
			continue
		}
		w := valueOf(v)
		out[prefix+k] = fmt.Sprint(w.Kind, " ", w)
	}
}

func valueOf(v any) event.Value {
	switch v := v.(type) {
	case string:
		return event.Text(v)
	case json.Number:
		return event.Number(v.String())
	case bool:
		return event.Bool(v)
	case []any:
		list := event.Value{Kind: event.KindList}
		for _, m := range v {
			list.List = append(list.List, valueOf(m))
		}
		return list
	default:
		return event.Null()
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "2001:DB8:0:0::1": "2001:db8::1", "::ffff:192.0.2.1": "192.0.2.1", "fe80::1%eth0": "fe80::1",
		"192.0.2.1:80": "192.0.2.1 80", "[2001:db8::1]:443": "2001:db8::1 443", "[2001:db8::1]": "2001:db8::1", "::": "::",
		"": "", "1": "", "192.0.2": "", "192.0.2.256": "", "192.0.02.1": "", "host": "", "[host]": "", "192.0.2.1:port": "",
		"192.0.2.1, 192.0.2.2": "", "192.0.2.1/24": "", strings.Repeat("1", 90): "",
	} {
		ip, port, ok := parseAddress(in)
		if got := strings.TrimSpace(ip + " " + port); got != want || ok != (want != "") {
			t.Errorf("parseAddress(%q) = %q, %v, want %q", in, got, ok, want)
		}
	}
}

func TestGuardWords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"low_directOverride": "direct_override", "high_roleSwitch": "role_switch", "direct_override": "direct_override", "low_": "low_",
		"jailbreak": "jailbreak", "prohibited_words": "prohibited_words", "encoding-evasion": "encoding_evasion", "API abuse": "api_abuse", "": "",
	} {
		if got := techniqueName(in); got != want {
			t.Errorf("techniqueName(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"creditCard": "card", "credit_card": "card", "email": "email", "ipAddress": "ip", "phoneNumber": "phone", "emailAddress": "email",
		"socialSecurityNumber": "ssn", "ssn": "ssn", "passportNumber": "passport_number",
	} {
		if got := piiType(in); got != want {
			t.Errorf("piiType(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]bool{
		"": false, "a@b": false, "mail bea@example.com now": true, "@example.com": false, "x @example.com": false, "a@b, c@d.example": true, "@@": false,
	} {
		if got := piiTypes(in) != nil; got != want {
			t.Errorf("piiTypes(%q) finds something: %v, want %v", in, got, want)
		}
	}
}

func TestAuto(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{` {"message":"m","category":"logout"}`: "logout", benchLine: "login_failed", "x": "log_line"} {
		events, err := normalizeAuto([]byte(in), &Hint{Received: benchReceived}, nil)
		if err != nil || len(events) != 1 || events[0].Category != want {
			t.Errorf("%s: %v, %v, want %s", in, events, err, want)
		}
	}
}

// TestDocumentedSources: the table of docs/fields.md and sourceOf say the same.
func TestDocumentedSources(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/fields.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n## Sources of categories\n")
	table, _, _ = strings.Cut(table, "\n## ")
	word, seen := regexp.MustCompile("`([a-z_]+)`"), 0
	for line := range strings.Lines(table) {
		names := word.FindAllStringSubmatch(line, -1)
		if len(names) == 0 {
			continue
		}
		for _, m := range names[1:] {
			if seen++; sourceOf(m[1]) != names[0][1] && m[1] != categoryLine {
				t.Errorf("source of %s is %q, documented %q", m[1], sourceOf(m[1]), names[0][1])
			}
		}
	}
	if !ok || seen < 40 {
		t.Errorf("found %d categories", seen)
	}
}

// TestHostileRecords: records made to be expensive take time in proportion to their
// length; a square of it would not end. What cannot be recorded is Validate's to say.
func TestHostileRecords(t *testing.T) {
	t.Parallel()
	repeat := func(n int, f string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(f, "%", strconv.Itoa(i)))
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		normalize func([]byte, *Hint, []*event.Event) ([]*event.Event, error)
		raw       string
	}{
		"params":     {normalizeSyslog, "<13>1 - h p - - [a " + repeat(60000, ` p%="1"`) + "] text"},
		"elements":   {normalizeSyslog, "<13>1 - h p - - " + repeat(60000, `[e%]`) + " text"},
		"one param":  {normalizeSyslog, "<13>1 - h p - - [a" + repeat(60000, ` p="%"`) + "] text"},
		"members":    {normalizeJSON, "{" + repeat(60000, `"k%":%,`) + `"end":1}`},
		"objects":    {normalizeJSON, "{" + repeat(30000, `"k%":{"a":{"b":%}},`) + `"end":1}`},
		"same key":   {normalizeJSON, "{" + repeat(100, `"details":%,`) + `"end":1}`},
		"prompts":    {normalizeResk, `{"eventType":"x","details":{` + repeat(30000, `"prompt%":"a prompt that is number %",`) + `"end":1}}`},
		"safe texts": {normalizeResk, `{"details":{` + repeat(100, `"prompt%":"a prompt that is number %",`) + repeat(30000, `"reason%":"because of number %",`) + `"end":1}}`},
		"violations": {normalizeResk, `{"eventType":"request_validation","details":{"result":{"details":{"moderation":{"violations":[` + repeat(30000, `{"category":"c%","matches":["m%"]},`) + `{}]}}}}}`},
		"lists":      {normalizeResk, `{"a":` + strings.Repeat(`[{"a":`, 14) + "[" + repeat(20000, `{"b":%},`) + "{}]" + strings.Repeat("}]", 14) + "}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := c.normalize([]byte(c.raw), &Hint{Received: benchReceived}, nil)
			if err != nil && name != "same key" {
				t.Fatalf("%.200v", err)
			}
			for _, e := range events {
				if len(e.Marks) > 2*maxTaken+2 {
					t.Errorf("%d marks", len(e.Marks))
				}
			}
		})
	}
}

func TestEpochs(t *testing.T) {
	t.Parallel()
	const want = 1795342800
	for _, s := range []string{"1795342800", "1795342800.0", "1795342800000", "1795342800000000", "1795342800000000000", "1.7953428e9", "17953428E2"} {
		if got, ok := parseEpoch(s); !ok || got != want*second {
			t.Errorf("parseEpoch(%s) = %d, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "0", "-1", "+5", "1.2.3", "1e400", "9223372036854775807", "9999999999", "1e", "x", "1.x"} {
		if got, ok := parseEpoch(s); ok {
			t.Errorf("parseEpoch(%s) = %s", s, event.FormatTime(got))
		}
	}
}

// TestPromptsByName: what is taken out because of its name, and what is not.
func TestPromptsByName(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"prompt", "userPrompt", "a.processedContent", "contentSample", "messages.0.content", "input", "model_output", "violations.3.matches", "x.12"} {
		want := namePrompt
		if key == "x.12" {
			want = nameOpen
		}
		if got := judgeName(key); got != want {
			t.Errorf("judgeName(%s) = %d, want %d", key, got, want)
		}
	}
	for _, key := range []string{"contentLength", "contentHash", "promptTokens", "matchedPatterns", "content_type", "result.errors", "inputId", "techniques"} {
		if got := judgeName(key); got != nameSafe {
			t.Errorf("judgeName(%s) = %d, want safe", key, got)
		}
	}
	for s, want := range map[string]bool{"[redacted 7 characters]": true, "[redacted 2 values]": true, "[redacted x characters]": false, "[redacted 7 characters] and more": false, "": false} {
		if isMask(s) != want {
			t.Errorf("isMask(%q) = %v", s, !want)
		}
	}
	if got := clip(strings.Repeat("é", 200)); len(got) > maxDetail || !slices.Contains([]int{255, 256}, len(got)) || strings.Contains(got, "\ufffd") {
		t.Errorf("clip cuts to %d bytes", len(got))
	}
}
