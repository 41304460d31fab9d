// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/core/event"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func TestReadPage(t *testing.T) {
	t.Parallel()
	f := func(body, events, next string, wantErr string) {
		t.Helper()
		var got []string
		at, err := readPage(strings.NewReader(body), func(native []byte) error {
			got = append(got, string(native))
			return nil
		})
		if strings.Join(got, " ") != events || at != next || (err == nil) != (wantErr == "") || err != nil && !strings.Contains(err.Error(), wantErr) {
			t.Errorf("%.100s: %.100q %q %v", body, got, at, err)
		}
	}
	f(`{"items":[{"a":1},{"b":[2]}],"next":"n","total":null}`, `{"a":1} {"b":[2]}`, "n", "")
	f(`{"total":{"x":[1]},"next":null,"items":[]}`, "", "", "")
	f(`{"items":[{"a":1},`, `{"a":1}`, "", "EOF")
	f(`{"items":[{"a":1}]`, `{"a":1}`, "", "EOF")
	f(`{"items":null}`, "", "", "where [ belongs")
	f(`[]`, "", "", "where { belongs")
	f(``, "", "", "EOF")
	f(`{"next":5}`, "", "", "cannot unmarshal number")
	f(`{"items":["`+strings.Repeat("x", maxAnswer+1<<20)+`"]}`, "", "", "more than 16777216 bytes")
	stop := errors.New("enough")
	if _, err := readPage(strings.NewReader(`{"items":[{}]}`), func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`{"items":[{"a":1},{}],"next":"n","total":1}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		columns := newRows(&Env{bare: io.Discard, Lookup: func(string) (string, bool) { return "", false }}, "table", nil)
		_, _ = readPage(bytes.NewReader(body), columns.event)
	})
}

// A server's pages are followed up to the limit, and one that gives more is not
// believed.
func TestListFollowsPages(t *testing.T) {
	t.Parallel()
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("cursor")+"/"+q.Get("limit")+"/"+q.Get("user_id"))
		w.Header().Set("Tocsin-Incomplete", "3")
		switch q.Get("cursor") {
		case "":
			_, _ = fmt.Fprint(w, `{"items":[`+strings.Repeat(`{},`, 999)+`{}],"next":"c1"}`)
		default:
			_, _ = fmt.Fprint(w, `{"items":[{},{}],"next":"c2"}`)
		}
	}))
	defer srv.Close()
	o := &origin{URL: srv.URL}
	found, err := o.list(t.Context(), &query.Filter{Users: []string{"ana"}}, 1002, func([]byte) error { return nil })
	if err != nil || found.Rows != 1002 || !found.More || found.Incomplete != 3 || strings.Join(asked, " ") != "/1000/ana c1/2/ana" {
		t.Errorf("%+v %v, asked %q", found, err, asked)
	}
	if _, err := o.list(t.Context(), &query.Filter{}, 5, func([]byte) error { return nil }); err == nil {
		t.Error("a server that gives more than it was asked for")
	}
}

// A table has bounded cells, none of which acts, and colours on a terminal only.
func TestTable(t *testing.T) {
	t.Parallel()
	e := &event.Event{Time: 1_790_000_000e9, Severity: event.Critical, Source: "șșșșșșșșșșșșșșșșșșșș", User: "a\x1b[31m\u202eb", Message: strings.Repeat("m", 500) + "\n"}
	plain, err := table{}.row(nil, e.AppendJSON(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := "2026-09-21T14:13:20Z            critical  " + strings.Repeat("ș", 15) + "…  " + strings.Repeat(" ", 22) + `a\u001b[31m\u202eb` + "    " + strings.Repeat(" ", 17) + strings.Repeat("m", 119) + "…\n"
	if string(plain) != want {
		t.Errorf("\n got %q\nwant %q", plain, want)
	}
	painted, err := table{colour: true}.row(nil, e.AppendJSON(nil))
	if err != nil || string(painted) != "\x1b[1;31m"+strings.Replace(want, "critical", "critical\x1b[0m", 1) {
		t.Errorf("%q %v", painted, err)
	}
	if _, err := (table{}).row(nil, []byte("[]")); err == nil {
		t.Error("a list is no event")
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	device, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = device.Close() }()
	f := func(name string, out io.Writer, variable, value string, want bool) {
		t.Helper()
		env := &Env{bare: out, Lookup: func(n string) (string, bool) { return value, n == variable }}
		if env.coloured() != want {
			t.Errorf("%s: want %v", name, want)
		}
	}
	f("a buffer", &bytes.Buffer{}, "", "", false)
	f("a file", file, "", "", false)
	f("a device", device, "", "", true)
	f("NO_COLOR", device, "NO_COLOR", "1", false)
	f("empty NO_COLOR", device, "NO_COLOR", "", true)
	f("dumb", device, "TERM", "dumb", false)
}
