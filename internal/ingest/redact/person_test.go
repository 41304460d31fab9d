// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/ingest/redact"
)

// masking is a Redactor that masks every kind.
func masking(t *testing.T) *redact.Redactor {
	t.Helper()
	p := redact.DefaultPolicy()
	for _, kind := range []string{"email", "phone"} {
		if err := p.Set(kind, "mask"); err != nil {
			t.Fatal(err)
		}
	}
	r, err := redact.Open(redact.Options{Default: p})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// each tries a list of texts with every kind masked; «x» stands for the token of x.
func each(t *testing.T, cases [][2]string) {
	t.Helper()
	r := masking(t)
	short := strings.NewReplacer("«", "[redacted:", "»", "]")
	for _, c := range cases {
		want := short.Replace(c[1])
		got, changed := r.Text(c[0])
		if got != want || (changed != 0) != (want != c[0]) {
			t.Errorf("%q\n got %q\nwant %q", c[0], got, want)
		}
		if again, more := r.Text(got); again != got || more != 0 {
			t.Errorf("not idempotent: %q, then %q", got, again)
		}
	}
}

func same(texts ...string) (cases [][2]string) {
	for _, s := range texts {
		cases = append(cases, [2]string{s, s})
	}
	return cases
}

// TestIBAN: the registry's own examples, in one piece, in groups, small.
func TestIBAN(t *testing.T) {
	t.Parallel()
	for _, iban := range []string{
		"RO49AAAA1B31007593840000", "DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606", "NL91ABNA0417164300",
		"NO9386011117947", "MT84MALT011000012345MTLCAST001S", "CH9300762011623852957", "ES9121000418450200051332", "LC55HEMM000100010012001200023015",
	} {
		var groups []string
		for i := 0; i < len(iban); i += 4 {
			groups = append(groups, iban[i:min(i+4, len(iban))])
		}
		for _, form := range []string{iban, strings.Join(groups, " "), strings.ToLower(iban)} {
			for _, around := range []string{"%", "to % now", "iban=%;", `{"iban":"%"}`, "(%)", "%.", "%\n"} {
				each(t, [][2]string{{strings.ReplaceAll(around, "%", form), strings.ReplaceAll(around, "%", "«iban»")}})
			}
		}
		wrong := iban[:len(iban)-1] + string('0'+(iban[len(iban)-1]-'0'+1)%10)
		if iban[len(iban)-1] <= '9' {
			each(t, same("pay "+wrong, "x"+iban, iban+"x", iban+"0", iban[:len(iban)-1]))
		}
	}
	each(t, same("RO49 AAAA1B31007593840000", "RO49AAAA 1B31 0075 9384 0000", "RO49AAAA1b31007593840000", "XX49AAAA1B31007593840000", "RO4", "RO49", "ROXXAAAA1B31007593840000"))
}

func TestCNP(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		{"cnp 1800101221144", "cnp «cnp»"},
		{"CNP: 1800101221144", "CNP: «cnp»"},
		{"cod numeric personal 1800101221144.", "cod numeric personal «cnp»."},
		{`{"cnp":"2990228410019"}`, `{"cnp":"«cnp»"}`},
		{"client 2990228410019 bought", "client «cnp» bought"},
		{"client 1800101221144 bought", "client «cnp» bought"},
		{"5000229080019 is new", "«cnp» is new"},
		{"user=1800101221144", "user=«cnp»"},
	})
	each(t, same(
		"cnp 1800101221145",    // check digit
		"client 2991328410013", // month
		"cnp 2990229410011",    // 1999 was no leap year
		"client 18001012211441", "client 180010122114", "x2990228410019", "0.2990228410019", "a-2990228410019",
		"1800101221144 INFO started", // a moment: a line begins with it
		"ts=1800101221144", "created_at: 1800101221144", `"requestId":"1800101221144"`, "time 1800101221144", "@1800101221144", "[1800101221144]", "ms=1800101221144",
		"id 1800101221144",
	))
}

func TestSSN(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		{"ssn 536-22-8726", "ssn «ssn»"},
		{"it was 536-22-8726.", "it was «ssn»."},
		{`{"ssn":"536228726"}`, `{"ssn":"«ssn»"}`},
		{"SSN: 536228726", "SSN: «ssn»"},
		{"my social security number is 536 22 8726", "my social security number is «ssn»"},
		{"user_ssn=536228726&x=1", "user_ssn=«ssn»&x=1"},
	})
	each(t, same("000-22-8726", "666-22-8726", "936-22-8726", "536-00-8726", "536-22-0000", "536-22-87261", "1536-22-8726", "a-536-22-8726", "536-22-8726-1",
		"536 22 8726", "536228726", "session 536228726", "security event 536228726", "536-228-726"))
}

