// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// freePort sets a variable to an address of this host on which nobody listens.
func freePort(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: freeport VARIABLE")
	}
	var lc net.ListenConfig
	l, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], l.Addr().String())
	ts.Check(l.Close())
}

// term tells what runs in the background to end, as those who stop services do.
func term(ts *testscript.TestScript, _ bool, _ []string) {
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// post sends a file, or asks with GET for `-`, and wants a status; the answer's body
// is in answer.txt. TOCSIN_TOKEN goes along. It waits until somebody listens: `post 200 URL FILE`.
func post(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: post STATUS URL FILE|-")
	}
	method, body := http.MethodGet, []byte(nil)
	if args[2] != "-" {
		method = http.MethodPost
		var err error
		body, err = os.ReadFile(ts.MkAbs(args[2]))
		ts.Check(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, method, args[1], bytes.NewReader(body))
		ts.Check(err)
		if token := ts.Getenv("TOCSIN_TOKEN"); token != "" {
			req.Header.Set("Authorization", "Bearer "+token)
			if kind := map[string]string{".ndjson": "application/x-ndjson", ".json": "application/json"}[filepath.Ext(args[2])]; kind != "" {
				req.Header.Set("Content-Type", kind)
			}
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			if ctx.Err() != nil {
				ts.Fatalf("post: %v", err)
			}
			time.Sleep(5 * time.Millisecond)
			continue
		}
		answer, err := io.ReadAll(res.Body)
		ts.Check(err)
		ts.Check(res.Body.Close())
		ts.Check(os.WriteFile(ts.MkAbs("answer.txt"), answer, 0o600))
		if got := strconv.Itoa(res.StatusCode); got != args[0] {
			ts.Fatalf("status %s, want %s: %s", got, args[0], answer)
		}
		return
	}
}
