// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The three ends a test can have.
const (
	passed  = "pass"
	failed  = "fail"
	skipped = "skip"
)

// outcome is how one test ended.
type outcome struct {
	Suite  string `json:"suite"` // Go package from the module's root, or the web suite's file
	Test   string `json:"test"`
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"` // of a skip, in the test's own words
}

func (o outcome) name() string { return o.Suite + "." + o.Test }

func writeOutcomes(name string, outcomes []outcome) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	for _, o := range outcomes {
		if err := enc.Encode(o); err != nil {
			return fmt.Errorf("encode outcome: %w", err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return fmt.Errorf("make folder of outcomes: %w", err)
	}
	return os.WriteFile(name, text.Bytes(), 0o600)
}

// readOutcomes reads a file of writeOutcomes (.jsonl) or of Vitest's JSON reporter.
// A file that is missing, broken or empty is itself a failed outcome.
func readOutcomes(name string) []outcome {
	text, err := os.ReadFile(name)
	if err != nil {
		return []outcome{{Suite: name, Test: "left no result", Status: failed}}
	}
	var found []outcome
	if strings.HasSuffix(name, ".jsonl") {
		found, err = parseLines(text)
	} else {
		found, err = parseVitest(text)
	}
	if err != nil {
		return []outcome{{Suite: name, Test: "cannot be read: " + err.Error(), Status: failed}}
	}
	if len(found) == 0 {
		return []outcome{{Suite: name, Test: "ran no test", Status: failed}}
	}
	return found
}

func parseLines(text []byte) ([]outcome, error) {
	var found []outcome
	for line := range bytes.Lines(text) {
		var o outcome
		if err := json.Unmarshal(line, &o); err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, nil
}

// parseVitest reads the report of `vitest run --reporter=json`.
func parseVitest(text []byte) ([]outcome, error) {
	var report struct {
		TestResults []struct {
			Name, Status, Message string
			AssertionResults      []struct{ FullName, Status string }
		}
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, err
	}
	var found []outcome
	for _, file := range report.TestResults {
		suite := "web/" + filepath.Base(file.Name)
		well := true
		for _, test := range file.AssertionResults {
			o := outcome{Suite: suite, Test: test.FullName, Status: skipped}
			switch test.Status {
			case "passed":
				o.Status = passed
			case "failed":
				o.Status = failed
				well = false
			}
			found = append(found, o)
		}
		if file.Status == "failed" && well { // the file itself did not load
			found = append(found, outcome{Suite: suite, Test: "(file) " + file.Message, Status: failed})
		}
	}
	return found, nil
}
