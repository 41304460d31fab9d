// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	licenceLine   = "// SPDX-License-Identifier: Apache-2.0"
	maxGoLines    = 500
	maxWebLines   = 250
	maxWebTest    = 300
	maxMedian     = 150
	medianFromFew = 20 // below that many files a median says nothing
)

// checkLicence: the first line names the licence, and a blank line keeps it apart
// from the package doc.
func checkLicence(files []source) []string {
	var problems []string
	for _, f := range files {
		if !f.generated() && !strings.HasPrefix(f.text, licenceLine+"\n\n") {
			problems = append(problems, fmt.Sprintf("%s: the first line is not %q with a blank line after it", f.path, licenceLine))
		}
	}
	return problems
}

// checkDocs: each package has one doc comment, in one file, that begins as go doc
// expects and says more than the name. A package of tests alone has it in one of
// them; a generated file carries none.
func checkDocs(files []source) []string {
	type group struct{ all, docs []string }
	packages := map[string]*group{}
	var problems []string
	tested := map[string]bool{} // folders with production files
	for _, f := range files {
		tested[f.dir()] = tested[f.dir()] || !f.isTest()
	}
	for _, f := range files {
		if f.isTest() && tested[f.dir()] {
			if f.tree.Doc != nil {
				problems = append(problems, f.path+": a test file carries a package doc")
			}
			continue
		}
		g := packages[f.dir()]
		if g == nil {
			g = &group{}
			packages[f.dir()] = g
		}
		g.all = append(g.all, f.path)
		if f.tree.Doc == nil || f.generated() {
			continue
		}
		g.docs = append(g.docs, f.path)
		text := f.tree.Doc.Text()
		begin := "Package " + f.tree.Name.Name + " "
		if f.tree.Name.Name == "main" {
			begin = "Command " + path.Base(f.dir()) + " "
		}
		if !strings.HasPrefix(text, begin) || len(strings.Fields(text)) < 6 {
			problems = append(problems, fmt.Sprintf("%s: the package doc does not begin with %q and say the package's job", f.path, begin))
		}
	}
	for dir, g := range packages {
		if len(g.docs) != 1 {
			slices.Sort(g.docs)
			problems = append(problems, fmt.Sprintf("package %s has %d package docs, want one %v", dir, len(g.docs), g.docs))
		}
	}
	return problems
}

// checkNames: a package is called as its folder.
func checkNames(files []source) []string {
	var problems []string
	for _, f := range files {
		name, base := f.tree.Name.Name, path.Base(f.dir())
		ok := name == base || name == "main" || f.isTest() && name == base+"_test"
		if !ok || slices.Contains(forbiddenNames(), base) || slices.Contains(forbiddenNames(), name) {
			problems = append(problems, fmt.Sprintf("%s: package %s in folder %s", f.path, name, base))
		}
	}
	return problems
}

func forbiddenNames() []string {
	return []string{"util", "utils", "common", "helper", "helpers", "types", "model", "models", "manager", "misc", "shared", "base"}
}

// length is the number of lines of one file.
type length struct {
	path  string
	lines int
}

// checkLengths: no file over the limit of its kind, and a median that keeps the
// house readable.
func checkLengths(goFiles, webFiles []length) []string {
	var problems []string
	for _, f := range goFiles {
		if f.lines > maxGoLines {
			problems = append(problems, fmt.Sprintf("%s: %d lines, at most %d", f.path, f.lines, maxGoLines))
		}
	}
	for _, f := range webFiles {
		limit := maxWebLines
		if strings.Contains(f.path, ".test.") || strings.Contains(f.path, ".spec.") {
			limit = maxWebTest
		}
		if f.lines > limit {
			problems = append(problems, fmt.Sprintf("%s: %d lines, at most %d", f.path, f.lines, limit))
		}
	}
	for kind, files := range map[string][]length{"Go": goFiles, "web": webFiles} {
		if m := median(files); len(files) >= medianFromFew && m > maxMedian {
			problems = append(problems, fmt.Sprintf("the median %s file has %d lines, at most %d", kind, m, maxMedian))
		}
	}
	return problems
}

func median(files []length) int {
	if len(files) == 0 {
		return 0
	}
	counts := make([]int, len(files))
	for i, f := range files {
		counts[i] = f.lines
	}
	slices.Sort(counts)
	return counts[len(counts)/2]
}

