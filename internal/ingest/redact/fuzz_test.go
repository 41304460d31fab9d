// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// people are texts with personal data, and some that look a little like it.
func people() []string {
	return []string{
		"ana@example.com, josé@bücher.example and a@b", "+40 722 123 456 or +1 (415) 555-2671", "phone: 0722 123 456", "RO49 AAAA 1B31 0075 9384 0000 / DE89370400440532013000",
		"ssn 536-22-8726 536228726", "cnp 1800101221144 at 1800101221144", "mysql -pSECRET; sshpass -p x; curl -u a:b", "--password x --token \"y\"",
		`{\\\"password\\\":\\\"a b\\\"} {"cookies":["a=b","c"]}`, "<password>x</password> user[password]=x", "https://hooks.slack.com/services/T0/B0/abcdef0123456789",
		"[email:0011223344556677] [redacted:email]@x.com", "cnp]1800101221144", "4111 1111 1111 1111@x.com 536-22-8726-4111111111111111",
	}
}

// policies are Redactors that mask, name and drop everything about people.
func policies(f *testing.F) map[string]*redact.Redactor {
	f.Helper()
	all := map[string]*redact.Redactor{"default": redact.New()}
	for _, action := range []string{"mask", "token", "drop", "keep"} {
		p := redact.DefaultPolicy()
		for _, kind := range []string{"card", "iban", "ssn", "cnp", "email", "phone"} {
			if err := p.Set(kind, action); err != nil {
				f.Fatal(err)
			}
		}
		r, err := redact.Open(redact.Options{Default: p, Key: bytes.Repeat([]byte{1}, redact.KeyBytes)})
		if err != nil {
			f.Fatal(err)
		}
		all[action] = r
	}
	return all
}

// FuzzText: whatever the policy, masking is idempotent, does not grow a text without
// bound, and leaves what it does not take as it is.
func FuzzText(f *testing.F) {
	all := policies(f)
	for _, s := range append(append(clean(), planted()...), people()...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, r := range all {
			got, found := r.Text(s)
			if (got == s) != (found == 0) {
				t.Fatalf("%s: Text(%q) = %q, found %b", name, s, got, found)
			}
			if len(got) > 8*len(s)+64 {
				t.Fatalf("%s: %d bytes became %d", name, len(s), len(got))
			}
			if again, _ := r.Text(got); again != got {
				t.Fatalf("%s: not idempotent: %q, %q, %q", name, s, got, again)
			}
			if name == "default" || name == "mask" {
				surroundings(t, s, got)
			}
		}
	})
}

// surroundings fails unless what stands between the tokens stands in the text in
// the same order.
func surroundings(t *testing.T, s, got string) {
	t.Helper()
	if strings.Contains(s, "[redacted:") {
		return
	}
	rest := s
	for n, piece := range strings.Split(got, "[redacted:") {
		if n > 0 {
			_, piece, _ = strings.Cut(piece, "]")
		}
		i := strings.Index(rest, piece)
		if i < 0 {
			t.Fatalf("%q is not in %q, of %q", piece, rest, s)
		}
		rest = rest[i+len(piece):]
	}
}
