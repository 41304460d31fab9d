// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

func TestWitnesses(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]byte(`
journal:
  witnesses:
    - {url: "https://${HOST}/w", key: "a+00000000+AAAA"}
    - {url: "https://b.example", key: "b+00000000+AAAA"}
`), "", env)
	want := []config.Witness{{URL: "https://0.0.0.0/w", Key: "a+00000000+AAAA"}, {URL: "https://b.example", Key: "b+00000000+AAAA"}}
	if err != nil || !cmp.Equal(c.Journal.Witnesses, want) {
		t.Errorf("%+v, %v", c.Journal, err)
	}
	for doc, says := range map[string]string{
		"journal:\n  witneses: []": "line 2: journal.witneses: unknown key, want one of witnesses",
		"journal:\n  witnesses:\n  - {url: a, key: b}\n  - url: a\n    keys: b":     "line 5: journal.witnesses[1].keys: unknown key, want one of url, key",
		"journal: {witnesses: [{url: a}]}":                                          "journal.witnesses[0].key: missing",
		"journal: {witnesses: [{url: a, key: b}, {key: c}]}":                        "journal.witnesses[1].url: missing",
		"journal: {witnesses: [{url: a, key: b}, {url: c, key: b}]}":                "journal.witnesses[1].key: it is that of journal.witnesses[0]",
		"journal: {witnesses: {url: a, key: b}}":                                    "line 1",
		"journal: {witnesses: [a]}":                                                 "line 1",
		"environments: {development: {journal: {witnesses: [{url: a, lisen: b}]}}}": "journal.witnesses[0].lisen: unknown key",
	} {
		if _, err := config.Load([]byte(doc), "", env); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", doc, err, says)
		}
	}
}

func TestLoadWitnessing(t *testing.T) {
	t.Parallel()
	load := func(text string) (config.Witnessing, error) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "witness.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.LoadWitnessing(path, env)
	}
	c, err := load("name: w.example/1\nlisten: \"${HOST}:1\"\nlogs:\n- a+00000000+AAAA # the shop's\n- b+00000000+AAAA\n")
	want := config.Witnessing{Listen: "0.0.0.0:1", Name: "w.example/1", Logs: []string{"a+00000000+AAAA", "b+00000000+AAAA"}}
	if err != nil || !cmp.Equal(c, want) {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err = load(""); err != nil || !cmp.Equal(c, config.DefaultWitnessing()) {
		t.Errorf("%+v, %v", c, err)
	}
	for doc, says := range map[string]string{
		"logs: []\nlog: a":      "line 2: log: unknown key, want one of listen, name, logs",
		"logs:\n- {key: a}":     "line 2",
		"listen: \"\"":          "listen: missing",
		"listen: \"${NOPE}:1\"": "${NOPE}: not set",
		"- a":                   "want a mapping",
		"environments: {a: {}}": "unknown key",
	} {
		if _, err := load(doc); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", doc, err, says)
		}
	}
	if _, err := config.LoadWitnessing(filepath.Join(t.TempDir(), "none"), env); err == nil {
		t.Error("a file that is not there")
	}
}
