// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-siem/tocsin/internal/face/cli"
)

// parquetRows writes what a Parquet file has to rows.txt: what it says of itself, then a
// line for each event, by a reader that knows the columns' names only.
func parquetRows(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: parquetrows FILE")
	}
	in, err := os.Open(ts.MkAbs(args[0]))
	ts.Check(err)
	defer in.Close()
	info, err := in.Stat()
	ts.Check(err)
	f, err := parquet.OpenFile(in, info.Size())
	ts.Check(err)
	var out strings.Builder
	for _, kv := range f.Metadata().KeyValueMetadata {
		out.WriteString(kv.Key + "=" + kv.Value + "\n")
	}
	type line struct {
		Time     int64              `parquet:"time"`
		Severity string             `parquet:"severity"`
		User     *string            `parquet:"user,optional" json:",omitempty"`
		Message  *string            `parquet:"message,optional" json:",omitempty"`
		Attrs    map[string]*string `parquet:"attrs,optional" parquet-value:",optional" json:",omitempty"`
		Erased   []string           `parquet:"erased,optional,list" json:",omitempty"`
		Seq      int64              `parquet:"seq"`
	}
	rows, err := parquet.Read[line](in, info.Size())
	ts.Check(err)
	for _, r := range rows {
		raw, err := json.Marshal(r)
		ts.Check(err)
		out.WriteString(string(raw) + "\n")
	}
	ts.Check(os.WriteFile(ts.MkAbs("rows.txt"), []byte(out.String()), 0o600))
}

// TestBrokenParquet: nothing is left of a file that did not come whole, was called off, or
// is none.
func TestBrokenParquet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, cancel context.CancelFunc)
		want   string
	}{
		"no trailers": {func(w http.ResponseWriter, _ *http.Request, _ context.CancelFunc) {
			_, _ = io.WriteString(w, "PAR1 PAR1")
		}, "does not say how many"},
		"cut": {func(w http.ResponseWriter, _ *http.Request, _ context.CancelFunc) {
			_, _ = io.WriteString(w, "PAR1")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "the transfer broke off: unexpected EOF"},
		"something else": {func(w http.ResponseWriter, _ *http.Request, _ context.CancelFunc) {
			_, _ = io.WriteString(w, "<html>")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"Tocsin-Rows", "0")
		}, "no Parquet file"},
		"called off": {func(w http.ResponseWriter, r *http.Request, cancel context.CancelFunc) {
			_, _ = io.WriteString(w, "PAR1")
			_ = http.NewResponseController(w).Flush()
			cancel()
			<-r.Context().Done()
		}, "context canceled"},
		"whole": {func(w http.ResponseWriter, _ *http.Request, _ context.CancelFunc) {
			_, _ = io.WriteString(w, "PAR1 PAR1")
			_ = http.NewResponseController(w).Flush()
			w.Header().Set(http.TrailerPrefix+"Tocsin-Rows", "7")
			w.Header().Set(http.TrailerPrefix+"Tocsin-Next", "c")
			w.Header().Set(http.TrailerPrefix+"Tocsin-Incomplete", "2")
		}, "these are the newest 7; more events match"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { c.answer(w, r, cancel) }))
			defer srv.Close()
			dir := t.TempDir()
			var out, errs strings.Builder
			code := cli.Run(ctx, cli.Env{
				Args:   []string{"export", "--parquet", filepath.Join(dir, "x.parquet"), "--url", srv.URL},
				Stdout: &out, Stderr: &errs, Lookup: func(string) (string, bool) { return "", false },
			})
			left, err := os.ReadDir(dir)
			if whole := name == "whole"; err != nil || (code == 0) != whole || (len(left) == 1) != whole || !strings.Contains(errs.String(), c.want) {
				t.Errorf("exit %d, %v in the folder, %q %q %v", code, left, out.String(), errs.String(), err)
			}
		})
	}
}
