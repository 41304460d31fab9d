// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func randomText(r *rand.Rand) string {
	return pick(r, "a", "root", "AND", "or", "-x", "/etc/passwd", "a b", `q"q`, `b\s`, `\`, "a*b", "a,b", "it's", "ț", "x:y", "a=b",
		"(", "|", "--", "=", "!", "10.0.0.0/8", "5", "-1.50", "x\n", "\x00", "true", "IN", "now")
}

func randomField(r *rand.Rand) Field {
	return Field(pick(r, "user", "userId", "attrs.pid", "pid", "http.status", "user-agent", "it's", "a b", "IN", "index", "exists", "x*",
		"details.x", "4625", `\`, "z.z.", "ț"))
}

func randomLiteral(r *rand.Rand) Literal {
	l := Literal{pick(r, "", randomText(r))}
	for range r.IntN(3) * r.IntN(2) {
		l = append(l, randomText(r))
	}
	return l
}

// randomExpr makes a condition such as Parse makes: in lists no list of the same kind.
func randomExpr(r *rand.Rand, depth int) Expr {
	list := func() (of []Expr) {
		for range 2 + r.IntN(3) {
			of = append(of, randomExpr(r, depth-1))
		}
		return of
	}
	if depth > 0 {
		switch r.IntN(6) {
		case 0:
			return allOf(list())
		case 1:
			return anyOf(list())
		case 2:
			return noneOf(randomExpr(r, depth-1))
		}
	}
	switch r.IntN(9) {
	case 0:
		return &All{}
	case 1:
		if r.IntN(2) == 0 {
			return &Word{Text: pick(r, "a", "root", "AND", `b\s`, "ț", "5!"), OpenLeft: true, OpenRight: r.IntN(2) == 0}
		}
		return &Word{Text: randomText(r)}
	case 2:
		return &Compare{Field: pick(r, Field("time"), "timestamp", "received"), Op: pick(r, Eq, Ne, Lt, Ge), Value: Plain(pick(r, "-24h", "now", "2026-11-26T01:02:03Z", "-1d@d"))}
	case 3:
		return &Compare{Field: "severity", Op: pick(r, Eq, Ne, Lt, Le, Gt, Ge), Value: Plain(pick(r, "low", "HIGH"))}
	case 4:
		return &In{Field: randomField(r), Values: []Literal{randomLiteral(r), randomLiteral(r)}}
	case 5:
		return &Matches{Field: pick(r, "", randomField(r)), Pattern: pick(r, "a", `a/b\d`, `^(a|b) "c"|d$`, `\\`, `a'b\(`)}
	case 6:
		return &Exists{Field: randomField(r)}
	case 7:
		return &Index{Name: randomLiteral(r), Not: r.IntN(2) == 0}
	default:
		return &Compare{Field: randomField(r), Op: pick(r, Eq, Ne), Value: randomLiteral(r)}
	}
}

// TestCanonicalText: what String writes, Parse reads back to the same.
func TestCanonicalText(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		want := &Hunt{Where: randomExpr(r, 4)}
		got, err := Parse(want.String())
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if diff := cmp.Diff(want, got, sameHunt()); diff != "" {
			t.Fatalf("%s is read as %s:\n%s", want, got, diff)
		}
	}
}

// TestFilterAgrees: what a filter and a hunt can both ask, they answer alike.
func TestFilterAgrees(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	events := make([]*event.Event, 100)
	for i := range events {
		e := eventtest.Random(r)
		e.User = pick(r, e.User, "ana", "Ana.Pop", "", "a b")
		e.IP = pick(r, "198.51.100.7", "2001:db8::1", "", "10.0.0.1")
		e.Blank = e.Blank.Without(event.FieldUser).Without(event.FieldIP)
		events[i] = e
	}
	matched := 0
	for range 1000 {
		f := randomFilter(r)
		plan, err := f.Plan()
		if err != nil {
			t.Fatal(err)
		}
		text := f.Words()
		if f.From != 0 {
			text += " earliest=" + event.FormatTime(f.From)
		}
		if f.To != 0 {
			text += " latest=" + event.FormatTime(f.To)
		}
		h, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, e := range events {
			want, got := plan.Match(e), h.Where.Match(e)
			if want != got {
				t.Fatalf("%s: the filter says %v, the hunt %s says %v of %s", text, want, h, got, e.AppendJSON(nil))
			}
			if want {
				matched++
			}
		}
	}
	if matched < 300 {
		t.Errorf("only %d matches: the test says nothing", matched)
	}
}

func randomFilter(r *rand.Rand) Filter {
	var f Filter
	some := func(of ...string) []string {
		if r.IntN(3) > 0 {
			return nil
		}
		return []string{pick(r, of...), pick(r, of...)}[:1+r.IntN(2)]
	}
	f.Sources = some("access", "Authentication", "a*", "*", "shop")
	f.Categories = some("login", "*failed*", "root", "for")
	f.IPs = some("198.51.100.0/24", "2001:db8::/32", "10.*", "10.0.0.1", "0.0.0.0/0")
	if r.IntN(3) == 0 {
		f.Users = []string{pick(r, "ana", "*", "a b", "ana*", "*a*")}
	}
	if r.IntN(3) == 0 {
		f.MinLevel = event.Severity(r.IntN(5))
	}
	f.Text = strings.Join(some("root", "log*", `"port 22"`, "ș", "*ana*", "198.51.100.7", `"<script>"`, "xx*", `"*"`), " ")
	if r.IntN(3) == 0 {
		f.From = r.Int64N(1 << 60)
	}
	if r.IntN(3) == 0 {
		f.To = f.From + r.Int64N(1<<60)
	}
	return f
}

// FuzzHunt: no text makes the parser panic, and what it reads it can write.
func FuzzHunt(f *testing.F) {
	for _, text := range []string{
		"", "a OR b -c", `user:"a*" severity>=high`, "(a (b))", "x IN (1,2)", "/a/ y=/b/", "index=a earliest=-1d@d", "exists:'x'", "-- c\n*",
		"'a':b", `x="\*"`, "((((", `"`, "a:b,c,\"", "\xff",
		"* | stats count, dc(user) as u by a b | sort -count | head 3", "*|timechart span=1h limit=2 avg(x) by y", "*|top 3 a by b|rare b",
		`*|eval a=if(b>1,"x".c,-round(d,2)), e=strftime(time,"%F") | where a IN ("x") AND NOT (b OR like(c,"%"))`,
		"*|rename a as 'b c'|fields - d|dedup 2 e|tail|table x,'b c'|sort 5 -dc(x)",
	} {
		f.Add(text)
	}
	now := time.Unix(1_800_000_000, 0)
	f.Fuzz(func(t *testing.T, text string) {
		h, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(h.String())
		if err != nil {
			if strings.Contains(err.Error(), "at most") || strings.Contains(err.Error(), "more than") {
				return // canonical text is longer
			}
			t.Fatalf("%q is written as %q: %v", text, h, err)
		}
		if diff := cmp.Diff(h, again, sameHunt()); diff != "" {
			t.Fatalf("%q is read as %q:\n%s", text, h, diff)
		}
		events := []*event.Event{{Time: 3e18, Message: text, User: "a"}, {Time: 2e18, Severity: event.High}, {Time: 1e18, Attrs: []event.Attr{{Key: "a", Value: event.Texts(text, "x")}}}}
		if _, err := runOver(t, h, events, Limits{Rows: 100, Groups: 100, Bytes: 1 << 20, Now: now}); err != nil {
			if _, ok := errors.AsType[*LimitError](err); !ok {
				t.Fatalf("%q: %v", text, err)
			}
		}
	})
}
