// SPDX-License-Identifier: Apache-2.0

package query

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocs: what docs/search.md shows of the language can be read, and it names every
// command and function.
func TestDocs(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../../docs/search.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(doc), "## The hunt language")
	if !ok {
		t.Fatal("no section on the language")
	}
	for _, block := range regexp.MustCompile("(?s)```\n(.*?)```").FindAllStringSubmatch(text, -1) {
		if _, err := Parse(block[1]); err != nil {
			t.Errorf("%s: %v", block[1], err)
		}
	}
	condition, stages, _ := strings.Cut(text, "### Stages")
	n := 0
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*?`) \\|").FindAllStringSubmatch(condition, -1) {
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(row[1], -1) {
			if strings.Contains(code[1], "…") {
				continue
			}
			n++
			if _, err := Parse(strings.ReplaceAll(code[1], `\|`, "|")); err != nil {
				t.Errorf("%s: %v", code[1], err)
			}
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(stages, -1) {
		stage := strings.NewReplacer("EXPRESSION", "1=1", ", b=…", "").Replace(row[1])
		n++
		if _, err := Parse("* | " + stage); err != nil {
			t.Errorf("%s: %v", stage, err)
		}
	}
	if n < 30 {
		t.Errorf("only %d examples found", n)
	}
	for _, name := range append(append(commands(), functionNames()...), "dc", "sum", "avg", "earliest", "values", "list") {
		if !regexp.MustCompile(`\b` + name + `\b`).MatchString(stages) {
			t.Errorf("%s is not told", name)
		}
	}
}