// checkMarks: nothing is left half done in a comment. (context.TODO is code, and the
// linter's business.)
func checkMarks(name, text string) []string {
	mark := regexp.MustCompile(`(?://|/\*|^\s*\*|^\s*#).*\b(TODO|FIXME|XXX|HACK)\b`)
	var problems []string
	n := 0
	for line := range strings.Lines(text) {
		n++
		if mark.MatchString(line) {
			problems = append(problems, fmt.Sprintf("%s:%d: unfinished: %s", name, n, strings.TrimSpace(line)))
		}
	}
	return problems
}

// webSources lists the hand-written TypeScript of the web app.
func webSources(t *testing.T) []string {
	t.Helper()
	var names []string
	walk(t, "..", func(name string) {
		ext := path.Ext(name)
		if strings.HasPrefix(name, "web/") && (ext == ".ts" || ext == ".tsx") && !strings.Contains(name, ".gen.") {
			names = append(names, name)
		}
	})
	return names
}

func TestEveryFileIsInOrder(t *testing.T) {
	t.Parallel()
	files := goSources(t)
	report(t, checkLicence(files))
	report(t, checkDocs(files))
	report(t, checkNames(files))

	var goLengths, webLengths []length
	for _, f := range files {
		if !f.generated() {
			goLengths = append(goLengths, length{f.path, f.lines})
			if f.dir() != "internal" { // this test names the marks
				report(t, checkMarks(f.path, f.text))
			}
		}
	}
	for _, name := range webSources(t) {
		text := readFile(t, name)
		webLengths = append(webLengths, length{name, countLines(text)})
		report(t, checkMarks(name, text))
	}
	report(t, checkLengths(goLengths, webLengths))
}

func TestLicenceRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkLicence(fixture(t, "a/a.go", licenceLine+"\n\npackage a\n")))
	report(t, checkLicence(fixture(t, "a/a.gen.go", "// Code generated by x. DO NOT EDIT.\npackage a\n")))
	mustName(t, checkLicence(fixture(t, "a/a.go", "package a\n")), "a/a.go")
	mustName(t, checkLicence(fixture(t, "a/a.go", licenceLine+"\npackage a\n")), "a/a.go")
}

func TestDocRuleJudges(t *testing.T) {
	t.Parallel()
	const doc = "// Package a does one thing for its readers.\npackage a\n"
	report(t, checkDocs(fixture(t, "a/a.go", doc, "a/b.go", "package a\n", "a/a_test.go", "package a_test\n")))
	report(t, checkDocs(fixture(t, "cmd/a/main.go", "// Command a does one thing for users.\npackage main\n")))
	report(t, checkDocs(fixture(t, "a/a_test.go", "// Package a_test judges all the other packages.\npackage a_test\n")))
	mustName(t, checkDocs(fixture(t, "a/a.go", "package a\n")), "package a has 0")
	mustName(t, checkDocs(fixture(t, "a/a.go", licenceLine+"\n\npackage a\n")), "package a has 0")
	mustName(t, checkDocs(fixture(t, "a/a.go", doc, "a/b.go", doc)), "package a has 2", "a/b.go")
	mustName(t, checkDocs(fixture(t, "a/a.go", "// Package a is.\npackage a\n")), "a/a.go")
	mustName(t, checkDocs(fixture(t, "a/a.go", doc, "a/a_test.go", doc)), "a/a_test.go")
}

func TestNameRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkNames(fixture(t, "x/a/a.go", "package a", "x/a/a_test.go", "package a_test", "cmd/b/main.go", "package main")))
	mustName(t, checkNames(fixture(t, "x/a/a.go", "package b")), "x/a/a.go")
	mustName(t, checkNames(fixture(t, "x/util/a.go", "package util")), "util")
}

func TestLengthRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkLengths([]length{{"a.go", maxGoLines}}, []length{{"a.ts", maxWebLines}, {"a.test.ts", maxWebTest}}))
	mustName(t, checkLengths([]length{{"a.go", maxGoLines + 1}}, nil), "a.go")
	mustName(t, checkLengths(nil, []length{{"a.tsx", maxWebLines + 1}}), "a.tsx")
	many := make([]length, medianFromFew)
	for i := range many {
		many[i] = length{"a.go", maxMedian + 1}
	}
	mustName(t, checkLengths(many, nil), "median Go file")
	if got := countLines("a\nb\nc"); got != 3 {
		t.Errorf("countLines = %d, want 3", got)
	}
}

func TestMarkRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkMarks("a.go", "x := context.TODO()\ns := \"a XXX b\"\n"))
	mustName(t, checkMarks("a.go", "package a\n// TODO: later\n"), "a.go:2")
	mustName(t, checkMarks("a.tsx", "/* FIXME */\n"), "a.tsx:1")
}
