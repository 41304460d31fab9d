// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

func policy(t *testing.T, rules ...string) redact.Policy {
	t.Helper()
	p := redact.DefaultPolicy()
	for _, rule := range rules {
		kind, action, _ := strings.Cut(rule, "=")
		if err := p.Set(kind, action); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestPolicyWords(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]string{
		"email=mask": "", "phone=drop": "", "card=keep": "", "card=token": "", "password=drop": "", "jwt=mask": "", "iban=token": "",
		"emial=mask":       `"emial" is no kind, want one of password, secret,`,
		"=mask":            "is no kind",
		"email=hide":       `email: "hide" is no action, want one of mask, keep, drop, token`,
		"email=":           "is no action",
		"password=keep":    "a secret cannot be kept",
		"jwt=keep":         "a secret cannot be kept",
		"webhook=keep":     "a secret cannot be kept",
		"private_key=keep": "a secret cannot be kept",
		"api_key=token":    "a secret gets no token",
	} {
		p := redact.DefaultPolicy()
		kind, action, _ := strings.Cut(rule, "=")
		switch err := p.Set(kind, action); {
		case want == "" && err != nil:
			t.Errorf("%s: %v", rule, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s: %v, want %s", rule, err, want)
		}
	}
}

// TestPoliciesBySource: each source has its own policy, the others the default.
func TestPoliciesBySource(t *testing.T) {
	t.Parallel()
	r, err := redact.Open(redact.Options{
		Default: policy(t),
		Sources: map[string]redact.Policy{
			"llm":  policy(t, "email=token", "phone=drop", "card=keep"),
			"bare": policy(t, "password=drop"),
			"shop": policy(t, "email=mask"),
		},
		Key: bytes.Repeat([]byte{7}, redact.KeyBytes),
	})
	if err != nil {
		t.Fatal(err)
	}
	f := func(source, want string, marks ...string) {
		t.Helper()
		e := &event.Event{Source: source, Message: "a Ana@example.com b +40722123456 c password=hunter2 d 4111111111111111 e"}
		r.Event(e)
		if ok, _ := regexp.MatchString("^"+want+"$", e.Message); !ok {
			t.Errorf("%s: %q, want %s", source, e.Message, want)
		}
		var got []string
		for _, m := range e.Marks {
			got = append(got, m.Detail)
		}
		if strings.Join(got, " ") != strings.Join(marks, " ") {
			t.Errorf("%s: marks %q, want %q", source, got, marks)
		}
		if e.Compliance.GDPR != event.FlagTrue || e.Compliance.PCI != event.FlagTrue {
			t.Errorf("%s: %+v", source, e.Compliance)
		}
		once := e.Message
		if r.Event(e); e.Message != once && source != "bare" { // what follows an emptied password is taken for it
			t.Errorf("%s: twice is not once: %q, then %q", source, once, e.Message)
		}
	}
	f("other", `a Ana@example.com b \+40722123456 c password=\[redacted:password\] d \[redacted:card\] e`, "password", "card")
	f("llm", `a \[email:[0-9a-f]{16}\] b  c password=\[redacted:password\] d 4111111111111111 e`, "password", "email", "phone")
	f("bare", `a Ana@example.com b \+40722123456 c password= d \[redacted:card\] e`, "password", "card")
	f("shop", `a \[redacted:email\] b \+40722123456 c password=\[redacted:password\] d \[redacted:card\] e`, "password", "card", "email")
	if got := r.Scrub("ana@example.com password=hunter2"); got != "[redacted:email] password=[redacted:password]" {
		t.Errorf("an error of nobody knows whose keeps what one policy takes out: %q", got)
	}
	if got := redact.New().Scrub("ana@example.com password=hunter2"); got != "ana@example.com password=[redacted:password]" {
		t.Errorf("%q", got)
	}
}

// TestPseudonyms: one value in all its forms has one name, another value, another
// kind and another key have another.
func TestPseudonyms(t *testing.T) {
	t.Parallel()
	with := func(key byte) *redact.Redactor {
		r, err := redact.Open(redact.Options{
			Default: policy(t, "email=token", "phone=token", "card=token", "iban=token", "ssn=token", "cnp=token"), Key: bytes.Repeat([]byte{key}, redact.KeyBytes),
		})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := with(1)
	one := func(texts ...string) string {
		t.Helper()
		first, _ := r.Text(texts[0])
		if first == texts[0] || strings.Contains(first, "redacted") {
			t.Errorf("%q became %q", texts[0], first)
		}
		for _, s := range texts {
			if got, _ := r.Text(s); got != first {
				t.Errorf("%q is %q, %q is %q", texts[0], first, s, got)
			}
			if got, changed := r.Text(first); got != first || changed != 0 {
				t.Errorf("%q became %q", first, got)
			}
		}
		return first
	}
	seen := map[string]bool{
		one("ana@example.com", "Ana@Example.COM"):                             true,
		one("bob@example.com"):                                                true,
		one("+40722123456", "+40 722 123 456", "+40-722-123456"):              true,
		one("4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111"): true,
		one("RO49AAAA1B31007593840000", "RO49 AAAA 1B31 0075 9384 0000"):      true,
		one("536-22-8726"): true, one("2990228410019"): true,
	}
	if len(seen) != 7 {
		t.Errorf("different values have one name: %v", seen)
	}
	mine, _ := r.Text("ana@example.com")
	if other, _ := with(2).Text("ana@example.com"); other == mine {
		t.Errorf("another key gives the same name %s", mine)
	}
	if _, err := redact.Open(redact.Options{Default: policy(t, "email=token")}); err == nil {
		t.Error("a name without a key")
	}
	if _, err := redact.Open(redact.Options{Default: policy(t), Sources: map[string]redact.Policy{"a": policy(t, "email=token")}, Key: []byte("short")}); err == nil {
		t.Error("a name with a short key")
	}
}

// TestDropJoinsNothing: what stood around something dropped makes no new secret.
func TestDropJoinsNothing(t *testing.T) {
	t.Parallel()
	r, err := redact.Open(redact.Options{Default: policy(t, "email=drop", "phone=drop", "card=drop", "iban=drop", "ssn=drop", "cnp=drop")})
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{"pass(a@example.com)word=x", "AKIA<a@example.com>IOSFODNN7EXAMPLE", "4111 536-22-8726 111111111111", "a+40722123456 b", "ana+40722123456@example.com"} {
		once, _ := r.Text(in)
		if twice, changed := r.Text(once); twice != once || changed != 0 {
			t.Errorf("%q, then %q, then %q", in, once, twice)
		}
	}
	e := &event.Event{
		Source: "ana@example.com", Category: "ana@example.com", User: "ana@example.com", Tags: []string{"ana@example.com"},
		Attrs: []event.Attr{{Key: "ana@example.com", Value: event.Text("x")}, {Key: "n", Value: event.Number("4111111111111111")}},
	}
	r.Event(e)
	if e.Source != "[redacted:email]" || e.Category != "[redacted:email]" || e.User != "" || e.Attrs[0].Key != "[redacted:email]" || e.Attrs[1].Value.Text != "" || e.Tags[0] != "" {
		t.Errorf("%s", e.AppendJSON(nil))
	}
}

// TestNumbers: a number of JSON is what its name says.
func TestNumbers(t *testing.T) {
	t.Parallel()
	r := masking(t)
	f := func(key, number, want string) {
		t.Helper()
		e := &event.Event{Attrs: []event.Attr{{Key: key, Value: event.Number(number)}}}
		if r.Event(e); e.Attrs[0].Value.Text != want {
			t.Errorf("%s: %s became %q, want %q", key, number, e.Attrs[0].Value.Text, want)
		}
	}
	f("cnp", "1800101221144", "[redacted:cnp]")
	f("time", "1800101221144", "1800101221144")
	f("x", "1800101221144", "1800101221144")
	f("x", "2990228410019", "[redacted:cnp]")
	f("details.ssn", "536228726", "[redacted:ssn]")
	f("count", "536228726", "536228726")
	f("phone", "40722123456", "[redacted:phone]")
	f("bytes", "40722123456", "40722123456")
	f("x", "4111111111111111", "[redacted:card]")
	f("x", "1.4111111111111111", "1.4111111111111111")
	f("cookies.sid", "17", "17")
}
