// SPDX-License-Identifier: Apache-2.0

package normalize

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/core/event"
)

// TestJoinAttrs: nothing of a record or of the object around it is lost, whichever names
// they share.
func TestJoinAttrs(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", event.MaxKeyBytes)
	for _, c := range []struct {
		inner, outer, firm, want string
		own                      bool
	}{
		{"a=1", "b=2", "", "a=1 b=2", false},
		{"a=1", "a=2", "", "a=1 envelope.a=2", false},
		{"a=1 envelope.a=2", "a=3", "", "a=1 envelope.a=2 envelope.envelope.a=3", false},
		{"a=1", "a=2 envelope.a=3", "", "a=1 envelope.a=3 envelope.envelope.a=2", false},
		{"", "level=x", "", "level=x", false},
		{"", "level=x", "", "envelope.level=x", true},
		{"k.a=1 z=1", "k.a=2 z=2", "k.", "envelope.z=2 k.a=2 record.k.a=1 z=1", false},
		{"k.a=1", "k.a=1", "k.", "k.a=1", false},
		{long + "=1", long + "=2", "", long + "=1", false}, // there is no room for a longer name
	} {
		var got []string
		for _, a := range joinAttrs(pairs(c.inner), pairs(c.outer), c.firm, c.own) {
			got = append(got, a.Key+"="+a.Value.Text)
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%.40s and %.40s: %s", c.inner, c.outer, diff)
		}
	}
}

func pairs(s string) (attrs []event.Attr) {
	for f := range strings.FieldsSeq(s) {
		key, value, _ := strings.Cut(f, "=")
		attrs = append(attrs, event.Attr{Key: key, Value: event.Text(value)})
	}
	return attrs
}

// TestInnerDepth: a record is read maxInner deep, and what lies deeper stays its text.
func TestInnerDepth(t *testing.T) {
	t.Parallel()
	record := "Dec 10 06:55:48 web-1 sshd[1]: Failed password for root from 203.0.113.44 port 1 ssh2"
	for depth := 1; depth <= maxInner+2; depth++ {
		record = fmt.Sprintf(`{"log":%q,"stream":"stdout"}`, record)
		events, err := normalizeJSON([]byte(record), &Hint{Received: benchReceived}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := "login_failed"
		if depth > maxInner {
			want = categoryLine
		}
		if got := events[0].Category; got != want {
			t.Errorf("%d deep: %s, want %s", depth, got, want)
		}
	}
}

// TestInnerShareNothing: the events of one batch keep their own attributes, and the
// severity that one record states is none of the next one's.
func TestInnerShareNothing(t *testing.T) {
	t.Parallel()
	h := &Hint{}
	var events []*event.Event
	for i := range 300 {
		inner := fmt.Sprintf(`{\"n\":%d}`, i)
		if i%2 == 0 {
			inner = fmt.Sprintf(`{\"n\":%d,\"level\":\"fatal\"}`, i)
		}
		var err error
		events, err = normalizeJSON(fmt.Appendf(nil, `{"log":"%s","stream":"stderr","level":"warning","m":%d}`, inner, i), h, events)
		if err != nil {
			t.Fatal(err)
		}
	}
	for i, e := range events {
		e.SetAttr("zz", event.Int(int64(i))) // must not reach into a neighbour
	}
	for i, e := range events {
		n, _ := e.Attr("n")
		m, _ := e.Attr("m")
		z, _ := e.Attr("zz")
		if want := strconv.Itoa(i); n.Text != want || m.Text != want || z.Text != want {
			t.Fatalf("event %d has %s, %s, %s", i, n.Text, m.Text, z.Text)
		}
		want := event.Low
		if i%2 == 0 {
			want = event.High
		}
		if e.Severity != want {
			t.Fatalf("event %d is %s, want %s", i, e.Severity, want)
		}
	}
}

// TestHugeConversations: an event with more texts than can be compared loses them all, in
// time that does not grow with the square of its size.
func TestHugeConversations(t *testing.T) {
	t.Parallel()
	secret := strings.Repeat("a", 40_000)
	var b strings.Builder
	fmt.Fprintf(&b, `{"gen_ai.prompt":%q,"gen_ai.request.model":"m"`, secret)
	for i := range 4000 {
		fmt.Fprintf(&b, `,"k%d":"aaaaaaaa%d"`, i, i)
	}
	b.WriteString(`}`)
	events, err := normalizeJSON([]byte(b.String()), &Hint{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if all := string(events[0].AppendJSON(nil)); strings.Contains(all, "aaaaaaaa") {
		t.Errorf("a quotation is left: %.200s", all)
	}
	mustValidate(t, events)
}
