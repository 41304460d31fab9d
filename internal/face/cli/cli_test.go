// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-siem/tocsin/internal/face/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": func() {
		os.Exit(cli.Run(context.Background(), cli.Env{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Version: "v0.0.0-test",
		}))
	}})
}

// TestScripts runs testdata/script/*.txtar: what people type and what they see.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:  "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": server, "token": token},
	})
}

// token makes an API token for the scope over the folder named and sets
// TOCSIN_TOKEN.
func token(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: token SCOPE FOLDER")
	}
	var out, errs strings.Builder
	code := cli.Run(context.Background(), cli.Env{
		Args:   []string{"token", "create", "--name", "script", "--scope", args[0], "--data", ts.MkAbs(args[1])},
		Stdout: &out, Stderr: &errs, Lookup: os.LookupEnv,
	})
	if code != 0 {
		ts.Fatalf("token create: exit %d: %s", code, errs.String())
	}
	ts.Setenv("TOCSIN_TOKEN", strings.TrimSpace(out.String()))
}

// server starts a server in this process on a free port over the folder named,
// and sets TOCSIN_URL. It ends with the script, or with `server stop`.
func server(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: server FOLDER")
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan int, 1)
	go func() {
		code := cli.Run(ctx, cli.Env{
			Args:   []string{"serve", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0", "--syslog", ""},
			Stdout: in, Stderr: io.Discard, Version: "v0.0.0-test",
			Lookup: func(name string) (string, bool) {
				return "correct horse battery", name == "TOCSIN_ADMIN_PASSWORD"
			},
		})
		_ = in.Close()
		done <- code
	}()
	ready := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if url, found := strings.CutPrefix(lines.Text(), "ready on "); found {
				ready <- url
			}
		}
	}()
	ts.Defer(func() {
		cancel()
		if code := <-done; code != 0 {
			ts.Logf("serve: exit code %d", code)
		}
	})
	select {
	case url := <-ready:
		ts.Setenv("TOCSIN_URL", url)
	case code := <-done:
		done <- code
		ts.Fatalf("serve ended with %d", code)
	case <-time.After(30 * time.Second):
		ts.Fatalf("not ready within 30 s")
	}
}
