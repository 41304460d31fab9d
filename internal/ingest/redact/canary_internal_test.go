// SPDX-License-Identifier: Apache-2.0

package redact

import (
	"strings"
	"testing"
)

// TestSelfTest: there is a planted secret of every kind, all are found, and one that
// is not is told.
func TestSelfTest(t *testing.T) {
	t.Parallel()
	strict := DefaultPolicy()
	strict.actions[Email], strict.actions[Phone] = Drop, Pseudonym
	r, err := Open(Options{Default: DefaultPolicy(), Sources: map[string]Policy{"llm": strict}, Key: make([]byte, KeyBytes)})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SelfTest(); err != nil {
		t.Error(err)
	}
	var kinds Kinds
	for _, c := range plantedSecrets() {
		kinds = kinds.with(c.kind)
		if !strings.Contains(c.text, c.secret) {
			t.Errorf("%s: %q is not in its text", c.kind, c.secret)
		}
	}
	for k := Kind(1); k < kindEnd; k++ {
		if !kinds.Has(k) {
			t.Errorf("no planted %s", k)
		}
	}
	// Each way in which a Redactor could be blind.
	for _, blind := range []struct {
		kind   string
		damage func(r *Redactor)
	}{
		{"password", func(r *Redactor) { r.class = [256]class{} }},
		{"password", func(r *Redactor) { r.class['='] = 0 }},
		{"card", func(r *Redactor) {
			for c := '0'; c <= '9'; c++ {
				r.class[c] = 0
			}
		}},
		{"cloud_key", func(r *Redactor) { r.first['A'] = nil }},
		{"email", func(r *Redactor) { r.class['@'] = 0 }},
	} {
		damaged, err := Open(Options{Default: DefaultPolicy(), Sources: map[string]Policy{"llm": strict}, Key: make([]byte, KeyBytes)})
		if err != nil {
			t.Fatal(err)
		}
		blind.damage(damaged)
		if err := damaged.SelfTest(); err == nil || !strings.Contains(err.Error(), "kind "+blind.kind) {
			t.Errorf("blind for %s: %v", blind.kind, err)
		}
	}
}

func BenchmarkSelfTest(b *testing.B) {
	r := New()
	for b.Loop() {
		if err := r.SelfTest(); err != nil {
			b.Fatal(err)
		}
	}
}
