// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// firstOrder sets ID to the id of the first order of a list in JSON.
func firstOrder(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: order FILE")
	}
	raw, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	line, _, _ := strings.Cut(string(raw), "\n")
	var o struct{ ID string }
	ts.Check(json.Unmarshal([]byte(line), &o))
	ts.Setenv("ID", o.ID)
}
