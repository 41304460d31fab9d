// SPDX-License-Identifier: Apache-2.0

// Command testreport turns what several test runners say into one closing line,
// and refuses tests that were skipped without permission.
//
//	go test -json ./... | testreport go -o .test/go.jsonl
//	testreport sum -allowed test/skips.allowed -strict .test/go.jsonl .test/web.json
//
// The first form prints failures and each package's own closing line and keeps
// the outcome of every test; the second reads such files, and Vitest's JSON, lists
// the skipped tests and ends with "N passed, N failed, N skipped". A suite that
// left no result counts as a failure: not run is not passed. Both forms exit 1 on a
// failure and 2 on a wrong call.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

var errUsage = errors.New("usage: testreport go -o FILE | testreport sum [-allowed FILE] [-strict] FILE…")

func main() {
	ok, err := run(os.Args[1:], os.Stdin, os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// run carries out one form and reports whether every test was well.
func run(args []string, in io.Reader, out io.Writer) (bool, error) {
	if len(args) == 0 {
		return false, errUsage
	}
	switch args[0] {
	case "go":
		return runGo(args[1:], in, out)
	case "sum":
		return runSum(args[1:], out)
	}
	return false, errUsage
}

func runGo(args []string, in io.Reader, out io.Writer) (bool, error) {
	flags := flag.NewFlagSet("go", flag.ContinueOnError)
	target := flags.String("o", "", "file that receives the outcomes, one JSON object a line")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	outcomes, err := readGo(in, out)
	if err != nil {
		return false, err
	}
	if *target != "" {
		if err := writeOutcomes(*target, outcomes); err != nil {
			return false, err
		}
	}
	return count(outcomes).failed == 0, nil
}

func runSum(args []string, out io.Writer) (bool, error) {
	flags := flag.NewFlagSet("sum", flag.ContinueOnError)
	list := flags.String("allowed", "", "file with the tests that may be skipped")
	strict := flags.Bool("strict", false, "fail on a skip that the list does not name")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	if flags.NArg() == 0 {
		return false, errUsage
	}
	var allowed map[string]string
	if *list != "" {
		text, err := os.ReadFile(*list)
		if err != nil {
			return false, err
		}
		if allowed, err = parseAllowed(string(text)); err != nil {
			return false, fmt.Errorf("%s: %w", *list, err)
		}
	}
	var all []outcome
	for _, name := range flags.Args() {
		all = append(all, readOutcomes(name)...)
	}
	return summarize(out, all, allowed, *strict), nil
}
