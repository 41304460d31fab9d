// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-siem/tocsin/internal/face/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		code := cli.Run(ctx, cli.Env{
			Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Lookup: os.LookupEnv, Version: "v0.0.0-test",
		})
		stop()
		os.Exit(code)
	}})
}

// TestScripts runs testdata/script/*.txtar: what people type and what they see.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, scripts(t, "testdata/script"))
}

// scripts are the scripts of a folder, with the commands that they may use.
func scripts(t *testing.T, dir string) testscript.Params {
	t.Helper()
	return testscript.Params{
		Dir: dir,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"server": server, "token": token, "hashes": hashes, "code": code, "spoil": spoil,
			"freeport": freePort, "post": post, "term": term, "order": firstOrder, "parquetrows": parquetRows,
		},
		Setup: func(env *testscript.Env) error {
			env.Values[stopKey{}] = new(func())
			env.Values[contextKey{}] = t
			return nil
		},
	}
}

// hashes writes the name, mode and SHA-256 of everything below a folder to a file.
func hashes(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: hashes FOLDER FILE")
	}
	var out strings.Builder
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var raw []byte
		if info.Mode().IsRegular() {
			raw, err = os.ReadFile(path)
		}
		fmt.Fprintf(&out, "%s %v %v %x\n", strings.TrimPrefix(path, root), info.Mode(), info.ModTime(), sha256.Sum256(raw))
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(out.String()), 0o600))
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

// stopKey is where a script keeps how its server is stopped.
type stopKey struct{}

// server starts a server in this process on a free port over the folder named,
// with the script's LOG_SIGNATURE_SECRET, and sets TOCSIN_URL. It ends with the
// script, or with `server stop`. `! server` wants it not to start.
func server(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: server FOLDER|stop")
	}
	stop, ok := ts.Value(stopKey{}).(*func())
	if !ok {
		ts.Fatalf("no set-up")
	}
	if args[0] == "stop" {
		if *stop == nil {
			ts.Fatalf("no server runs")
		}
		(*stop)()
		*stop = nil
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	done := make(chan int, 1)
	signing, previous := ts.Getenv("LOG_SIGNATURE_SECRET"), ts.Getenv("LOG_SIGNATURE_SECRET_PREVIOUS")
	go func() {
		code := cli.Run(ctx, cli.Env{
			Args:   []string{"serve", "--data", ts.MkAbs(args[0]), "--listen", "127.0.0.1:0", "--syslog", ""},
			Stdout: in, Stderr: io.Discard, Version: "v0.0.0-test",
			Lookup: func(name string) (string, bool) {
				switch name {
				case "TOCSIN_ADMIN_PASSWORD":
					return "correct horse battery", true
				case "LOG_SIGNATURE_SECRET":
					return signing, signing != ""
				case "LOG_SIGNATURE_SECRET_PREVIOUS":
					return previous, previous != ""
				}
				return "", false
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
	*stop = sync.OnceFunc(func() {
		cancel()
		if code := <-done; code != 0 {
			ts.Logf("serve: exit code %d", code)
		}
	})
	ts.Defer(*stop)
	select {
	case url := <-ready:
		if neg {
			ts.Fatalf("the server started")
		}
		ts.Setenv("TOCSIN_URL", url)
	case code := <-done:
		done <- code
		if !neg {
			ts.Fatalf("serve ended with %d", code)
		}
	case <-time.After(30 * time.Second):
		ts.Fatalf("not ready within 30 s")
	}
}
