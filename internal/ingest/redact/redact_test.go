// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// glue joins the halves of a made-up key, so that no scanner of repositories takes
// these tests for a leak.
func glue(parts ...string) string { return strings.Join(parts, "") }

const (
	letters = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8"
	jwt     = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
)

func pem() string {
	return glue("-----BEGIN RSA ", "PRIVATE KEY-----\nMIIEowIBAAKCAQEA7\nabcdef==\n-----END RSA ", "PRIVATE KEY-----")
}

func TestText(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, c := range []struct{ in, want string }{
		// URLs
		{"postgres://app:hunter2@db.example.com/shop", "postgres://app:[redacted:password]@db.example.com/shop"},
		{"see https://u:p@ss@example.com/x?y=1@z ok", "see https://u:[redacted:password]@example.com/x?y=1@z ok"},
		{"see https://u:pa/ss@example.com/x ok", "see https://u:[redacted:password]@example.com/x ok"},
		{"redis://:secretpw@10.0.0.1:6379", "redis://:[redacted:password]@10.0.0.1:6379"},
		// headers
		{"Authorization: Bearer " + letters, "Authorization: Bearer [redacted:authorization]"},
		{"authorization=Basic dXNlcjpodW50ZXIy end", "authorization=Basic [redacted:authorization] end"},
		{"got Bearer abcDEF123456.xyz, and more", "got Bearer [redacted:authorization], and more"},
		{"sent Basic dXNlcjpodW50ZXIy", "sent Basic [redacted:authorization]"},
		{`{"Authorization":"Bearer ` + letters + `","x":1}`, `{"Authorization":"Bearer [redacted:authorization]","x":1}`},
		{"Authorization: " + letters, "Authorization: [redacted:authorization]"},
		{"Cookie: sid=abc123; theme=dark\r\nHost: x", "Cookie: [redacted:cookie]\r\nHost: x"},
		{"Set-Cookie: sid=abc123; HttpOnly", "Set-Cookie: [redacted:cookie]"},
		{"X-Api-Key: " + letters + " Accept: x", "X-Api-Key: [redacted:api_key] Accept: x"},
		{`curl -H "Authorization: Splunk 0f0f-11" http://x`, `curl -H "Authorization: Splunk [redacted:authorization]" http://x`},
		{`Authorization: Digest username="a", response="b"`, "Authorization: Digest [redacted:authorization]"},
		// shapes
		{"jwt " + jwt + " end", "jwt [redacted:jwt] end"},
		{"(" + jwt + ")", "([redacted:jwt])"},
		{"key:\n" + pem() + "\ntail", "key:\n[redacted:private_key]\ntail"},
		{"cut " + pem()[:50], "cut [redacted:private_key]"},
		{glue("id AK", "IAIOSFODNN7EXAMPLE."), "id [redacted:cloud_key]."},
		{glue("AI", "za", letters[:35]), "[redacted:cloud_key]"},
		{glue("sk", "-", letters) + ",", "[redacted:model_key],"},
		{glue("sk", "-ant-api03-", letters), "[redacted:model_key]"},
		{glue("gs", "k_", letters), "[redacted:model_key]"},
		{glue("h", "f_", letters), "[redacted:model_key]"},
		{glue("x", "ai-", letters), "[redacted:model_key]"},
		{glue("gh", "p_", letters[:36]), "[redacted:token]"},
		{glue("git", "hub_pat_", letters), "[redacted:token]"},
		{glue("gl", "pat-", letters[:20]), "[redacted:token]"},
		{glue("xo", "xb-123456789012-", letters[:20]), "[redacted:token]"},
		{glue("sk", "_live_", letters[:24]), "[redacted:api_key]"},
		{glue("S", "G.", letters[:22], ".", letters[:43]), "[redacted:api_key]"},
		// pairs
		{"user=bob password=hunter2 ok=1", "user=bob password=[redacted:password] ok=1"},
		{"password=a,b!c&x=1", "password=[redacted:password]&x=1"},
		{"Server=db;Password=hunter2;Port=5", "Server=db;Password=[redacted:password];Port=5"},
		{"{password=hunter2, user=bob}", "{password=[redacted:password], user=bob}"},
		{"password=hunter2,user=bob", "password=[redacted:password],user=bob"},
		{`{"password":"hun\"ter2","user":"bob"}`, `{"password":"[redacted:password]","user":"bob"}`},
		{`{\"password\":\"hunter2\",\"user\":\"bob\"}`, `{\"password\":\"[redacted:password]\",\"user\":\"bob\"}`},
		{`{"pin":1,"client_secret" : 'x y z'}`, `{"pin":1,"client_secret" : '[redacted:secret]'}`},
		{"db_pass = hunter2", "db_pass = [redacted:password]"},
		{"dbPass: hunter2", "dbPass: [redacted:password]"},
		{"GET /cb?access_token=abc&state=1 HTTP/1.1", "GET /cb?access_token=[redacted:token]&state=1 HTTP/1.1"},
		{"api_key: " + letters, "api_key: [redacted:api_key]"},
		{"AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_SECRET_ACCESS_KEY=[redacted:api_key]"},
		{":password => hunter2", ":password => [redacted:password]"},
		{"mysql --password=hunter2 -u root", "mysql --password=[redacted:password] -u root"},
		{"pwd=x", "pwd=[redacted:password]"},
		{"PWD=x", "PWD=[redacted:password]"},
		{"DB_PWD=/x", "DB_PWD=[redacted:password]"},
		{"DefaultEndpointsProtocol=https;AccountKey=abc/def==;", "DefaultEndpointsProtocol=https;AccountKey=[redacted:api_key];"},
		// cards
		{"card 4111111111111111.", "card [redacted:card]."},
		{"card 4111 1111 1111 1111 exp", "card [redacted:card] exp"},
		{"card=5500-0055-5555-5559", "card=[redacted:card]"},
		{"amex 3782 822463 10005", "amex [redacted:card]"},
		{"4111111111111111 17", "[redacted:card] 17"},
	} {
		got, found := r.Text(c.in)
		if got != c.want || found == 0 {
			t.Errorf("Text(%q)\n got %q\nwant %q", c.in, got, c.want)
		}
		if again, more := r.Text(got); again != got || more != 0 {
			t.Errorf("Text is not idempotent: %q, then %q", got, again)
		}
	}
}

