// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math/rand/v2"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/core/event/eventtest"
)

// TestWhereAgrees: a comparison means the same in the condition and in where.
func TestWhereAgrees(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(13, 14))
	events := make([]*event.Event, 60)
	for i := range events {
		e := eventtest.Random(r)
		e.Time = 1_795_000_000e9 - int64(i)*1e9
		e.User = pick(r, "ana", "Bob", e.User)
		e.SetAttr("n", pick(r, event.Int(5), event.Number("5.0"), event.Text("7"), event.Null(), event.List(event.Int(1), event.Int(9)), event.Bool(true)))
		events[i] = e
	}
	kept := 0
	f := func(condition, where string) {
		t.Helper()
		counts := [2]string{}
		for i, text := range []string{condition + " | stats count", "* | where " + where + " | stats count"} {
			counts[i] = firstCell(t, text, events).String()
		}
		if counts[0] != counts[1] {
			t.Errorf("%s finds %s, where %s keeps %s", condition, counts[0], where, counts[1])
		}
		if counts[0] != "0" {
			kept++
		}
	}
	n := 0
	for _, op := range []string{"=", "!=", "<", "<=", ">", ">="} {
		for _, not := range []string{"", "NOT "} {
			f(not+"n"+op+"5", not+"n"+op+"5")
			f(not+"n"+op+"8.5", not+"n"+op+"8.50")
			f(not+"severity"+op+"medium", not+`severity`+op+`"medium"`)
			f(not+"time"+op+"2026-11-18T17:06:10Z", not+`time`+op+`"2026-11-18T17:06:10Z"`)
			f(not+"seq"+op+"500000000000", not+"seq"+op+"500000000000")
			n += 5
		}
	}
	for _, op := range []string{"=", "!="} {
		f("user"+op+"ANA", `user`+op+`"ana"`)
		f("NOT user"+op+"ANA", `NOT user`+op+`"ana"`)
		f("n"+op+"true", "n"+op+"true()")
		n += 3
	}
	f("user IN (ana, bob)", `user IN ("ana", "bob")`)
	f("message=/o+/", `match(message, "o+")`)
	f("ip=198.51.100.0/24", `cidrmatch("198.51.100.0/24", ip)`)
	f("user=*a", `like(user, "%a")`)
	if n += 4; kept < n*2/3 {
		t.Errorf("only %d of %d find anything", kept, n)
	}
}
