// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/tocsin-siem/tocsin/internal/ground/keyring"
	"github.com/tocsin-siem/tocsin/internal/record/journal"
)

// eraseBehind erases a person from the journal of a stopped server and returns the
// path of the file of erasures.
func eraseBehind(t *testing.T, dir, subject string) string {
	t.Helper()
	keys, err := keyring.Open(keyring.Options{Dir: filepath.Join(dir, "keys"), Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(t.Context(), journal.Options{Dir: filepath.Join(dir, "journal"), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- j.Run(ctx) }()
	if got, err := j.Erase(t.Context(), journal.Erasure{ID: "order", Subject: subject, Actor: "admin"}); err != nil || got.Entries == 0 {
		t.Fatalf("erased %+v, %v", got, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "journal", "erasures.ndjson")
}
