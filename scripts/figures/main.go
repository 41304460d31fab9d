// SPDX-License-Identifier: Apache-2.0

// Command figures keeps measurements as data and writes the tables of
// docs/performance.md from them, so that no figure in a document was typed.
//
//	go test -bench B3 -benchmem ./internal/record/search | figures keep -command '…' bench/results/search.json
//	figures write -results bench/results docs/performance.md
//	figures check -results bench/results docs/performance.md
//
// keep reads the output of go test -bench; `tocsin bench … --json` writes its own
// file of the other form. write replaces what lies between the document's markers
// `<!-- figures NAME -->` and `<!-- end -->`; check exits 1 when that would change
// something.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

var errUsage = errors.New("usage: figures keep -command TEXT FILE < bench output | figures write|check -results FOLDER DOCUMENT")

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	flags := flag.NewFlagSet("figures", flag.ContinueOnError)
	command := flags.String("command", "", "what was run")
	results := flags.String("results", "bench/results", "folder of the results")
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() != 1 {
		return errUsage
	}
	file := flags.Arg(0)
	switch args[0] {
	case "keep":
		r, err := parse(io.TeeReader(in, out), *command)
		if err != nil {
			return err
		}
		return r.write(file)
	case "write", "check":
		old, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		fresh, err := fill(old, *results)
		if err != nil || bytes.Equal(old, fresh) {
			return err
		}
		if args[0] == "check" {
			return fmt.Errorf("%s is not what the results say: figures write", file)
		}
		return os.WriteFile(file, fresh, 0o600)
	default:
		return errUsage
	}
}