func TestPhone(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		{"call +40722123456 now", "call «phone» now"},
		{"+49 30 1234 5678", "«phone»"},
		{"+1 (415) 555-2671.", "«phone»."},
		{"+1-415-555-2671,", "«phone»,"},
		{"+44 (0)20 7946 0958", "«phone»"},
		{"phone: 0722 123 456", "phone: «phone»"},
		{"Phone number is 0722123456", "Phone number is «phone»"},
		{"tel (415) 555-2671", "tel «phone»"},
		{"tel. 021.123.45.67", "tel. 021.123.45.67"}, // a number with an area code behind a point is left
		{`{"phone":"0722123456"}`, `{"phone":"«phone»"}`},
		{`"mobileNumber":"415-555-2671"`, `"mobileNumber":"«phone»"`},
		{"user_phone=0722.123.456&x", "user_phone=«phone»&x"},
	})
	each(t, same("+1", "+12345678", "+0200", "+1 015 555 2671", "x+40722123456", "++40722123456", "+10000000000", "10:00+02:00", "0722123456", "0722 123 456",
		"phone 2026", "phone system 0722123456", "microphones 123 456", "2026-11-22 10:00:00", "(415) 555-2671", "port 42393 ssh2", "+999999999999999999", "+210 1"))
}

func TestEmail(t *testing.T) {
	t.Parallel()
	each(t, [][2]string{
		{"mail ana.pop@example.com now", "mail «email» now"},
		{"<ana@example.com>", "<«email»>"},
		{"mailto:ana+x@mail.example.co.uk?subject=a", "mailto:«email»?subject=a"},
		{"josé@example.com", "«email»"},
		{"ana@bücher.example", "«email»"},
		{"(ana@example.com).", "(«email»)."},
		{"user=ana@example.com,ok", "user=«email»,ok"},
		{".ana@example.com", ".«email»"},
		{"ana@xn--bcher-kva.xn--p1ai", "«email»"},
	})
	each(t, same("ana@localhost", "@example.com", "ana@.com", "ana@example..com", "icon@2x.png", "lodash@4.17.21", "user@1000.service", "ana@example.c", "a@b@example.com@",
		"ana.@example.com", "x@y_z.com"))
}

// TestFlags: what is kept tells of itself by the flags alone.
func TestFlags(t *testing.T) {
	t.Parallel()
	keep := redact.DefaultPolicy()
	for _, kind := range []string{"card", "iban", "ssn", "cnp"} {
		if err := keep.Set(kind, "keep"); err != nil {
			t.Fatal(err)
		}
	}
	keeping, err := redact.Open(redact.Options{Default: keep})
	if err != nil {
		t.Fatal(err)
	}
	f := func(r *redact.Redactor, text string, gdpr, pci event.Flag, marks int) {
		t.Helper()
		e := &event.Event{Message: text}
		r.Event(e)
		if e.Compliance.GDPR != gdpr || e.Compliance.PCI != pci || len(e.Marks) != marks || (marks == 0) != (e.Message == text) {
			t.Errorf("%q: %+v, marks %+v, message %q", text, e.Compliance, e.Marks, e.Message)
		}
	}
	yes, no := event.FlagTrue, event.FlagAbsent
	f(redact.New(), "nothing", no, no, 0)
	f(redact.New(), "ana@example.com", yes, no, 0)
	f(redact.New(), "+40722123456", yes, no, 0)
	f(redact.New(), "RO49AAAA1B31007593840000", yes, no, 1)
	f(redact.New(), "536-22-8726", yes, no, 1)
	f(redact.New(), "cnp 1800101221144", yes, no, 1)
	f(redact.New(), "4111111111111111", no, yes, 1)
	f(keeping, "RO49AAAA1B31007593840000", yes, no, 0)
	f(keeping, "536-22-8726", yes, no, 0)
	f(keeping, "cnp 1800101221144", yes, no, 0)
	f(keeping, "4111111111111111", no, yes, 0)
	f(keeping, "4111111111111111 password=hunter2 4111111111111111", no, yes, 1)
}
