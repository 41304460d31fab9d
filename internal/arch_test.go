// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"
)

// anything marks a package that may import every package below it.
const anything = "*"

// rooms is the map of the house: each package of the module by its folder, and the
// packages of ours that it may import, by their last name (a leading slash: a
// folder outside internal). A package that is not here does not exist: it is added
// with a reason in docs/architecture.md, or not made. Packages that are not made
// yet are listed too, so that the first import of each is already judged.
func rooms() map[string]string {
	return map[string]string{
		"internal/core/event":   "",
		"internal/core/literal": "",
		"internal/core/secret":  "",
		"internal/core/locale":  "",
		"internal/core/rule":    "event literal",
		"internal/core/entity":  "event",
		"internal/core/alert":   "event entity rule",
		"internal/core/erasure": "",
		"internal/core/sheet":   "event",
		"internal/core/parquet": "event",

		"internal/ground/backup":   "",
		"internal/ground/config":   "",
		"internal/ground/keyring":  "",
		"internal/ground/egress":   "",
		"internal/ground/health":   "event",
		"internal/ground/sha256mb": "",

		"internal/ingest/pipeline":  "event",
		"internal/ingest/input":     "event pipeline",
		"internal/ingest/normalize": "event",
		"internal/ingest/redact":    "event literal",
		"internal/ingest/enrich":    "event entity",
		"internal/ingest/guard":     "event literal redact",
		"internal/ingest/proxy":     "event guard auth",

		"internal/record/segment": "event",
		"internal/record/proof":   "event sha256mb",
		"internal/record/journal": "event keyring proof segment sha256mb",
		"internal/record/witness": "proof",
		"internal/record/query":   "event",
		"internal/record/search":  "event query segment",
		"internal/record/state":   "event rule entity alert erasure auth detect outbox respond intel query",

		"internal/watch/window":    "event",
		"internal/watch/detect":    "event rule window",
		"internal/watch/detection": "event rule detect window",
		"internal/watch/intel":     "event entity query",

		"internal/act/outbox":     "event alert",
		"internal/act/route":      "alert",
		"internal/act/sink":       "event alert outbox",
		"internal/act/respond":    "alert entity",
		"internal/act/action":     "entity respond",
		"internal/act/compliance": "event query",

		"internal/face/auth":    "",
		"internal/face/api":     "event parquet sheet rule entity alert erasure query auth journal proof guard detect outbox respond intel compliance health /api",
		"internal/face/traffic": "event",
		"internal/face/app":     anything,
		"internal/face/bench":   anything,
		"internal/face/cli":     "app bench config erasure event sheet guard journal proof rule query",

		"internal":           "", // the house's own tests
		"cmd/tocsin":         "cli",
		"api":                "",
		"rules":              "",
		"web":                "",
		"geo":                "",
		"test/e2e":           "event traffic", // against the real binary
		"test/guest":         "",              // what the power loss test runs in its virtual machine
		"scripts/testreport": "",
		"scripts/figures":    "",
		"scripts/asnmmdb":    "",
	}
}

// laws says who alone may import a package; it holds over the map itself.
func laws() map[string][]string {
	return map[string][]string{
		"internal/record/state":  {"internal/face/app"},
		"internal/record/search": {"internal/face/app", "internal/face/bench"},
		"internal/face/app":      {"internal/face/bench", "internal/face/cli"},
		"internal/face/bench":    {"internal/face/cli"},
		"internal/face/cli":      {"cmd/tocsin"},
		"web":                    {"internal/face/app"},
		"geo":                    {"internal/face/app"},
	}
}

// engines maps each catalog to the engine that must never import it.
func engines() map[string]string {
	return map[string]string{
		"internal/ingest/input":    "internal/ingest/pipeline",
		"internal/watch/detection": "internal/watch/detect",
		"internal/act/sink":        "internal/act/outbox",
		"internal/act/action":      "internal/act/respond",
	}
}

// above are the packages that "anything" does not reach.
func above(room string) []string {
	switch room {
	case "internal/face/app":
		return []string{"internal/face/app", "internal/face/bench", "internal/face/cli"}
	default:
		return []string{"internal/face/bench", "internal/face/cli", "internal/record/state", "web", "geo"}
	}
}

