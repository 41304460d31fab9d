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
	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/record/query"
)

func TestReadPage(t *testing.T) {
	t.Parallel()
	f := func(body, events, next string, wantErr string) {
		t.Helper()
		var got []string
		at, err := readPage(strings.NewReader(body), "items", func(native []byte) error {
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
	if _, err := readPage(strings.NewReader(`{"items":[{}]}`), "items", func([]byte) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("%v", err)
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`{"items":[{"a":1},{}],"next":"n","total":1}`))
	f.Fuzz(func(_ *testing.T, body []byte) {
		columns := newRows(&Env{bare: io.Discard, Lookup: func(string) (string, bool) { return "", false }}, "table", nil)
		_, _ = readPage(bytes.NewReader(body), "items", columns.event)
	})
}

// A server's pages are followed up to the limit, and one that gives more is not
// believed.
func TestHuntFollowsPages(t *testing.T) {
	t.Parallel()
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		asked = append(asked, q.Get("cursor")+"/"+q.Get("limit")+"/"+q.Get("q")+"/"+q.Get("from"))
		w.Header().Set("Tocsin-Incomplete", "3")
		switch q.Get("cursor") {
		case "":
			_, _ = fmt.Fprint(w, `{"columns":[],"rows":[[1]],"events":[`+strings.Repeat(`{},`, 999)+`{}],"next":"c1"}`)
		default:
			_, _ = fmt.Fprint(w, `{"events":[{},{}],"next":"c2"}`)
		}
	}))
	defer srv.Close()
	o := &origin{URL: srv.URL}
	hunt := func(limit int) (app.Found, error) {
		h, err := query.Parse("user=ana")
		if err != nil {
			t.Fatal(err)
		}
		env := &Env{bare: io.Discard, Stdout: io.Discard, Lookup: func(string) (string, bool) { return "", false }}
		return o.hunt(t.Context(), &app.SearchOptions{Hunt: h, From: 1e9, Limit: limit}, &foundRows{events: newRows(env, "json", nil)})
	}
	const at = "/1970-01-01T00:00:01Z"
	found, err := hunt(1002)
	if err != nil || found.Rows != 1002 || !found.More || found.Incomplete != 3 || strings.Join(asked, " ") != "/1000/user=ana"+at+" c1/2/user=ana"+at {
		t.Errorf("%+v %v, asked %q", found, err, asked)
	}
	if _, err := hunt(5); err == nil {
		t.Error("a server that gives more than it was asked for")
	}
}

// A table of a hunt in its three forms, out of a folder and from a server.
func TestMadeTable(t *testing.T) {
	t.Parallel()
	table := &query.Table{
		Columns: []query.TableColumn{{Name: "user\x1b", Type: query.TypeText}, {Name: "count", Type: query.TypeNumber}, {Name: "x", Type: query.TypeAny}},
		Rows: []query.TableRow{
			{Cells: []query.Cell{{Kind: query.CellText, Text: "=cmd()\n"}, {Kind: query.CellNumber, Text: "12"}, {}}},
			{Cells: []query.Cell{{Kind: query.CellText, Text: strings.Repeat("ș", 70)}, {Kind: query.CellNumber, Text: "5"}, {Kind: query.CellList, List: []query.Cell{{Kind: query.CellBool, Int: 1}}}}},
		},
	}
	for format, want := range map[string]string{
		"json": `{"user\u001b":"=cmd()\n","count":12,"x":null}` + "\n" + `{"user\u001b":"` + strings.Repeat("ș", 70) + `","count":5,"x":[true]}` + "\n",
		"csv":  `"user\u001b","count","x"` + "\r\n" + `"'=cmd()\n",12,` + "\r\n" + `"` + strings.Repeat("ș", 70) + `",5,"[true]"` + "\r\n",
		"table": "USER\\U001B" + strings.Repeat(" ", 52) + "COUNT  X\n" + `=cmd()\n` + strings.Repeat(" ", 57) + "12\n" +
			strings.Repeat("ș", 59) + "…      5  [true]\n",
	} {
		var out bytes.Buffer
		env := &Env{bare: &out, Stdout: &out, Lookup: func(string) (string, bool) { return "", false }}
		if err := (&foundRows{env: env, format: format}).end(table, true, nil); err != nil || out.String() != want {
			t.Errorf("%s: %v\n got %q\nwant %q", format, err, out.String(), want)
		}
	}
	for name, answer := range map[string]string{
		"short row": `{"columns":[{"name":"a","type":"any"}],"rows":[[]]}`, "no JSON": `{"columns":`, "damaged text": `{"columns":[{"name":"a"}],"rows":[["\ud800`,
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) }))
		h, err := query.Parse("* | stats count")
		if err != nil {
			t.Fatal(err)
		}
		out := &foundRows{env: &Env{bare: io.Discard, Stdout: io.Discard, Lookup: func(string) (string, bool) { return "", false }}, format: "table"}
		_, err = (&origin{URL: srv.URL}).hunt(t.Context(), &app.SearchOptions{Hunt: h, Limit: 5}, out)
		if err = out.end(nil, true, err); err == nil {
			t.Errorf("%s is printed", name)
		}
		srv.Close()
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
