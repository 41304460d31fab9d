// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tocsin-siem/tocsin/internal/face/cli"
)

// code runs a command in this process and wants an exit code: `code 3 verify …`.
// What it said is in out.txt and err.txt of the script's folder. Paths
// must be whole.
func code(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 1 {
		ts.Fatalf("usage: code N [ARGUMENT...]")
	}
	var out, errs bytes.Buffer
	got := cli.Run(ts.Value(contextKey{}).(*testing.T).Context(), cli.Env{ //nolint:forcetypeassert // set by Setup
		Args: args[1:], Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Version: "v0.0.0-test",
		Lookup: func(name string) (string, bool) { v := ts.Getenv(name); return v, v != "" },
	})
	ts.Check(os.WriteFile(ts.MkAbs("out.txt"), out.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err.txt"), errs.Bytes(), 0o600))
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit code %d, want %s\n%s%s", got, args[0], &out, &errs)
	}
}

// contextKey is where a script finds its test.
type contextKey struct{}

// spoil flips one bit in the middle of the largest file below a folder whose name
// has the ending.
func spoil(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: spoil FOLDER ENDING")
	}
	var largest string
	var size int64
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, args[1]) {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().IsRegular() && info.Size() > size {
			largest, size = path, info.Size()
		}
		return err
	}))
	if largest == "" {
		ts.Check(errors.New("no such file"))
	}
	b, err := os.ReadFile(largest)
	ts.Check(err)
	at := bytes.Index(b, []byte("spoil me"))
	if at < 0 {
		at = len(b) / 2
	}
	b[at] ^= 1
	ts.Check(os.WriteFile(largest, b, 0o600))
}
