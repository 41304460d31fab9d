// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// TestWhereSecretsEnd: the token stands for the secret and for nothing else.
func TestWhereSecretsEnd(t *testing.T) {
	t.Parallel()
	r := redact.New()
	f := func(in, want string) {
		t.Helper()
		want = strings.NewReplacer("«p»", "[redacted:password]", "«s»", "[redacted:secret]", "«t»", "[redacted:token]", "«a»", "[redacted:authorization]",
			"«c»", "[redacted:cookie]", "«k»", "[redacted:api_key]", "«j»", "[redacted:jwt]", "«r»", "[redacted:private_key]").Replace(want)
		if got, _ := r.Text(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
	// A bare value ends at these, and at no others.
	for _, end := range []string{" x", "\tx", "\nx", "\x00x", "&x", ";x", "\"x", "'x", "<x", ">x", ")x", "}x", "]x", "`x", `\"x`, `\nx`, `\rx`, ", x", ",\"x", ",'x", ",", ",user=x", ",user:x"} {
		f("password=hunter2"+end, "password=«p»"+end)
	}
	for _, in := range []string{"(", "{", "[", "$", "%", "#", "?", "/", "\\", `\t`, "=", ":", "*", "+", ",!", ",user", ",=", "é", "\x7f"} {
		f("password=hunter2"+in+"x y", "password=«p» y")
	}
	// Up to three blanks may stand around the sign.
	f("password   =   hunter2 x", "password   =   «p» x")
	f("password    = hunter2", "password    = hunter2")
	f("password =    hunter2", "password =    hunter2")
	f(`"password" : "a b" x`, `"password" : "«p»" x`)
	f(`\"password\" : \"a b\" x`, `\"password\" : \"«p»\" x`)
	f(`\'password\' : \'a b\' x`, `\'password\' : \'«p»\' x`)
	f(`{'password': 'a\'b', 'x': 1}`, `{'password': '«p»', 'x': 1}`)
	f(`password="never ends`, `password="«p»`)
	f(`password="ends in \`, `password="«p»`)
	f(`password=""`, `password=""`)
	f(`password=\`, `password=«p»`)
	f("password=>hunter2", "password=>«p»")
	f("password: >\n", "password: >\n")
	f("password: ", "password: ")
	f("password", "password")
	f("=password", "=password")
	f(": x", ": x")
	// Words that say that there is no secret.
	for _, none := range []string{"null", "none", "nil", "true", "false", "None", "undefined", "***", "*", "[redacted:password]"} {
		f("password="+none, "password="+none)
	}
	f("password=nulls", "password=«p»")
	// What reads as prose after a colon is none; a password is whatever it is.
	f("token: expired.", "token: expired.")
	f("token: expired,!;", "token: expired,!;")
	f("token: abcdefghijklmnopqrs", "token: abcdefghijklmnopqrs")
	f("token: abcdefghijklmnopqrst", "token: «t»")
	f("token: abc1", "token: «t»")
	f("token=expired", "token=«t»")
	f("password: expired", "password: «p»")
	f("secret: --", "secret: «s»")
	// Headers.
	f("Authorization: Basic abc", "Authorization: Basic «a»")
	f("Authorization: bearer abc def", "Authorization: bearer «a» def")
	f("Authorization: Pigeon abc", "Authorization: Pigeon abc")
	f("Authorization=Pigeon abc", "Authorization=«a» abc")
	f("Authorization: Digest a=1, b=2\nX: y", "Authorization: Digest «a»\nX: y")
	f("Authorization: AWS4-HMAC-SHA256 Credential=x, Signature=y\rX: y", "Authorization: AWS4-HMAC-SHA256 «a»\rX: y")
	f(`Authorization="Bearer abc"`, `Authorization="Bearer «a»"`)
	f("Authorization: Bearer", "Authorization: Bearer")
	f("Cookie: a=b; c=d\nX: y", "Cookie: «c»\nX: y")
	f(`-H "Cookie: a=b; c=d" x`, `-H "Cookie: «c»" x`)
	f("Cookie: a.b-c=d", "Cookie: «c»")
	f("Cookie: =d", "Cookie: =d")
	f("Cookie: none given", "Cookie: none given")
	f("cookie=abc1; x", "cookie=«c»; x")
	// URLs.
	f("http://u:p@h", "http://u:«p»@h")
	f("http://u:@h", "http://u:@h")
	f("http://u@h:80/a:b@c", "http://u@h:80/a:b@c")
	f("http://h:80/a@b", "http://h:80/a@b")
	f("http://h:80?a@b", "http://h:80?a@b")
	f("http://h:80#a@b", "http://h:80#a@b")
	f("http://u:p#q@h", "http://u:«p»@h")
	f("http://u:p?q@h", "http://u:«p»@h")
	f("http://u:p@h/x@y", "http://u:«p»@h/x@y")
	for _, end := range []string{" ", "\"", "'", "<", ">", "`", "\n"} {
		f("http://u:p"+end+"q@h", "http://u:p"+end+"q@h")
	}
	f("http://[::1]:80/x:y@z", "http://[::1]:80/x:y@z")
	f("http://u:"+strings.Repeat("p", 500)+"@h", "http://u:«p»@h")
	f("http://u:"+strings.Repeat("p", 600)+"@h", "http://u:"+strings.Repeat("p", 600)+"@h")
	f("http://u:[redacted:password]@h", "http://u:[redacted:password]@h")
	f("://", "://")
	// Names.
	f("passcode=1 passphrase=2 credential=3", "passcode=«p» passphrase=«p» credential=«s»")
	f("my.db-pass=1", "my.db-pass=«p»")
	f(strings.Repeat("x", 70)+"password=1", strings.Repeat("x", 70)+"password=«p»")
	f("TTY=pts/0 ; PWD=/srv ; x", "TTY=pts/0 ; PWD=/srv ; x")
	f("PWD=~ana", "PWD=~ana")
	f("pwd=/srv", "pwd=«p»")
	// Bearer and Basic without a header's name.
	f("Bearer abcdef12 x", "Bearer «a» x")
	f("Bearer abcdef1", "Bearer abcdef1")
	f("Bearer abcdefgh", "Bearer abcdefgh")
	f("Bearer "+strings.Repeat("abcd", 5), "Bearer «a»")
	f("BEARER abcdef12.", "BEARER «a».")
	f("xBearer abcdef12", "xBearer abcdef12")
	f("Basic YTpi", "Basic «a»")           // a:b
	f("Basic OmFiYw==, x", "Basic «a», x") // :abc
	f("Basic YWJj", "Basic YWJj")          // abc
	f("Basic a:b", "Basic a:b")
	f("Basic YTp", "Basic YTp")
	// Tokens of three parts, and keys in armour.
	f("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "«j»")
	f("eyJhbGciOiJIUzI1NiJ9.e30.", "«j».")
	f("eyJhbGciOiJIUzI1NiJ9.", "eyJhbGciOiJIUzI1NiJ9.")
	f("eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9")
	f("eyJhbGciOi.eyJzdWI", "eyJhbGciOi.eyJzdWI")
	f("a-eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", "a-eyJhbGciOiJIUzI1NiJ9.eyJzdWIi")
	f("eyJ.hbGciOiJIUzI1NiJ9eyJzdWIi", "eyJ.hbGciOiJIUzI1NiJ9eyJzdWIi")
	f("x-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----y", "x«r»y")
	f("-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE", "«r»")
	f("-----BEGIN X-----  PRIVATE KEY", "-----BEGIN X-----  PRIVATE KEY")
	f("-----BEGIN PRIVATE KEY-----abc", "«r»")
	f("-----BEGIN "+strings.Repeat("X", 80)+" PRIVATE KEY", "-----BEGIN "+strings.Repeat("X", 80)+" PRIVATE KEY")
	sg := glue("S", "G.")
	f(sg+letters[:13]+"."+letters[:19], "«k»")
	f(sg+letters[:12]+"."+letters[:19], sg+letters[:12]+"."+letters[:19])
	f(sg+letters[:13]+"."+letters[:18], sg+letters[:13]+"."+letters[:18])
	f(sg+letters[:13]+" "+letters, sg+letters[:13]+" "+letters)
}

// TestEventsAreTheirOwn: what is shared with another event is copied before it is
// changed, and redacting twice changes nothing.
func TestEventsAreTheirOwn(t *testing.T) {
	t.Parallel()
	r := redact.New()
	tags := []string{"plain", "password=1"}
	e := &event.Event{Source: "s", Tags: tags, Message: "password=1 token=2"}
	r.Event(e)
	if tags[1] != "password=1" || e.Tags[0] != "plain" || e.Tags[1] != "password=[redacted:password]" {
		t.Errorf("tags %q, shared %q", e.Tags, tags)
	}
	once := string(e.AppendJSON(nil))
	r.Event(e)
	if twice := string(e.AppendJSON(nil)); twice != once || len(e.Marks) != 3 {
		t.Errorf("%s\nthen %s", once, twice)
	}
	if e.Compliance.PCI != event.FlagAbsent {
		t.Error("a password brings the event into the scope of cards")
	}
	paid := &event.Event{Source: "s", Message: "paid with 4111111111111111", Compliance: event.Compliance{PCI: event.FlagFalse}}
	if r.Event(paid); paid.Compliance.PCI != event.FlagTrue {
		t.Error("a card does not bring the event into their scope")
	}
	plain := &event.Event{Source: "s", Message: "nothing here", Tags: tags[:1], Attrs: []event.Attr{{Key: "keyboard", Value: event.Text("x")}}}
	r.Event(plain)
	if len(plain.Marks) != 0 || &plain.Tags[0] != &tags[0] {
		t.Errorf("an event without secrets was changed: %s", plain.AppendJSON(nil))
	}
}

// TestAttributeValues by the name of their key.
func TestAttributeValues(t *testing.T) {
	t.Parallel()
	r := redact.New()
	f := func(key string, v event.Value, want string) {
		t.Helper()
		e := &event.Event{Source: "s", Attrs: []event.Attr{{Key: key, Value: v}}}
		before := v.String()
		r.Event(e)
		if got := e.Attrs[0].Value.String(); got != want || (len(e.Marks) > 0) != (before != want) {
			t.Errorf("%s %+v: %q, %d marks, want %q", key, v, got, len(e.Marks), want)
		}
	}
	f("password", event.Text("x"), "[redacted:password]")
	f("password", event.Text("[redacted:token]"), "[redacted:token]")
	f("password", event.Bool(true), "true")
	f("password", event.Null(), "null")
	f("password", event.Value{Kind: event.KindBytes, Text: "\xff"}, "[redacted:password]")
	f("password", event.Number("1"), "[redacted:password]")
	f("secret", event.Number("1"), "1")
	f("pan", event.Number("4222222222222"), "[redacted:card]")
	f("pan", event.Number("411111111111"), "411111111111")
	f("pan", event.Number("4111111111111112"), "4111111111111112")
	f("pan", event.Value{Kind: event.KindBytes, Text: "\xff4111111111111111"}, "\xff[redacted:card]")
	f("any", event.List(event.Text("a"), event.Text("token=1"), event.List(event.Text("pwd=2"))), "a,token=[redacted:token],pwd=[redacted:password]")
}
