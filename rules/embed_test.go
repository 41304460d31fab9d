// SPDX-License-Identifier: Apache-2.0

package rules_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/rules"
)

// TestEveryRuleFileIsCarried: what lies in the folder is what is embedded.
func TestEveryRuleFileIsCarried(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := 0
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		files++
		want, err := os.ReadFile(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := fs.ReadFile(rules.Files, e.Name()); err != nil || string(got) != string(want) {
			t.Errorf("%s is not embedded as it is: %v", e.Name(), err)
		}
	}
	if files == 0 {
		t.Error("no rule files")
	}
}
