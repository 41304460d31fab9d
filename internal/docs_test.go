// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// checkPaths judges the paths that a document names: every relative link, and every
// `word` in backticks that begins with one of the repository's folders. A part such
// as <name> or * stands for any name: the folder before it must exist.
func checkPaths(doc, text string, exists func(string) bool) []string {
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	quoted := regexp.MustCompile("`([^`\n]+)`")
	var problems []string
	for _, m := range link.FindAllStringSubmatch(text, -1) {
		target, _, _ := strings.Cut(m[1], "#")
		if target == "" || strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
			continue
		}
		if name := path.Join(path.Dir(doc), target); !exists(name) {
			problems = append(problems, fmt.Sprintf("%s: links to %s, which is not there", doc, name))
		}
	}
	for _, m := range quoted.FindAllStringSubmatch(text, -1) {
		name := m[1]
		if strings.ContainsAny(name, " $=") || !isRoot(name) {
			continue
		}
		name = strings.TrimSuffix(name, "/...")
		if i := strings.IndexAny(name, "<*{…"); i >= 0 {
			name = path.Dir(name[:i] + "x")
		}
		if !exists(name) {
			problems = append(problems, fmt.Sprintf("%s: names %s, which is not there", doc, m[1]))
		}
	}
	return problems
}

func isRoot(name string) bool {
	root, _, ok := strings.Cut(name, "/")
	return ok && slices.Contains([]string{"internal", "cmd", "api", "rules", "web", "geo", "docs", "test", "scripts", "tools", "sdk", "deploy", "bench", ".ci"}, root)
}

// checkMap judges the table of docs/architecture.md: one row for each package that
// exists, in both directions.
func checkMap(text string, packages []string) []string {
	row := regexp.MustCompile("(?m)^\\| `([a-z]+/[a-z0-9]+)` \\| \\S")
	told := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(text, -1) {
		told[m[1]] = true
	}
	var problems []string
	for _, p := range packages {
		if !told[p] {
			problems = append(problems, "docs/architecture.md has no row for "+p)
		}
	}
	for _, p := range slices.Sorted(maps.Keys(told)) {
		if !slices.Contains(packages, p) {
			problems = append(problems, "docs/architecture.md has a row for "+p+", which is not there")
		}
	}
	return problems
}

func documents(t *testing.T) []string {
	t.Helper()
	var names []string
	walk(t, "..", func(name string) {
		if strings.HasSuffix(name, ".md") {
			names = append(names, name)
		}
	})
	return names
}

func TestDocumentsNamePathsThatExist(t *testing.T) {
	t.Parallel()
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join("..", filepath.FromSlash(name)))
		return err == nil
	}
	docs := documents(t)
	if !slices.Contains(docs, "CONTRIBUTING.md") {
		t.Fatalf("CONTRIBUTING.md is not among %v", docs)
	}
	for _, doc := range docs {
		report(t, checkPaths(doc, readFile(t, doc), exists))
	}
}

func TestArchitectureNamesEveryPackage(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for _, f := range goSources(t) {
		parts := strings.Split(f.path, "/")
		if parts[0] == "internal" && len(parts) == 4 && !f.isTest() {
			found[parts[1]+"/"+parts[2]] = true
		}
	}
	report(t, checkMap(readFile(t, "docs/architecture.md"), slices.Sorted(maps.Keys(found))))
}

func TestPathRuleJudges(t *testing.T) {
	t.Parallel()
	exists := func(name string) bool {
		return slices.Contains([]string{"docs/a.md", "README.md", "internal/face/api", "rules"}, name)
	}
	good := "[a](a.md#part) [up](../README.md) [out](https://example.com/x) `internal/face/api/<resource>.go` `rules/*.yml` `rules/...` `go test ./x` `GET /x`"
	report(t, checkPaths("docs/b.md", good, exists))
	mustName(t, checkPaths("docs/b.md", "see [c](c.md)", exists), "docs/b.md", "docs/c.md")
	mustName(t, checkPaths("docs/b.md", "write `internal/face/none/<resource>.go`", exists), "internal/face/none")
	mustName(t, checkPaths("docs/b.md", "see `docs/none.md`", exists), "docs/none.md")
}

func TestMapRuleJudges(t *testing.T) {
	t.Parallel()
	table := "| `core/event` | what a source told us |\n| `core/rule` | rules |\n"
	report(t, checkMap(table, []string{"core/event", "core/rule"}))
	mustName(t, checkMap(table, []string{"core/event", "core/rule", "face/api"}), "no row for face/api")
	mustName(t, checkMap(table, []string{"core/event"}), "core/rule, which is not there")
}
