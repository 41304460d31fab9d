// SPDX-License-Identifier: Apache-2.0

// Package internal_test guards the house: the map of packages and who may
// import whom, package docs, licence lines, file lengths, forbidden
// dependencies, and the paths that the documents name. Each rule is a function
// from parsed files to a list of problems, run once over the tree and once over
// small fixtures that it must refuse, so that no rule can fall silent unseen.
package internal_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// modulePath is the import path of the repository's root.
const modulePath = "github.com/tocsin-siem/tocsin"

// source is one parsed Go file of the module.
type source struct {
	path  string // slash-separated, from the repository's root
	text  string
	fset  *token.FileSet
	tree  *ast.File
	lines int
}

func (s source) dir() string     { return path.Dir(s.path) }
func (s source) isTest() bool    { return strings.HasSuffix(s.path, "_test.go") }
func (s source) generated() bool { return ast.IsGenerated(s.tree) }

// isConformance reports whether the file belongs to a <pkg>test package inside
// the folder of <pkg>.
func (s source) isConformance() bool { return isConformanceDir(s.dir()) }

// imports lists the import paths of the file with the name given to each ("" if none).
func (s source) imports() map[string]string {
	found := make(map[string]string, len(s.tree.Imports))
	for _, spec := range s.tree.Imports {
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name
		}
		target, err := strconv.Unquote(spec.Path.Value)
		if err == nil {
			found[target] = name
		}
	}
	return found
}

func isConformanceDir(dir string) bool {
	return path.Base(dir) == path.Base(path.Dir(dir))+"test"
}

func countLines(text string) int {
	n := strings.Count(text, "\n")
	if text != "" && !strings.HasSuffix(text, "\n") {
		n++
	}
	return n
}

func parseSource(t *testing.T, name, text string) source {
	t.Helper()
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return source{path: name, text: text, fset: fset, tree: tree, lines: countLines(text)}
}

// fixture parses files given as path, text, path, text, …
func fixture(t *testing.T, pairs ...string) []source {
	t.Helper()
	var files []source
	for i := 0; i+1 < len(pairs); i += 2 {
		files = append(files, parseSource(t, pairs[i], pairs[i+1]))
	}
	return files
}

// goSources parses every Go file of the main module, tests and build-tagged
// files included; other modules (tools, sdk), testdata and hidden folders are not
// part of it.
func goSources(t *testing.T) []source {
	t.Helper()
	var files []source
	walk(t, "..", func(name string) {
		if strings.HasSuffix(name, ".go") {
			files = append(files, parseSource(t, name, readFile(t, name)))
		}
	})
	if len(files) < 3 {
		t.Fatalf("found only %d Go files: the walk looks at the wrong folder", len(files))
	}
	return files
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return string(text)
}

// walk calls visit with the slash-separated path of each file under root that
// belongs to the project's own tree.
func walk(t *testing.T, root string, visit func(name string)) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) { // removed while walking
				return nil
			}
			return err
		}
		if !entry.IsDir() {
			visit(strings.TrimPrefix(filepath.ToSlash(name), "../"))
			return nil
		}
		if name == root {
			return nil
		}
		if skipsFolder(name, entry.Name()) {
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatalf("walk: %v", err)
	}
}

func skipsFolder(name, base string) bool {
	if strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	switch base {
	case "node_modules", "testdata", "dist", "bin":
		return true
	}
	_, err := os.Stat(filepath.Join(name, "go.mod")) // another module
	return err == nil
}

// report fails the test with one line for each problem.
func report(t *testing.T, problems []string) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
}

// mustName fails unless exactly one problem was found and it contains each word.
func mustName(t *testing.T, problems []string, words ...string) {
	t.Helper()
	if len(problems) != 1 {
		t.Fatalf("got %d problems, want 1: %q", len(problems), problems)
	}
	for _, w := range words {
		if !strings.Contains(problems[0], w) {
			t.Errorf("problem %q does not name %q", problems[0], w)
		}
	}
}