// clean are texts that look a little like secrets, and are none.
func clean() []string {
	return []string{
		"", "ok", "Failed password for root from 203.0.113.5 port 42393 ssh2", "password", "password:", "password=", `"password":""`,
		"invalid token: expired", "token: missing", "Authorization: denied for bob", "authorization: none", "Cookie: rejected", "Authorization: Bearer [redacted:authorization]",
		"https://example.com:8080/a@b", "https://user@example.com/", "http://[2001:db8::1]:80/x@y", "mailto:a@b", "ratio 10:15:30",
		"Bearer authentication", "Bearer token", "Basic access", "bearer of bad news", "Basic YWJjZGVm",
		"eyJhbGciOi", "eyJ is how they begin", "sk-learn", "task-force-one-hundred-and-twenty-three", "risk-based-assessment-of-everything-we-own",
		"AKIA", "the AKIAS of this world are many", "npm_config_registry_and_more_words_behind", "hf_hub_download_to_somewhere_far_away_and_back",
		"compass=north", "TTY=pts/0 ; PWD=/srv/shop ; USER=root", "OLDPWD=~ana", "bypass=1", "monkey=7", "primary_key=5", "tokens=17", "max_tokens: 4096", "keyboard=qwerty", "secretary=ann",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----",
		"4111111111111112", "1795342800123456789", "1795342800123456", "4111-1111-11", "v4111111111111111", "0.4111111111111111",
		"00000000000000000", "4444444444444444", "4bf92f3577b34da6a3ce929d0e0e4736", "01KB5Q0W3ZC6V8N2M4P6R8T0X2",
		"550e8400-e29b-41d4-a716-446655440000", "+49 30 1234 5678", "ssh2: RSA SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
		"mscorlib, Version=4.0.0.0, PublicKeyToken=b77a5c561934e089", `Elevated Token:\t\tNo\r\n`, `"ElevatedToken":"%%1843"`, "$Credential = [PSCredential]::Empty", "$hmac.KEY = $x",
		"password=[redacted:password]", "token=***", `secret: null, "token": true`, "日本語 パスワード",
	}
}

func TestCleanTextIsUntouched(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, s := range clean() {
		if got, found := r.Text(s); got != s || found != 0 {
			t.Errorf("Text(%q) = %q", s, got)
		}
	}
}

// canaries are secrets as they are planted in every field.
func canaries() []string {
	return []string{
		"hunter2", "dXNlcjpodW50ZXIy", "4111111111111111", "MIIEowIBAAKCAQEA7", "IAIOSFODNN7EXAMPLE",
		letters, letters[:36], jwt[40:80], "s3ss10n",
	}
}

