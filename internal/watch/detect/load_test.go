// SPDX-License-Identifier: Apache-2.0

package detect_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/tocsin-siem/tocsin/internal/core/rule"
	"github.com/tocsin-siem/tocsin/internal/watch/detect"
)

const plainRule = "title: T\nid: a\ndetection: {s: {user: x}, condition: s}\n"

func TestLoad(t *testing.T) {
	t.Parallel()
	rules, err := detect.Load(fstest.MapFS{
		"b.yml":          {Data: []byte("title: C\nid: c\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n")},
		"sub/a.yaml":     {Data: []byte(plainRule)},
		"notes.txt":      {Data: []byte("not a rule")},
		"testdata/x.yml": {Data: []byte("not a rule")},
	})
	if err != nil || len(rules) != 2 || rules[0].File != "b.yml" || rules[1].File != "sub/a.yaml" || rules[1].Fires() {
		t.Errorf("%v %v", rules, err)
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	f := func(name, file string, line int, files fstest.MapFS) {
		t.Helper()
		_, err := detect.Load(files)
		var at *rule.Error
		if !errors.As(err, &at) || at.File != file || at.Line != line {
			t.Errorf("%s: %v", name, err)
		}
	}
	f("unknown key", "x.yml", 4, fstest.MapFS{"x.yml": {Data: []byte(plainRule + "colour: red\n")}})
	f("one id twice", "y.yml", 1, fstest.MapFS{"x.yml": {Data: []byte(plainRule)}, "y.yml": {Data: []byte(plainRule)}})
}
