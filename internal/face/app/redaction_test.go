// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/face/app"
	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

// TestPseudonymsSurviveARestart: the same address has the same name before and after
// it, in the sources whose policy says so and in no other; another folder has others.
func TestPseudonymsSurviveARestart(t *testing.T) {
	t.Parallel()
	first := t.TempDir()
	names := map[string]int{}
	for _, dir := range []string{first, first, t.TempDir()} {
		o := options(t, dir)
		o.Config.Redact.Sources = map[string]config.RedactRules{"llm": {{Kind: "email", Action: "token"}}}
		r := start(t, o)
		body := `[{"source":"llm","user":"ana@example.com","message":"x"},{"source":"shop","user":"ana@example.com","message":"x"}]`
		if status, answer := r.raw(http.MethodPost, "/api/siem/events", token(t, dir, "ingest"), body); status != http.StatusOK {
			t.Fatalf("%d %s", status, answer)
		}
		_, logs := r.raw(http.MethodGet, "/api/siem/export?format=ndjson", token(t, dir, "manage"), "")
		r.stop()
		for _, name := range regexp.MustCompile(`"user":"(\[email:[0-9a-f]{16}\])"`).FindAllStringSubmatch(string(logs), -1) {
			names[name[1]]++
		}
		if !strings.Contains(string(logs), `"user":"ana@example.com"`) {
			t.Errorf("a source without a policy lost its user: %s", logs)
		}
		if _, err := os.Stat(filepath.Join(dir, "keys", "secret.pseudonyms")); err != nil {
			t.Error(err)
		}
	}
	if len(names) != 2 {
		t.Errorf("names %v, want one of each folder", names)
	}
}

// TestNoKeyWithoutNeed: a folder whose policies need no key gets none, and a policy
// that is wrong ends the start.
func TestNoKeyWithoutNeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, options(t, dir)).stop()
	if _, err := os.Stat(filepath.Join(dir, "keys", "secret.pseudonyms")); err == nil {
		t.Error("a key was made that nobody needs")
	}
	o := options(t, dir)
	o.Config.Redact.Default = config.RedactRules{{Kind: "jwt", Action: "keep", Line: 3}}
	if err := app.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "line 3: redact.default: jwt: a secret cannot be kept") {
		t.Errorf("started, or %v", err)
	}
}
