// SPDX-License-Identifier: Apache-2.0

package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/ingest/normalize"
)

const (
	trail = `{"eventVersion":"1.08","eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventID":"e%d","userIdentity":{"userName":"ana"}}`
	audit = `{"auditID":"a%d","stage":"ResponseComplete","verb":"get","user":{"username":"ana"},"objectRef":{"resource":"secrets"},"responseStatus":{"code":403}}`
)

// TestBundles: an object that holds records of a product becomes one event a record.
func TestBundles(t *testing.T) {
	t.Parallel()
	two := func(record string) string { return fmt.Sprintf(record, 1) + " , " + fmt.Sprintf(record, 2) }
	for _, c := range []struct {
		name, format, in string
		events           int
		want             string // in each of them
	}{
		{"a file of CloudTrail", "json", `{"Records":[` + two(trail) + `]}`, 2, `"category":"account_created"`},
		{"by the format's name", "cloudtrail", ` { "Records" : [ ` + two(trail) + ` ] } `, 2, `"category":"account_created"`},
		{"a list of Kubernetes", "auto", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + two(audit) + `]}`, 2, `"envelope.kind":"EventList"`},
		{"what else it says", "json", `{"value":[` + two(trail) + `],"@odata.count":2,"m":{"a":1}}`, 2, `"envelope.@odata.count":2,"envelope.m":"{\"a\":1}"`},
		{"behind a header of syslog it is one", "syslog", `<14>Nov 22 10:00:00 h p: {"Records":[` + two(trail) + `]}`, 1, `"Records`},
		{"of nobody's records", "json", `{"items":[{"a":1},{"b":2}],"user":"ana"}`, 1, `"items":["{\"a\":1}","{\"b\":2}"]`},
		{"of some", "json", `{"items":[` + fmt.Sprintf(trail, 1) + `,{"b":2}],"user":"ana"}`, 1, `"user":"ana","attrs":{"items":[`},
		{"with something between", "json", `{"items":[` + fmt.Sprintf(trail, 1) + `,3]}`, 1, `"items":[`},
		{"with nothing in it", "json", `{"items":[],"user":"ana"}`, 1, `"items":[]`},
		{"not a list", "json", `{"items":{"a":1},"value":3}`, 1, `"items.a":1,"value":3`},
		{"a name that is taken", "json", `{"items":[{"eventVersion":"1","eventSource":"a","eventName":"b","envelope":{"x":1}}],"x":2}`, 1, `"items":["{`},
		{"too many", "json", `{"Records":[` + strings.Repeat(fmt.Sprintf(trail, 1)+",", 2048) + fmt.Sprintf(trail, 2) + `]}`, 1, `"Records":[`},
		{"of another format", "okta", `{"Records":[{"a":1}]}`, 1, `not okta`},
		{"a long text beside them", "json", `{"items":[` + fmt.Sprintf(trail, 1) + `],"note":"` + strings.Repeat("x", 5000) + `"}`, 1, `"items":["{`},
		{"too much beside them", "json", `{"items":[` + fmt.Sprintf(trail, 1) + `]` + `,"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,"l":1,"m":1,"n":1,"o":1,"p":1,"q":1` + `}`, 1, `"items":["{`},
	} {
		f, _ := normalize.Lookup(c.format)
		events, err := f.Normalize([]byte(c.in), &normalize.Hint{Received: received}, nil)
		if err != nil || len(events) != c.events {
			t.Errorf("%s: %d events, %v; want %d", c.name, len(events), err, c.events)
			continue
		}
		for _, e := range events {
			if got := native(e); !strings.Contains(got, c.want) {
				t.Errorf("%s: %.600s has no %s", c.name, got, c.want)
			}
			if len(c.in) < 10_000 {
				check(t, e)
			}
		}
	}
}

// TestBundlesKeepTheBatch: what was read before stays, and a list that is refused
// halfway leaves nothing behind.
func TestBundlesKeepTheBatch(t *testing.T) {
	t.Parallel()
	f, _ := normalize.Lookup("json")
	h := &normalize.Hint{Received: received}
	out, err := f.Normalize([]byte(`{"user":"first"}`), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{`{"Records":[` + fmt.Sprintf(trail, 1) + `,` + fmt.Sprintf(trail, 2) + `]}`, `{"Records":[` + fmt.Sprintf(trail, 3) + `,{}]}`, `{"user":"last"}`} {
		if out, err = f.Normalize([]byte(in), h, out); err != nil {
			t.Fatal(err)
		}
	}
	var ids []string
	for _, e := range out {
		ids = append(ids, e.User+e.OriginID)
	}
	if got := strings.Join(ids, " "); got != "first anae1 anae2  last" {
		t.Errorf("got %q", got)
	}
}