func planted() []string {
	return []string{
		"login with password=hunter2 failed", "amqp://svc:hunter2@mq", `body {"user":"a","password":"hunter2"}`,
		"Authorization: Basic dXNlcjpodW50ZXIy", "paid by 4111 1111 1111 1111", "paid by 4111111111111111", pem(),
		glue("AK", "IAIOSFODNN7EXAMPLE"), glue("sk", "-", letters), glue("gh", "p_", letters[:36]), "at " + jwt, "Cookie: sid=s3ss10n; a=b",
		"Authorization: Bearer " + letters, "X-Auth-Token: " + letters,
	}
}

// TestCanaries plants each secret in each field: none may be in the bytes that
// are recorded.
func TestCanaries(t *testing.T) {
	t.Parallel()
	r := redact.New()
	for _, text := range planted() {
		e := &event.Event{
			Source: "x " + text, Category: text, Action: text, Message: "before " + text + " after", User: text, Session: text,
			UserAgent: text, Host: text, Service: text, OriginID: text, Raw: "\xff " + text, Tags: []string{"a", text},
			Attrs: []event.Attr{
				{Key: "a " + text, Value: event.Text("key")},
				{Key: "b password=1", Value: event.Text("one")},
				{Key: "b password=2", Value: event.Text("two")},
				{Key: "list", Value: event.List(event.Text("x"), event.List(event.Text(text)))},
				{Key: "text", Value: event.Text(text)},
			},
			Marks: []event.Mark{{Kind: event.MarkInvalid, Field: "ip", Detail: text}},
		}
		r.Events([]*event.Event{e})
		got := e.AppendSlot(e.AppendSlot(e.AppendPublic(nil), 0), 1)
		for _, canary := range canaries() {
			if bytes.Contains(got, []byte(canary)) {
				t.Errorf("%q: %q survives in %s", text, canary, e.AppendJSON(nil))
			}
		}
		if bytes.Contains(got, []byte("4111 1111")) {
			t.Errorf("a card survives in %s", e.AppendJSON(nil))
		}
		for _, field := range []string{"message", "user", "raw", "tags", "attrs.text", "attrs.list", "attrs", "origin_id"} {
			if !slices.ContainsFunc(e.Marks, func(m event.Mark) bool {
				return m.Kind == event.MarkRedacted && m.Field == field && m.Detail != "" && m.Hash == ""
			}) {
				t.Errorf("%q: no mark for %s: %+v", text, field, e.Marks)
			}
		}
		if v, _ := e.Attr("b password=[redacted:password]#2"); v.Text != "two" {
			t.Errorf("two keys that became one were not both kept: %s", e.AppendJSON(nil))
		}
		if !strings.HasPrefix(e.Message, "before ") {
			t.Errorf("the text around is gone: %q", e.Message)
		}
	}
}

func TestNamedAttributes(t *testing.T) {
	t.Parallel()
	e := &event.Event{Attrs: []event.Attr{
		{Key: "apiKey", Value: event.Text("k")},
		{Key: "count_tokens", Value: event.Number("17")},
		{Key: "db.password", Value: event.Number("1234")},
		{Key: "headers.Authorization", Value: event.List(event.Text("x"))},
		{Key: "headers.cookie", Value: event.Text("a")},
		{Key: "ok", Value: event.Bool(true)},
		{Key: "pan", Value: event.Number("4111111111111111")},
		{Key: "secret", Value: event.Null()},
		{Key: "token", Value: event.Number("5")},
		{Key: "user_password", Value: event.Text("")},
	}}
	shared := e.Attrs[3].Value.List
	redact.New().Event(e)
	want := `{"id":"00000000000000000000000000","time":"1970-01-01T00:00:00Z","received":"1970-01-01T00:00:00Z","severity":"info","severity_number":0,` +
		`"compliance":{"pci_scope":true},"attrs":{"apiKey":"[redacted:api_key]","count_tokens":17,"db.password":"[redacted:password]",` +
		`"headers.Authorization":["[redacted:authorization]"],"headers.cookie":"[redacted:cookie]","ok":true,"pan":"[redacted:card]",` +
		`"secret":null,"token":5,"user_password":""},"marks":[` +
		`{"kind":"redacted","field":"attrs.apiKey","detail":"api_key"},{"kind":"redacted","field":"attrs.db.password","detail":"password"},` +
		`{"kind":"redacted","field":"attrs.headers.Authorization","detail":"authorization"},{"kind":"redacted","field":"attrs.headers.cookie","detail":"cookie"},` +
		`{"kind":"redacted","field":"attrs.pan","detail":"card"}]}`
	if diff := cmp.Diff(want, string(e.AppendJSON(nil))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if shared[0].Text != "x" {
		t.Error("a list that another event may share was changed in place")
	}
}