// allowed expands the map: room → folders of ours it may import.
func allowed(house map[string]string) (map[string][]string, error) {
	byName := map[string]string{}
	for _, room := range slices.Sorted(maps.Keys(house)) {
		name := path.Base(room)
		if !strings.HasPrefix(room, "internal/") {
			name = "/" + room
		}
		if other, taken := byName[name]; taken {
			return nil, fmt.Errorf("%s and %s have one name", other, room)
		}
		byName[name] = room
	}
	expanded := map[string][]string{}
	for room, list := range house {
		if list == anything {
			for other := range house {
				if other != "internal" && !strings.HasPrefix(other, "cmd/") && !strings.HasPrefix(other, "test/") && !slices.Contains(above(room), other) {
					expanded[room] = append(expanded[room], other)
				}
			}
			continue
		}
		for name := range strings.FieldsSeq(list) {
			target, ok := byName[name]
			if !ok {
				return nil, fmt.Errorf("%s may import %s, which is not on the map", room, name)
			}
			expanded[room] = append(expanded[room], target)
		}
		if room != "internal/core/secret" && room != "internal" {
			expanded[room] = append(expanded[room], "internal/core/secret")
		}
		if strings.HasPrefix(room, "internal/face/") || strings.HasPrefix(room, "internal/act/") {
			expanded[room] = append(expanded[room], "internal/core/locale")
		}
	}
	return expanded, nil
}

// reach adds what the allowed packages may import in their turn: a test may build
// what its package is given.
func reach(may map[string][]string, room string) map[string]bool {
	seen := map[string]bool{}
	queue := []string{room}
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		for _, target := range may[next] {
			if !seen[target] {
				seen[target] = true
				queue = append(queue, target)
			}
		}
	}
	return seen
}

// checkImports judges every import between our packages.
func checkImports(house map[string]string, files []source) []string {
	may, err := allowed(house)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for _, f := range files {
		room := f.dir()
		if _, ok := house[room]; !ok && f.isConformance() {
			room = path.Dir(room)
		}
		if _, ok := house[room]; !ok {
			problems = append(problems, fmt.Sprintf("%s: package %s is not on the map (internal/arch_test.go)", f.path, f.dir()))
			continue
		}
		for target := range f.imports() {
			target, ours := strings.CutPrefix(target, modulePath)
			target = strings.TrimPrefix(target, "/")
			if ours && !mayImport(may, f, room, target) {
				problems = append(problems, fmt.Sprintf("%s: %s may not import %s", f.path, f.dir(), target))
			}
		}
	}
	return problems
}

func mayImport(may map[string][]string, f source, room, target string) bool {
	if isConformanceDir(target) {
		home := path.Dir(target)
		return f.isTest() && (home == room || reach(may, room)[home])
	}
	if target == room {
		return f.isTest() || f.isConformance()
	}
	if slices.Contains(may[room], target) {
		return true
	}
	return f.isTest() && (reach(may, room)[target] || target == "internal/face/traffic")
}

// checkFloors: a floor is only a folder, and internal itself holds only tests.
func checkFloors(files []source) []string {
	var problems []string
	for _, f := range files {
		parts := strings.Split(f.path, "/")
		if parts[0] == "internal" && (len(parts) == 3 || len(parts) == 2 && !f.isTest()) {
			problems = append(problems, f.path+": a floor has no Go files of its own")
		}
	}
	return problems
}

// checkCore: the core floor does no input or output and starts no goroutines.
func checkCore(files []source) []string {
	io := []string{"os", "os/exec", "net", "net/http", "database/sql", "syscall"}
	var problems []string
	for _, f := range files {
		if !strings.HasPrefix(f.path, "internal/core/") || f.isTest() || f.isConformance() {
			continue
		}
		for target := range f.imports() {
			if slices.Contains(io, target) {
				problems = append(problems, fmt.Sprintf("%s: core does no I/O, but imports %s", f.path, target))
			}
		}
		ast.Inspect(f.tree, func(n ast.Node) bool {
			if stmt, ok := n.(*ast.GoStmt); ok {
				problems = append(problems, fmt.Sprintf("%s: core starts no goroutines", f.fset.Position(stmt.Pos())))
			}
			return true
		})
	}
	return problems
}

// checkLaws judges the map itself.
func checkLaws(house map[string]string) []string {
	may, err := allowed(house)
	if err != nil {
		return []string{err.Error()}
	}
	var problems []string
	for room := range house {
		for target, only := range laws() {
			if slices.Contains(may[room], target) && !slices.Contains(only, room) {
				problems = append(problems, fmt.Sprintf("%s may import %s, but only %v may", room, target, only))
			}
		}
		if slices.Contains(forbiddenNames(), path.Base(room)) {
			problems = append(problems, room+": the name says nothing about the package's job")
		}
	}
	for catalog, engine := range engines() {
		if slices.Contains(may[engine], catalog) {
			problems = append(problems, fmt.Sprintf("engine %s may not import its catalog %s", engine, catalog))
		}
		if !slices.Contains(may[catalog], engine) {
			problems = append(problems, fmt.Sprintf("catalog %s does not import its engine %s", catalog, engine))
		}
	}
	return problems
}

func TestImportsFollowTheMap(t *testing.T) {
	t.Parallel()
	files := goSources(t)
	report(t, checkImports(rooms(), files))
	report(t, checkFloors(files))
	report(t, checkCore(files))
}

func TestMapKeepsTheLaws(t *testing.T) {
	t.Parallel()
	report(t, checkLaws(rooms()))
}
