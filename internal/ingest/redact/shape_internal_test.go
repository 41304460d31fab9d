// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"strings"
	"testing"
)

const body = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6kL9nO2qR5tU8"

// TestEveryShape: each key is found at the start, in the middle and at the end of a
// text, not when it is too short, not without digits, and not inside a word.
func TestEveryShape(t *testing.T) {
	t.Parallel()
	r := New()
	keys := 0
	for _, s := range shapes() {
		if s.match(s.prefix+body, 0).to != len(s.prefix+body) || strings.HasSuffix(s.prefix, " ") || s.prefix == "eyJ" || s.prefix == "SG." {
			continue // not of the form prefix and key
		}
		keys++
		for _, text := range []string{"%", "a % b", `{"k":"%"}`, "x=%;", "(%)", "\n%\n", "%.", "a,%,b"} {
			in := strings.ReplaceAll(text, "%", s.prefix+body)
			got, found := r.Text(in)
			before, after, ok := strings.Cut(got, tokenHead)
			if !ok || found == 0 || !strings.HasPrefix(in, before) || !strings.HasSuffix(in, after[strings.IndexByte(after, ']')+1:]) || strings.Contains(got, body) {
				t.Errorf("Text(%q) = %q", in, got)
			}
		}
		for _, in := range []string{s.prefix, s.prefix + body[:4], s.prefix + strings.Repeat("word", 40), "w" + s.prefix + body} {
			if s.inside && in[0] == 'w' {
				continue
			}
			if got, found := r.Text(in); found != 0 {
				t.Errorf("Text(%q) = %q", in, got)
			}
		}
	}
	if keys < 30 {
		t.Errorf("only %d shapes were tried", keys)
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		// Numbers that the issuers publish for tests.
		"4111111111111111": true, "4222222222222": true, "5555555555554444": true, "2223003122003222": true, "378282246310005": true,
		"6011111111111117": true, "30569309025904": true, "3530111333300000": true, "6200000000000005": true, "6799990100000000019": true,
		"4111 1111 1111 1111": true, "4111-1111-1111-1111": true, "3782 822463 10005": true, "3056 930902 5904": true,
		// A wrong last digit, a wrong length, no issuer, no groups of a card, all the same.
		"4111111111111112": false, "411111111111111": false, "9111111111111111": false, "4111 11111111 1111": false, "41 11111111111111": false,
		"4111-1111 1111-1111": false, "0000000000000000": false, "4111111111111111a": false, "41111111111111111111": false, "": false, "4": false,
	} {
		if got := isCard(in); got != want {
			t.Errorf("isCard(%q) = %v", in, got)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Kind{
		"password": Password, "PASSWORD": Password, "userPassword": Password, "db.passwd": Password, "pwd": Password, "DB_PWD": Password, "pass": Password,
		"dbPass": Password, "ssh-passphrase": Password, "secret": Secret, "client_secret": Secret, "credentials": Secret, "token": Token,
		"access-token": Token, "X-Auth-Token": Token, "apiKey": APIKey, "x-api-key": APIKey, "SECRET_KEY": APIKey, "privateKey": APIKey,
		"Authorization": Authorization, "proxy-authorization": Authorization, "cookie": Cookie, "Set-Cookie": Cookie,
		"": 0, "id": 0, "compass": 0, "bypass": 0, "COMPASS": 0, "tokens": 0, "tokenCount": 0, "passwordless": 0, "key": 0, "primary_key": 0,
		"monkey": 0, "cookies_enabled": 0, "method": 0, "message": 0, "authority": 0, "xpwd": 0,
	} {
		if got := keyKind(name); got != want {
			t.Errorf("keyKind(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestHostileTexts: texts made to be looked at closely everywhere cost time in
// proportion to their length; a square of 1 MiB would not end.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	r := New()
	for _, piece := range []string{
		"-sk-", "sk-", "eyJ", "-eyJ", ".eyJ", "://", "://a:b", "://a:@", "password=", `password="`, "token: ", "Bearer ", "Basic a", "=", ":", "1111 ", "4111 1111 ",
		"-----BEGIN ", "-----BEGIN PRIVATE KEY", "cookie: ", "cookie:", "password=[redacted:", "password='[redacted:", "authorization:", "authorization: digest ", `\"`, "secret:\\\"", "SG.", "xox",
		"@", "a@", "a@a.", "@a.com", "é@é.", "+1", "+40 ", "111-", "111-11-1111 ", "123456789 ", "phone 1234567 ", "a 1234567 ", "DE12", "DE12 1111 ", "--", "--a ", " --password ", " -p", "mysql -p",
		"curl -u ", "<password>", ">password>", "[password]=", "password=[", `password=["`, `password=["",`, "password={", `password:\u0022`, "key: ", "api key: ", "/bot", "/bot12345678:", "Q~", "1Q~",
		"/api/webhooks/", "12345678:", "1800101221144 ", `\\\"password\\\":\\\"`, "cookies.",
	} {
		in := strings.Repeat(piece, 1<<20/len(piece))
		got, _ := r.Text(in)
		if len(got) > 8*len(in) {
			t.Errorf("%q: %d bytes became %d", piece, len(in), len(got))
		}
	}
}
