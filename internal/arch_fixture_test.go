// SPDX-License-Identifier: Apache-2.0

package internal_test

import (
	"fmt"
	"path"
	"testing"
)

// importing is a Go file that imports one of our packages.
func importing(t *testing.T, name, target string) []source {
	t.Helper()
	pkg := path.Base(path.Dir(name))
	return fixture(t, name, fmt.Sprintf("package %s\n\nimport _ %q\n", pkg, modulePath+"/"+target))
}

func TestImportRuleJudges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, file, target string
		refused            bool
	}{
		{"engine imports core", "internal/ingest/pipeline/a.go", "internal/core/event", false},
		{"every package imports secret", "internal/core/event/a.go", "internal/core/secret", false},
		{"face imports locale", "internal/face/api/a.go", "internal/core/locale", false},
		{"record does not import locale", "internal/record/journal/a.go", "internal/core/locale", true},
		{"a stage never imports a stage", "internal/ingest/pipeline/a.go", "internal/record/journal", true},
		{"an engine never imports its catalog", "internal/ingest/pipeline/a.go", "internal/ingest/input", true},
		{"only app imports state", "internal/face/api/a.go", "internal/record/state", true},
		{"a test does not import state either", "internal/face/api/a_test.go", "internal/record/state", true},
		{"app imports state", "internal/face/app/a.go", "internal/record/state", false},
		{"app embeds the web app", "internal/face/app/a.go", "web", false},
		{"app never imports the command line", "internal/face/app/a.go", "internal/face/cli", true},
		{"bench imports search", "internal/face/bench/a.go", "internal/record/search", false},
		{"the command line never imports search", "internal/face/cli/a.go", "internal/record/search", true},
		{"only cmd imports the command line", "cmd/tocsin/main.go", "internal/face/cli", false},
		{"cmd imports nothing else", "cmd/tocsin/main.go", "internal/face/app", true},
		{"unknown package", "internal/core/util/a.go", "internal/core/event", true},
		{"import of an unknown package", "internal/face/app/a.go", "internal/core/util", true},
		{"an external test imports its package", "internal/watch/detect/a_test.go", "internal/watch/detect", false},
		{"a test reaches what its package is given", "internal/watch/detect/a_test.go", "internal/core/literal", false},
		{"a test plays traffic", "internal/watch/detect/a_test.go", "internal/face/traffic", false},
		{"a test does not import another floor", "internal/watch/detect/a_test.go", "internal/record/journal", true},
		{"a conformance package imports its package", "internal/act/sink/sinktest/a.go", "internal/act/sink", false},
		{"a conformance package has its package's reach", "internal/act/sink/sinktest/a.go", "internal/record/journal", true},
		{"a test imports a conformance package", "internal/act/sink/a_test.go", "internal/act/sink/sinktest", false},
		{"production does not import a conformance package", "internal/act/sink/a.go", "internal/act/sink/sinktest", true},
		{"a sub-package of another name", "internal/act/sink/kafka/a.go", "internal/act/sink", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			problems := checkImports(rooms(), importing(t, tt.file, tt.target))
			if tt.refused {
				mustName(t, problems, tt.file)
			} else {
				report(t, problems)
			}
		})
	}
}

func TestFloorRuleJudges(t *testing.T) {
	t.Parallel()
	good := fixture(t, "internal/core/event/a.go", "package event", "internal/a_test.go", "package internal_test", "cmd/tocsin/main.go", "package main")
	report(t, checkFloors(good))
	mustName(t, checkFloors(fixture(t, "internal/core/a.go", "package core")), "internal/core/a.go")
	mustName(t, checkFloors(fixture(t, "internal/a.go", "package internal")), "internal/a.go")
}

func TestCoreRuleJudges(t *testing.T) {
	t.Parallel()
	mustName(t, checkCore(fixture(t, "internal/core/event/a.go", "package event\nimport _ \"net/http\"")), "net/http")
	mustName(t, checkCore(fixture(t, "internal/core/event/a.go", "package event\nfunc f() { go f() }")), "a.go:2", "goroutines")
	report(t, checkCore(fixture(t, "internal/core/event/a_test.go", "package event\nimport _ \"os\"")))
	report(t, checkCore(fixture(t, "internal/face/api/a.go", "package api\nimport _ \"net/http\"")))
}

func TestLawsJudgeTheMap(t *testing.T) {
	t.Parallel()
	change := func(room, list string) map[string]string {
		house := rooms()
		house[room] = list
		return house
	}
	mustName(t, checkLaws(change("internal/face/traffic", "event state")), "internal/face/traffic", "internal/record/state")
	mustName(t, checkLaws(change("internal/act/sink", "event alert")), "engine", "internal/act/outbox")
	mustName(t, checkLaws(change("internal/act/outbox", "event alert sink")), "internal/act/outbox", "internal/act/sink")
	mustName(t, checkLaws(change("internal/core/util", "")), "internal/core/util")
	mustName(t, checkLaws(change("internal/core/rule", "event nothing")), "nothing", "not on the map")
	mustName(t, checkLaws(change("internal/act/rule", "")), "one name")
}
