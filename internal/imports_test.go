// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
	"testing"
)

// forbidden are the dependencies that no file may import, with the reason that the
// error gives.
func forbidden() map[string]string {
	return map[string]string{
		"log":                         "use the *slog.Logger you were given",
		"math/rand":                   "use math/rand/v2, or crypto/rand for secrets",
		"io/ioutil":                   "use io and os",
		"github.com/pkg/errors":       "use errors and fmt",
		"github.com/stretchr":         "use testing and go-cmp",
		"github.com/sirupsen":         "use log/slog",
		"go.uber.org/zap":             "use log/slog",
		"github.com/golang/mock":      "write the fake by hand",
		"go.uber.org/mock":            "write the fake by hand",
		"github.com/gorilla/mux":      "use net/http's ServeMux",
		"github.com/gin-gonic":        "use net/http's ServeMux",
		"github.com/spf13/viper":      "use internal/ground/config",
		"github.com/spf13/cobra":      "use kong",
		"github.com/mattn/go-sqlite3": "needs cgo; use modernc.org/sqlite",
	}
}

// blanks are the only blank imports outside tests: import path → folder that may
// have it ("" any) and why.
func blanks() map[string]struct{ room, why string } {
	return map[string]struct{ room, why string }{
		"embed":              {"", "go:embed into a string or []byte needs it"},
		"time/tzdata":        {"cmd/tocsin", "time zones on machines that have none"},
		"modernc.org/sqlite": {"internal/record/state", "a database/sql driver registers itself"},
	}
}

// checkDependencies judges imports of other people's code, and side effects.
func checkDependencies(files []source) []string {
	var problems []string
	for _, f := range files {
		for target, name := range f.imports() {
			for banned, why := range forbidden() {
				if target == banned || strings.Contains(banned, ".") && strings.HasPrefix(target, banned+"/") {
					problems = append(problems, fmt.Sprintf("%s: imports %s: %s", f.path, target, why))
				}
			}
			if target == "testing" && !f.isTest() && !f.isConformance() {
				problems = append(problems, f.path+": imports testing outside a test")
			}
			if name == "." {
				problems = append(problems, fmt.Sprintf("%s: dot import of %s", f.path, target))
			}
			if name == "_" && !f.isTest() && !blankAllowed(target, f.dir()) {
				problems = append(problems, fmt.Sprintf("%s: blank import of %s (blanks in internal/imports_test.go)", f.path, target))
			}
		}
	}
	return problems
}

func blankAllowed(target, dir string) bool {
	rule, ok := blanks()[target]
	return ok && (rule.room == "" || rule.room == dir)
}

// checkInits: nothing runs before main says so.
func checkInits(files []source) []string {
	var problems []string
	for _, f := range files {
		for _, decl := range f.tree.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				problems = append(problems, fmt.Sprintf("%s: init function", f.fset.Position(fn.Pos())))
			}
		}
	}
	return problems
}

// checkModule: cgo stays out, and go.mod replaces nothing.
func checkModule(gomod string, files []source) []string {
	var problems []string
	for line := range strings.Lines(gomod) {
		if strings.HasPrefix(strings.TrimSpace(line), "replace") {
			problems = append(problems, "go.mod: "+strings.TrimSpace(line)+": a fork or a local path is no dependency")
		}
	}
	for _, f := range files {
		if slices.Contains(importPaths(f), "C") {
			problems = append(problems, f.path+": imports C, but the binary is pure Go")
		}
	}
	return problems
}

func importPaths(f source) []string {
	var found []string
	for target := range f.imports() {
		found = append(found, target)
	}
	return found
}

func TestDependenciesAreAllowed(t *testing.T) {
	t.Parallel()
	files := goSources(t)
	report(t, checkDependencies(files))
	report(t, checkInits(files))
	report(t, checkModule(readFile(t, "go.mod"), files))
}

func TestDependencyRuleJudges(t *testing.T) {
	t.Parallel()
	file := func(name, line string) []source {
		return fixture(t, name, "package "+path.Base(path.Dir(name))+"\n\nimport "+line+"\n")
	}
	report(t, checkDependencies(file("a/a.go", `"log/slog"`)))
	report(t, checkDependencies(file("a/a.go", `"math/rand/v2"`)))
	report(t, checkDependencies(file("a/a.go", `_ "embed"`)))
	report(t, checkDependencies(file("a/a_test.go", `_ "net/http/pprof"`)))
	report(t, checkDependencies(file("a/atest/a.go", `"testing"`)))
	mustName(t, checkDependencies(file("a/a.go", `"log"`)), "a/a.go", "slog")
	mustName(t, checkDependencies(file("a/a.go", `"math/rand"`)), "math/rand/v2")
	mustName(t, checkDependencies(file("a/a_test.go", `"github.com/stretchr/testify/require"`)), "go-cmp")
	mustName(t, checkDependencies(file("a/a.go", `"github.com/pkg/errors"`)), "errors and fmt")
	mustName(t, checkDependencies(file("a/a.go", `"testing"`)), "outside a test")
	mustName(t, checkDependencies(file("a/a.go", `_ "net/http/pprof"`)), "blank import")
	mustName(t, checkDependencies(file("a/a.go", `. "strings"`)), "dot import")
}

func TestInitRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkInits(fixture(t, "a/a.go", "package a\n\ntype t struct{}\n\nfunc (t) init() {}\n")))
	mustName(t, checkInits(fixture(t, "a/a.go", "package a\n\nfunc init() {}\n")), "a/a.go:3")
}

func TestModuleRuleJudges(t *testing.T) {
	t.Parallel()
	report(t, checkModule("module a\n\nrequire b v1.0.0 // replaced nothing\n", nil))
	mustName(t, checkModule("module a\nreplace b => ../b\n", nil), "replace b")
	mustName(t, checkModule("", fixture(t, "a/a.go", "package a\n\nimport \"C\"\n")), "pure Go")
}
