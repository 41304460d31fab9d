// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tocsin-siem/tocsin/internal/ground/config"
)

func loadRedact(text, environment string) (config.Redact, error) {
	c, err := config.Load([]byte(text), environment, func(string) (string, bool) { return "", false })
	return c.Redact, err
}

func TestRedact(t *testing.T) {
	t.Parallel()
	got, err := loadRedact("redact:\n  default: {email: keep, card: mask}\n  sources:\n    llm:\n      email: token\n      phone: drop\n", "")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Redact{
		Default: config.RedactRules{{Kind: "email", Action: "keep", Line: 2}, {Kind: "card", Action: "mask", Line: 2}},
		Sources: map[string]config.RedactRules{"llm": {{Kind: "email", Action: "token", Line: 5}, {Kind: "phone", Action: "drop", Line: 6}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	got, err = loadRedact("redact: {default: {email: keep}}\nenvironments:\n  live: {redact: {default: {email: mask, phone: drop}}}\n", "live")
	if err != nil || len(got.Default) != 2 || got.Default[0].Action != "mask" {
		t.Errorf("the overlay does not count: %+v %v", got, err)
	}
}

func TestRedactRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"redact: {defaults: {email: keep}}":                     "line 1: redact.defaults: unknown key, want one of default, sources",
		"redact:\n  default: [email]":                           "line 2: want kinds with their actions",
		"redact:\n  default:\n    email: [keep]":                "line 3: email: want one action",
		"redact:\n  default:\n    email: keep\n    email: mask": "line 4",
		"redact:\n  sources:\n    llmm:\n      email: keep":     "line 4: redact.sources.llmm: there is no such source",
		"redact:\n  sources:\n    llmm: {}":                     "redact.sources.llmm: there is no such source",
		"redact: {sources: {llm: keep}}":                        "line 1: want kinds",
	} {
		if _, err := loadRedact(text, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\n%v, want %s", text, err, want)
		}
	}
}
